"""The models there are, and which of them is current: list, show, promote, roll back.

Either takes effect wherever the pointer to the current model is read, `POINTER_SECONDS` later at most.
Suggestions stored by another model are computed anew by the API when they are asked for.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from batch_jobs import card
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.recommending.model import FILE_NAME
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind

LISTED = 30


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model in the list; figures are None where it has no card."""

    version: str
    current: bool
    state: str
    started_at: int | None
    ratings: int | None
    rmse: float | None
    ndcg10: float | None
    reason: str | None

    def __str__(self) -> str:
        when = (
            f"{datetime.fromtimestamp(self.started_at / 1000, UTC):%Y-%m-%d %H:%M}" if self.started_at else ""
        )
        ratings = "" if self.ratings is None else f"{self.ratings:,}"
        figures = ("" if one is None else f"{one:.3f}" for one in (self.rmse, self.ndcg10))
        rmse, ndcg10 = figures
        mark = "*" if self.current else " "
        return f"{mark} {self.version:<22} {when:<17} {ratings:>11} {rmse:>7} {ndcg10:>8}  {self.state}"


@dataclass(frozen=True, slots=True)
class ModelList:
    """The latest models, latest first."""

    models: list[ModelLine]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        if not self.models:
            return "There is no model yet: `run` trains one."
        head = f"  {'version':<22} {'started (UTC)':<17} {'ratings':>11} {'RMSE':>7} {'nDCG@10':>8}  state"
        lines = []
        for model in self.models:
            lines.append(str(model))
            if model.reason:
                lines.append(f"    {model.reason}")
        return "\n".join((head, *lines))


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model's card."""

    card: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.card

    def __str__(self) -> str:
        return json.dumps(self.card, indent=2)


@dataclass(frozen=True, slots=True)
class Change:
    """Which model is current now, and which was."""

    current: str
    before: str | None

    def __str__(self) -> str:
        if self.before == self.current:
            return f"{self.current} is current already."
        return (
            f"{self.current} is current now; it was {self.before or 'none'}. "
            f"It is served everywhere within {artifacts.POINTER_SECONDS:.0f} seconds."
        )


def list_models() -> ModelList:
    """The latest models, at most `LISTED`."""
    pointer = artifacts.read_pointer(Kind.MODELS)
    current = pointer.version if pointer else None
    return ModelList([_line(version, current) for version in artifacts.versions(Kind.MODELS)[:LISTED]])


def _line(version: str, current: str | None) -> ModelLine:
    found = _card(version) or {}
    gate = found.get("gate") or {}
    held_out = found.get("held_out") or {}
    refused = bool(gate) and not gate["accepted"]
    if version == current:
        state = "current"
    elif refused:
        state = "refused"
    else:
        state = "accepted" if gate else "not published"
    return ModelLine(
        version,
        version == current,
        state,
        found.get("started_at"),
        found.get("data", {}).get("ratings"),
        held_out.get("rmse"),
        held_out.get("ranking", {}).get("ndcg10"),
        gate["reason"] if refused else None,
    )


def _card(version: str) -> dict[str, Any] | None:
    stored = artifacts.read(Kind.MODELS, version, card.FILE_NAME)
    return None if stored is None else json.loads(stored)


def show_model(version: str | None) -> ModelCard:
    """The card of a version, or of the current one. Raises NotFoundError if there is none."""
    chosen = version or artifacts.current_version(Kind.MODELS)
    found = _card(chosen)
    if found is None:
        raise NotFoundError(f"There is no card of a model {chosen}; `models list` tells which there are.")
    return ModelCard(found)


def promote(version: str) -> Change:
    """Make a version current, whatever the gate said of it. Raises NotFoundError if there is none."""
    pointer = artifacts.read_pointer(Kind.MODELS)
    before = pointer.version if pointer else None
    if before != version:
        _must_exist(version)
        artifacts.swap_pointer(Kind.MODELS, version, pointer)
    return Change(version, before)


def rollback() -> Change:
    """Make the model current that was so before the current one; doing so again goes further back.

    Raises ConflictError if there is none to go back to.
    """
    pointer = artifacts.read_pointer(Kind.MODELS)
    if pointer is None or not pointer.earlier:
        raise ConflictError(
            "There is no earlier model to go back to; `models promote VERSION` makes any other current."
        )
    version, *earlier = pointer.earlier
    _must_exist(version)
    artifacts.swap_pointer(Kind.MODELS, version, pointer, earlier)
    return Change(version, pointer.version)


def _must_exist(version: str) -> None:
    if not artifacts.has(Kind.MODELS, version, FILE_NAME):
        raise NotFoundError(f"There is no model {version}; `models list` tells which there are.")
