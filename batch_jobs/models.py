"""The models there are, in words: what `models list`, `show`, `promote` and `rollback` print."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.services import models
from chalicelib.services.models import ModelLine
from chalicelib.storage.artifacts import POINTER_SECONDS


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
            lines.append(_in_words(model))
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
class Change(models.Change):
    """Which model is current now, and which was."""

    def __str__(self) -> str:
        if self.before == self.current:
            return f"{self.current} is current already."
        return (
            f"{self.current} is current now; it was {self.before or 'none'}. "
            f"It is served everywhere within {POINTER_SECONDS:.0f} seconds."
        )


def list_models() -> ModelList:
    return ModelList(models.latest_models())


def show_model(version: str | None) -> ModelCard:
    """The card of a version, or of the current one. Raises NotFoundError if there is none."""
    return ModelCard(models.card_of(version))


def promote(version: str) -> Change:
    """Make a version current, whatever the gate said of it. Raises NotFoundError if there is none."""
    return Change(**asdict(models.promote(version)))


def rollback() -> Change:
    """Make the model before current. Raises ConflictError if there is none."""
    return Change(**asdict(models.rollback()))


def _in_words(model: ModelLine) -> str:
    when = (
        f"{datetime.fromtimestamp(model.started_at / 1000, UTC):%Y-%m-%d %H:%M}" if model.started_at else ""
    )
    ratings = "" if model.ratings is None else f"{model.ratings:,}"
    rmse, ndcg10 = ("" if one is None else f"{one:.3f}" for one in (model.rmse, model.ndcg10))
    mark = "*" if model.current else " "
    return f"{mark} {model.version:<22} {when:<17} {ratings:>11} {rmse:>7} {ndcg10:>8}  {model.state}"
