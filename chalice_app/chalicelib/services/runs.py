"""Runs of the batch job: what came of them, and asking for one.

The API cannot run the job itself: it writes a request down, and a container task (ECS, where the deployment
names one) or this machine's own runner carries it out and says what became of it.
"""

import logging
from dataclasses import replace
from typing import Literal
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock
from chalicelib.aws import ecs
from chalicelib.config import BatchTask, settings
from chalicelib.domain.errors import ConflictError, NotFoundError, NotReadyError
from chalicelib.domain.rating import PersonId
from chalicelib.storage import runs as storage
from chalicelib.storage.runs import QUEUED_MS, SILENT_MS, RecordedRun, RequestState, RunRequest

log = logging.getLogger("movies.runs")

RUNS_LISTED = 30
SILENT = "It ended without saying how: its logs may tell."

Stage = Literal["all", "export", "train", "evaluate", "publish", "suggest"]


def request_run(stage: Stage, run_id: str | None, operator: PersonId) -> RunRequest:
    """Have a stage (or `all`) run, of an earlier run or, without `run_id`, of the latest.

    Raises NotFoundError if there is no such run, ConflictError while a run works or another request is
    open, NotReadyError if the container could not be started.
    """
    if run_id is not None and stage in {"all", "export"}:
        raise ConflictError("An export begins a run of its own: leave the run out.")
    if run_id is not None and storage.run_of(run_id) is None:
        raise NotFoundError(f"There is no run {run_id}.")
    former = open_request()
    if former is not None and former.is_open:
        raise ConflictError("Something is asked for already: wait until it has ended.")
    now = clock.now_ms()
    if storage.lease_until() > now:
        raise ConflictError("A run is at work: wait until it has ended, or for a minute if it was cut short.")
    request = RunRequest(uuid4().hex, stage, run_id, operator, now)
    if not storage.put_request(request, former):
        raise ConflictError("Somebody else asked for a run at the same moment.")
    task = settings().batch_task
    if task is not None:
        _start(task, request)
    return request


def open_request() -> RunRequest | None:
    """The latest request as it stands: one that nobody took up, or whose worker went silent, has failed."""
    request = storage.latest_request()
    if request is None or not request.is_open:
        return request
    now = clock.now_ms()
    if request.state is RequestState.QUEUED:
        given_up = now - request.requested_at > QUEUED_MS
        reason = "Nothing has taken it up: is the job runner or the container set up?"
    else:
        begun = request.started_at or request.requested_at
        given_up = now - max(begun, storage.lease_until()) > SILENT_MS
        reason = SILENT
    return replace(request, state=RequestState.FAILED, error=reason) if given_up else request


def latest_runs() -> list[RecordedRun]:
    """The latest runs, newest first; one that says it is running while nothing holds the lease has failed."""
    recent = storage.recent_runs(RUNS_LISTED)
    return [_as_it_stands(run) if run.state == "running" else run for run in recent]


def _as_it_stands(run: RecordedRun) -> RecordedRun:
    if storage.lease_until() > clock.now_ms():
        return run
    # It may have ended, and let the lease go, since it was read.
    again = storage.run_of(run.run_id) or run
    return replace(again, state="failed", error=SILENT) if again.state == "running" else again


def command_of(request: RunRequest) -> list[str]:
    """What carries a request out, as words after `python -m batch_jobs`."""
    words = ["run", "--request", request.request_id]
    if request.stage != "all":
        words += ["--stage", request.stage]
    if request.run_id is not None:
        words += ["--run", request.run_id]
    return words


def _start(task: BatchTask, request: RunRequest) -> None:
    try:
        answer = ecs().run_task(
            cluster=task.cluster,
            taskDefinition=task.definition,
            launchType="FARGATE",
            startedBy=f"ops-{request.request_id[:20]}",
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": list(task.subnets),
                    "securityGroups": list(task.security_groups),
                    "assignPublicIp": "ENABLED" if task.public_address else "DISABLED",
                }
            },
            overrides={"containerOverrides": [{"name": task.container, "command": command_of(request)}]},
        )
        started = not answer.get("failures")
    except (BotoCoreError, ClientError):
        log.exception("the container could not be started")
        started = False
    if not started:
        storage.end_request(request, clock.now_ms(), "The container could not be started.")
        raise NotReadyError("The container could not be started: try again, or look into the logs.")
