"""What a deployed stage said last: its functions and its batch job, one line for each event."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from infra.deploy.deployment import Deployment
from infra.deploy.stacks import StackError

if TYPE_CHECKING:
    import boto3

POLL_SECONDS = 2.0
_LATE_MS = 30_000
"""How much later than their own time events may arrive."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_NOT_FOR_TERMINALS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One event, `at` milliseconds since 1970; `source` is the function or the job that said so."""

    at: int
    source: str
    message: str

    def __str__(self) -> str:
        moment = datetime.fromtimestamp(self.at / 1000).astimezone()
        return f"{moment:%Y-%m-%d %H:%M:%S}  {self.source:13}  {self.message}"


class Tail:
    """The events of some log groups, by what they are called here, from `since` (ms since 1970) on."""

    def __init__(self, session: "boto3.Session", groups: dict[str, str], since: int) -> None:
        self._client = session.client("logs")
        self._groups = groups
        self._since = since
        self._seen: dict[tuple[str, ...], int] = {}

    def new(self) -> list[Line]:
        """What has come since it was last asked, in order."""
        lines = []
        pages = self._client.get_paginator("filter_log_events")
        for source, group in self._groups.items():
            for page in pages.paginate(logGroupName=group, startTime=self._since):
                for event in page["events"]:
                    # Emulators give events no number.
                    number = event.get("eventId") or f"{event['timestamp']} {event['message']}"
                    known = (source, event["logStreamName"], number)
                    if known not in self._seen:
                        self._seen[known] = event["timestamp"]
                        message = _NOT_FOR_TERMINALS.sub(" ", event["message"]).strip()
                        lines.append(Line(event["timestamp"], source, message))
        self._since = max(self._since, max(self._seen.values(), default=0) - _LATE_MS)
        self._seen = {known: at for known, at in self._seen.items() if at >= self._since}
        return sorted(lines, key=lambda line: line.at)


def log_groups(deployment: Deployment) -> dict[str, str]:
    """The stage's log groups, by what they belong to. Raises StackError where nothing is deployed."""
    stacks = [stack for name in ("app", "batch") if (stack := deployment.stack(name)).exists()]
    names = [
        group for stack in stacks for output, group in stack.outputs().items() if output.endswith("LogGroup")
    ]
    if not names:
        raise StackError(f"The stage {deployment.stage} is not deployed here, so there are no logs.")
    return {name.rpartition("/")[2].removeprefix(f"{deployment.prefix}-"): name for name in names}


def show(deployment: Deployment, say: Callable[[str], None], seconds: float, *, follow: bool) -> None:
    """Say what was logged in the latest seconds, and with `follow` what is from then on, for ever."""
    since = int((time.time() - seconds) * 1000)
    tail = Tail(deployment.session, log_groups(deployment), since)
    while True:
        for line in tail.new():
            say(str(line))
        if not follow:
            return
        time.sleep(POLL_SECONDS)


def seconds_of(text: str) -> float:
    """How long `10m` is: a number of s, m, h or d. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise ValueError(f"{text!r} is no time like 30s, 10m, 2h or 1d.")
    return float(found[1]) * _SECONDS[found[2]]
