"""The ledger of batch runs as it is read, and requests to run something.

At most one request is open at a time, as at most one run works at a time. Whoever carries it out moves it
on: queued → running → finished or failed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pynamodb.exceptions import PutError, UpdateError

from chalicelib.domain.rating import PersonId
from chalicelib.storage.conditions import condition_failed
from chalicelib.storage.tables import RunRow

REMEMBERED_RUNS = 50
QUEUED_MS = 15 * 60_000
"""A request that nobody has taken up for so long is given up."""
SILENT_MS = 2 * 60_000
"""Whatever runs renews its lease far more often than this."""

_RECENT, _LATEST, _LEASE, _REQUEST = "recent", "latest", "lease", "request"


class RequestState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


OPEN = (RequestState.QUEUED, RequestState.RUNNING)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One run; `stages` maps a stage's name to its `started_at`, `finished_at`, `counts` and `error`.

    Times are in milliseconds since 1970. `state` is `running`, `finished` or `failed`.
    """

    run_id: str
    state: str
    started_at: int
    finished_at: int | None
    stages: dict[str, dict[str, Any]]
    error: str | None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A wish to run `stage` (`all` of them, or one), of the run `run_id` (None: the latest).

    Times are in milliseconds since 1970.
    """

    request_id: str
    stage: str
    run_id: str | None
    requested_by: PersonId
    requested_at: int
    state: RequestState = RequestState.QUEUED
    started_at: int | None = None
    finished_at: int | None = None
    error: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def remember_run(run_id: str) -> None:
    """Put a new run at the head of the list. Only the holder of the lease starts runs, so no two race."""
    earlier = [one for one in _recent_ids() if one != run_id]
    RunRow(_RECENT, run_ids=[run_id, *earlier][:REMEMBERED_RUNS]).save()


def recent_runs(most: int) -> list[RecordedRun]:
    """The latest runs, newest first."""
    ids = _recent_ids()[:most]
    rows = {row.pk: row for row in RunRow.batch_get([f"run#{one}" for one in ids], consistent_read=True)}
    return [_run(rows[key]) for key in (f"run#{one}" for one in ids) if key in rows]


def run_of(run_id: str) -> RecordedRun | None:
    try:
        return _run(RunRow.get(f"run#{run_id}", consistent_read=True))
    except RunRow.DoesNotExist:
        return None


def lease_until() -> int:
    """Until when a run holds the lease; 0 if none does."""
    try:
        return int(RunRow.get(_LEASE, consistent_read=True).lease_until or 0)
    except RunRow.DoesNotExist:
        return 0


def put_request(request: RunRequest, former: RunRequest | None) -> bool:
    """Put a request in the place of the former one; False if another came first."""
    same = RunRow.requested == _requested(former) if former else RunRow.pk.does_not_exist()
    try:
        RunRow(
            _REQUEST,
            requested=_requested(request),
            owner=request.requested_by,
            requested_at=request.requested_at,
            state=request.state.value,
        ).save(condition=same)
    except PutError as error:
        if not condition_failed(error):
            raise
        return False
    return True


def latest_request() -> RunRequest | None:
    try:
        row = RunRow.get(_REQUEST, consistent_read=True)
    except RunRow.DoesNotExist:
        return None
    asked = row.requested
    return RunRequest(
        asked["id"],
        asked["stage"],
        asked["run_id"],
        PersonId(str(row.owner)),
        int(row.requested_at),
        RequestState(row.state),
        _whole(row.started_at),
        _whole(row.finished_at),
        row.error,
    )


def begin_request(request: RunRequest, at: int) -> bool:
    """Take a queued request up; False if somebody else did, or another has taken its place."""
    return _move(
        request,
        (RequestState.QUEUED,),
        [RunRow.state.set(RequestState.RUNNING.value), RunRow.started_at.set(at)],
    )


def end_request(request: RunRequest, at: int, error: str | None = None) -> bool:
    """Say how an open request ended; one that has ended already stays as it is."""
    state = RequestState.FAILED if error else RequestState.FINISHED
    changes = [RunRow.state.set(state.value), RunRow.finished_at.set(at)]
    if error:
        changes.append(RunRow.error.set(error))
    return _move(request, OPEN, changes)


def _move(request: RunRequest, before: tuple[RequestState, ...], changes: list[Any]) -> bool:
    allowed = (RunRow.requested == _requested(request)) & RunRow.state.is_in(*(one.value for one in before))
    try:
        RunRow(_REQUEST).update(actions=changes, condition=allowed)
    except UpdateError as error:
        if not condition_failed(error):
            raise
        return False
    return True


def _requested(request: RunRequest) -> dict[str, str | None]:
    return {"id": request.request_id, "stage": request.stage, "run_id": request.run_id}


def _recent_ids() -> list[str]:
    try:
        return list(RunRow.get(_RECENT, consistent_read=True).run_ids)
    except RunRow.DoesNotExist:
        pass
    try:  # runs from before the list was kept
        return [str(RunRow.get(_LATEST, consistent_read=True).owner)]
    except RunRow.DoesNotExist:
        return []


def _run(row: RunRow) -> RecordedRun:
    return RecordedRun(
        row.pk.removeprefix("run#"),
        str(row.state),
        int(row.started_at),
        _whole(row.finished_at),
        row.stages or {},
        row.error,
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
