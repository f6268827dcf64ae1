"""The ledger of batch runs, and the lease that keeps two runs from working at the same time.

A run is one row: its stages with their times, counts and errors. The lease is one more row that its
holder renews while it lives, so the lease of a killed run ends by itself.
"""

import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pynamodb.exceptions import PutError

from chalicelib.domain.errors import ConflictError
from chalicelib.storage.runs import remember_run
from chalicelib.storage.tables import RunRow

LEASE_SECONDS = 60
_LEASE = "lease"
_LATEST = "latest"


def _now() -> int:
    return time.time_ns() // 1_000_000


def _where() -> str:
    """Where a process id means one process: this host or, as its name may be shared, this container."""
    try:
        return f"{socket.gethostname()}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # not Linux
        return socket.gethostname()


def process_name(pid: int) -> str:
    """What a process of this machine is called as a lease's holder."""
    return f"{_where()}/{pid}"


def _is_dead(owner: str) -> bool:
    """Whether the lease's holder was a process of this machine that is no more."""
    where, _, pid = owner.partition("/")
    if where != _where():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Lease:
    """Held for as long as the `with` block runs. Entering raises ConflictError if another run holds it."""

    def __init__(self) -> None:
        self._owner = process_name(os.getpid())
        self._finished = threading.Event()
        self._renewer = threading.Thread(target=self._renew, daemon=True)

    def _take(self) -> None:
        free = RunRow.pk.does_not_exist() | (RunRow.lease_until < _now()) | (RunRow.owner == self._owner)
        RunRow(_LEASE, owner=self._owner, lease_until=_now() + LEASE_SECONDS * 1000).save(condition=free)

    def _renew(self) -> None:
        while not self._finished.wait(LEASE_SECONDS / 4):
            self._take()

    def __enter__(self) -> Self:
        try:
            self._take()
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            holder = RunRow.get(_LEASE)
            if not _is_dead(holder.owner):
                raise ConflictError(
                    f"Another run holds the lease ({holder.owner}): wait for it to end, or, if it is dead, "
                    f"for at most {LEASE_SECONDS} seconds."
                ) from error
            holder.delete(RunRow.owner == holder.owner)
            self._take()
        self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finished.set()
        self._renewer.join()
        RunRow(_LEASE).delete(RunRow.owner == self._owner)


@dataclass(slots=True)
class Run:
    """One run; `stages` maps a stage's name to its times, counts and error."""

    run_id: str
    started_at: int
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def start(cls) -> Self:
        started = _now()
        moment = datetime.fromtimestamp(started / 1000, UTC)
        run = cls(f"{moment:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}", started)
        run._save("running")
        RunRow(_LATEST, owner=run.run_id).save()
        remember_run(run.run_id)
        return run

    @classmethod
    def find(cls, run_id: str | None) -> Self:
        """The named run, or the latest. Raises ValueError if there is none."""
        try:
            name = run_id or RunRow.get(_LATEST).owner
            row = RunRow.get(f"run#{name}")
        except RunRow.DoesNotExist:
            raise ValueError(
                f"There is no run {run_id}." if run_id else "There is no run yet: run `export` first."
            ) from None
        return cls(name, int(row.started_at), row.stages or {})

    def _save(self, state: str, finished_at: int | None = None, error: str | None = None) -> None:
        RunRow(
            f"run#{self.run_id}",
            state=state,
            started_at=self.started_at,
            finished_at=finished_at,
            stages=self.stages,
            error=error,
        ).save()

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """Record a stage: the block fills in its counts; an error is recorded and goes on its way."""
        counts: dict[str, Any] = {}
        record = self.stages[name] = {"started_at": _now(), "counts": counts}
        try:
            self._save("running")
            print(f"{name} …", file=sys.stderr)
            yield counts
        except BaseException as error:
            record["error"] = f"{type(error).__name__}: {error}"
            record["finished_at"] = _now()
            self._save("failed", record["finished_at"], record["error"])
            raise
        record["finished_at"] = _now()
        self._save("running")
        print(_summary(name, record), file=sys.stderr)

    def finish(self) -> None:
        self._save("finished", _now())

    def __str__(self) -> str:
        lines = (_summary(name, record) for name, record in self.stages.items())
        return "\n".join((f"run {self.run_id}", *lines))


def _summary(name: str, record: dict[str, Any]) -> str:
    """A stage in one line, such as `train: 3.2 s, ratings 99,958, people 671`."""
    seconds = (record.get("finished_at", _now()) - record["started_at"]) / 1000
    counts = (
        f"{what} {count:,}" if isinstance(count, int) else f"{what} {count}"
        for what, count in record["counts"].items()
    )
    return f"{name}: " + ", ".join((f"{seconds:.1f} s", *counts, *filter(None, [record.get("error")])))
