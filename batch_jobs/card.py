"""A model's card: what it was trained on, how, and how good it is on ratings it never saw."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from batch_jobs.evaluating.scale import STARS, Scale
from batch_jobs.evaluation import ActivityGroup, Evaluation
from batch_jobs.gate import Verdict
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings

FORMAT = 3


@dataclass(frozen=True, slots=True)
class DataFacts:
    """How much a model was trained on; `earliest` and `latest` are when the ratings were given, in the
    unit they came in (milliseconds in an export), None where they carry no times."""

    ratings: int
    people: int
    movies: int
    earliest: int | None
    latest: int | None

    @classmethod
    def of(cls, ratings: RatingColumns) -> "DataFacts":
        times = int(ratings.rated_at.min()), int(ratings.rated_at.max())
        earliest, latest = times if times[0] != times[1] else (None, None)
        rated = np.zeros(len(ratings.movie_ids), dtype=np.bool_)
        rated[ratings.movie] = True
        return cls(len(ratings), len(ratings.people), int(rated.sum()), earliest, latest)


def make_card(  # noqa: PLR0917 - in the order they stand on the card
    version: str,
    started_at: int,
    data: DataFacts,
    settings: TrainingSettings,
    evaluation: Evaluation,
    scale: Scale = STARS,
) -> dict[str, Any]:
    """The card as it is written to JSON; `started_at` in milliseconds since 1970."""
    return {
        "format": FORMAT,
        "version": version,
        "started_at": started_at,
        "data": asdict(data),
        "scale": asdict(scale),
        "settings": asdict(replace(settings, rating=settings.rating.for_size(data.ratings))),
        "held_out": asdict(evaluation),
        "plots": [],
        "gate": None,
    }


def with_verdict(card: dict[str, Any], verdict: Verdict, current: str | None) -> dict[str, Any]:
    """The card with what the gate said; `current` is the version it was compared with."""
    return card | {"gate": asdict(verdict) | {"compared_with": current}}


def to_json(card: dict[str, Any]) -> bytes:
    return json.dumps(card, indent=1, allow_nan=False).encode()


def figure(value: float, interval: tuple[float, float] | None = None) -> str:
    """A figure and its interval, such as `0.190 (0.183–0.197)`."""
    return f"{value:.3f}" + (f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else "")


def figures_in_words(evaluation: Evaluation) -> str:
    """The figures of an evaluation as a table for a terminal."""
    newest = "each person's newest" if evaluation.split == "newest" else "drawn by lot, for want of times"
    columns = {
        "suggested": evaluation.ranking,
        "most popular": evaluation.popularity,
        "highest predicted": evaluation.svd_by_rating,
    }
    lines = [
        f"{evaluation.train_ratings:,} ratings learnt from, {evaluation.held_out_ratings:,} held out "
        f"({newest}), {evaluation.people:,} people measured; 95 % intervals in brackets",
        "",
        "stars",
        f"  RMSE               {figure(evaluation.rmse, evaluation.intervals['rmse'])}",
        f"  MAE                {figure(evaluation.mae, evaluation.intervals['mae'])}",
        f"  calibration error  {figure(evaluation.calibration.error)}",
        f"  within 50 % margin {figure(evaluation.within50, evaluation.intervals['within50'])}",
        f"  within 80 % margin {figure(evaluation.within80, evaluation.intervals['within80'])}",
        "    for new people, after "
        + ", ".join(f"{first}: {figure(one)}" for first, one in evaluation.within80_when_new.items()),
        "",
        f"{'ranking':<12}" + "".join(f"{name:<24}" for name in columns),
    ]
    for label, name in (
        ("nDCG@10", "ndcg10"),
        ("recall@10", "recall10"),
        ("recall@20", "recall20"),
        ("coverage@10", "coverage"),
        ("novelty@10", "novelty"),
    ):
        cells = (figure(getattr(one, name), one.intervals.get(name)) for one in columns.values())
        lines.append(f"{label:<12}" + "".join(f"{cell:<24}" for cell in cells))
    lines += ["", f"{'if asked for':<20}{'nDCG@10':<24}{'coverage@10':<14}novelty@10"]
    for name, one in evaluation.wishes.items():
        ndcg = figure(one.ndcg10, one.intervals["ndcg10"])
        lines.append(f"{name:<20}{ndcg:<24}{figure(one.coverage):<14}{figure(one.novelty)}")
    lines += ["", f"{'new, after':<12}{'people':<10}{'nDCG@10':<10}{'most popular':<14}better by"]
    for new in evaluation.cold_start:
        better = figure(new.ndcg10 - new.popularity, new.over_popularity)
        lines.append(
            f"{new.ratings:<12}{new.people:<10,}{figure(new.ndcg10):<10}{figure(new.popularity):<14}{better}"
        )
    columns_of_groups = f"{'RMSE':<24}{'within 50 %':<13}{'within 80 %':<13}{'nDCG@10':<24}most popular"
    lines += ["", f"{'ratings':<12}{'people':<10}{columns_of_groups}"]
    for group in evaluation.by_ratings:
        lines.append(
            f"{group_name(group):<12}{group.people:<10,}"
            f"{figure(group.rmse, group.intervals['rmse']):<24}"
            f"{figure(group.within50):<13}{figure(group.within80):<13}"
            f"{figure(group.ndcg10, group.intervals['ndcg10']):<24}{figure(group.popularity_ndcg10)}"
        )
    return "\n".join(line.rstrip() for line in lines)


def group_name(group: ActivityGroup) -> str:
    """Such as `10–19` or `200+`."""
    return f"{group.fewest}+" if group.most is None else f"{group.fewest}–{group.most}"
