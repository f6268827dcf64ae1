"""The batch task without containers: for emulators that take tasks but cannot run them.

The schedule of `batch.yaml` is left as it is. Where the emulator's scheduler cannot start tasks, a companion
schedule with the same expression writes to a queue, and this runner does with each message what the scheduler
would: it runs the task that the real schedule names. What a task's container would execute is executed here,
with the environment and the words of its definition, and the task ends with the exit status.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.deploy.lambda_package import REPOSITORY

if TYPE_CHECKING:
    import boto3

ENTRY_POINT = (sys.executable, "-m", "batch_jobs")
"""As in batch_jobs/Dockerfile."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that ended here; `said` is what it printed last on standard error."""

    words: tuple[str, ...]
    status: int
    said: str

    def __str__(self) -> str:
        return f"batch job `{' '.join(self.words)}` ended with exit status {self.status}: {self.said}"


def execute(words: tuple[str, ...], environment: Mapping[str, str]) -> Finished:
    """Do what the image's entry point does with these words in this environment."""
    process = subprocess.run(
        [*ENTRY_POINT, *words],
        cwd=REPOSITORY,
        env=os.environ | dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = process.stderr.strip().splitlines()
    return Finished(words, process.returncode, lines[-1] if lines else "")


class LocalRunner:
    """Runs the tasks of one cluster. `schedule` is the name of the real schedule.

    Of that one's target the emulator gives everything back but `network`, the task's place in it.
    """

    def __init__(
        self, session: "boto3.Session", cluster: str, schedule: str, network: Mapping[str, Any]
    ) -> None:
        self._cluster = cluster
        self._network: Any = network
        self._schedule = schedule
        self._ecs = session.client("ecs")
        self._sqs = session.client("sqs")
        self._scheduler = session.client("scheduler")
        self._queue = self._sqs.create_queue(QueueName=f"{schedule}-fired")["QueueUrl"]

    def fires_by_companion(self) -> None:
        """Make or renew the companion, which fires whenever the real schedule does."""
        real = self._scheduler.get_schedule(Name=self._schedule)
        self._companion(f"{self._schedule}-companion", real["ScheduleExpression"], real["State"])

    def fire_soon(self) -> None:
        """Let the emulator's scheduler fire once, in a second."""
        moment = datetime.now(UTC) + timedelta(seconds=1)
        self._companion(f"{self._schedule}-once", f"at({moment:%Y-%m-%dT%H:%M:%S})", "ENABLED")

    def await_firing(self, seconds: float) -> bool:
        """Wait for a schedule to fire, and start what it names. Returns whether one did."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.start_what_fired():
                return True
            time.sleep(0.5)
        return False

    def start_what_fired(self) -> int:
        """Start the real schedule's task once for each time that it fired; returns how often that was."""
        messages = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            target = self._scheduler.get_schedule(Name=self._schedule)["Target"]
            self._ecs.run_task(
                cluster=target["Arn"],
                taskDefinition=target["EcsParameters"]["TaskDefinitionArn"],
                networkConfiguration={"awsvpcConfiguration": self._network},
                startedBy=self._schedule[:36],
            )
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def run_tasks(self) -> list[Finished]:
        """Execute every task that waits, one after the other."""
        waiting = self._ecs.list_tasks(cluster=self._cluster, desiredStatus="RUNNING")["taskArns"]
        if not waiting:
            return []
        tasks = self._ecs.describe_tasks(cluster=self._cluster, tasks=waiting)["tasks"]
        return [self._run(task) for task in tasks]

    def _run(self, task: Any) -> Finished:
        definition = self._ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])
        container = definition["taskDefinition"]["containerDefinitions"][0]
        overrides = task.get("overrides", {}).get("containerOverrides", [])
        changed: dict[str, Any] = next((one for one in overrides if one["name"] == container["name"]), {})
        words = tuple(changed.get("command") or container["command"])
        environment = {
            one["name"]: one["value"]
            for one in (*container.get("environment", []), *changed.get("environment", []))
        }
        finished = execute(words, environment)
        reason = f"the entry point ended with exit status {finished.status}"
        self._ecs.stop_task(cluster=self._cluster, task=task["taskArn"], reason=reason)
        return finished

    def _companion(self, name: str, expression: str, state: str) -> None:
        queue = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        real = self._scheduler.get_schedule(Name=self._schedule)
        wanted: Any = {
            "Name": name,
            "ScheduleExpression": expression,
            "State": state,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            # Or the emulator would take a later one of the same name to have fired already.
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": queue["Attributes"]["QueueArn"],
                "RoleArn": real["Target"]["RoleArn"],
                "Input": json.dumps({"schedule": self._schedule}),
            },
        }
        with contextlib.suppress(self._scheduler.exceptions.ResourceNotFoundException):
            self._scheduler.delete_schedule(Name=name)
        self._scheduler.create_schedule(**wanted)
