"""The models there are, and which of them is current: their cards, promotion, rollback.

Either takes effect wherever the pointer to the current model is read, `POINTER_SECONDS` later at most.
Suggestions stored by another model are computed anew by the API when they are asked for.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.domain import model_card
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind

LISTED = 30
_AT_ONCE = 8

State = Literal["current", "refused", "accepted", "not published"]


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model in the list; figures are None where it has no card. `reason` is why it was refused.

    `popularity_ndcg10` is the quality of showing everybody what most people like.
    """

    version: str
    current: bool
    state: State
    started_at: int | None
    ratings: int | None
    rmse: float | None
    ndcg10: float | None
    popularity_ndcg10: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """Which model is current now, and which was."""

    current: str
    before: str | None


def latest_models() -> list[ModelLine]:
    """The latest models, latest first, at most `LISTED`."""
    pointer = artifacts.read_pointer(Kind.MODELS)
    current = pointer.version if pointer else None
    versions = artifacts.versions(Kind.MODELS)[:LISTED]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [
            _line(version, found or {}, current)
            for version, found in zip(versions, pool.map(_read_card, versions), strict=True)
        ]


def earlier_model() -> str | None:
    """What a rollback would make current."""
    pointer = artifacts.read_pointer(Kind.MODELS)
    return pointer.earlier[0] if pointer and pointer.earlier else None


def card_of(version: str | None = None) -> dict[str, Any]:
    """The card of a version, or of the current one.

    Raises NotFoundError if that model has none, NotReadyError before the first model.
    """
    chosen = version or artifacts.current_version(Kind.MODELS)
    found = _read_card(chosen) if model_card.is_version(chosen) else None
    if found is None:
        raise NotFoundError(f"There is no card of a model {chosen}; `models list` tells which there are.")
    return found


def plot_of(version: str, name: str) -> bytes:
    """A plot of a model's card, as SVG. Raises NotFoundError."""
    known = model_card.is_version(version) and model_card.is_plot(name)
    found = artifacts.read(Kind.MODELS, version, f"plots/{name}.svg") if known else None
    if found is None:
        raise NotFoundError("This model has no such plot.")
    return found


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


def _line(version: str, card: dict[str, Any], current: str | None) -> ModelLine:
    gate = card.get("gate") or {}
    held_out = card.get("held_out") or {}
    refused = bool(gate) and not gate["accepted"]
    state: State
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
        card.get("started_at"),
        card.get("data", {}).get("ratings"),
        held_out.get("rmse"),
        held_out.get("ranking", {}).get("ndcg10"),
        held_out.get("popularity", {}).get("ndcg10"),
        gate["reason"] if refused else None,
    )


def _read_card(version: str) -> dict[str, Any] | None:
    stored = artifacts.read(Kind.MODELS, version, model_card.FILE_NAME)
    return None if stored is None else json.loads(stored)


def _must_exist(version: str) -> None:
    from chalicelib.recommending.model import FILE_NAME  # it imports numpy

    if not (model_card.is_version(version) and artifacts.has(Kind.MODELS, version, FILE_NAME)):
        raise NotFoundError(f"There is no model {version}; `models list` tells which there are.")
