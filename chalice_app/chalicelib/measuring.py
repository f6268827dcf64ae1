"""What is measured while a request is answered, to stand on its one log line.

The line is in CloudWatch's embedded metric format: CloudWatch makes metrics of the log, so measuring costs no
call. Only what is worth an alarm or a chart becomes a metric; the rest is noted, for those who read the log.
"""

from contextvars import ContextVar
from hashlib import blake2b
from typing import Any, Literal

from chalicelib import clock
from chalicelib.config import settings
from chalicelib.domain.rating import PersonId

NAMESPACE = "Movies"

Unit = Literal["Count", "Milliseconds", "Seconds"]

_measured: ContextVar[dict[str, tuple[float, Unit]] | None] = ContextVar("measured", default=None)
_noted: ContextVar[dict[str, str] | None] = ContextVar("noted", default=None)


def measure(name: str, value: float, unit: Unit = "Count") -> None:
    """Add a metric to the present request's line; outside of a request nothing happens."""
    if (measured := _measured.get()) is not None:
        measured[name] = (value, unit)


def note(name: str, value: str) -> None:
    """Add a field that is no metric to the present request's line."""
    if (noted := _noted.get()) is not None:
        noted[name] = value


def note_person(person_id: PersonId) -> None:
    """Note who is asking, as a digest: who has a person's id finds their lines, and nobody else learns it."""
    note("person", blake2b(person_id.encode(), digest_size=8).hexdigest())


def begin() -> None:
    """A request begins: forget what the one before it on this thread was measured by."""
    _measured.set({})
    _noted.set({})


def fields() -> dict[str, Any]:
    """What was noted and measured since `begin`, as fields of a log line."""
    measured, noted = _measured.get() or {}, _noted.get() or {}
    if not measured:
        return dict(noted)
    metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in measured.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": metrics}
    return {
        **noted,
        **{name: value for name, (value, _) in measured.items()},
        "Stage": settings().stage,
        "_aws": {"Timestamp": clock.now_ms(), "CloudWatchMetrics": [directive]},
    }
