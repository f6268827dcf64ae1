"""Held-out evaluation: a twin of the model that never saw the ratings it is measured on.

The twin is trained with the same settings on the rest of the ratings, people are folded in from the rest,
and what comes out is compared with what they went on to rate. Ranking is measured over the whole
catalogue, the seen movies masked, against the held-out movies a person gave at least `LIKED_STARS`
stars; popularity is that of likes among the rest of the ratings. Everything is measured on the same
people, at most `MOST_PEOPLE` of them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from batch_jobs.evaluating.cold_start import ColdStart, measure_cold_start
from batch_jobs.evaluating.intervals import Doubles, Interval, Ratio, draws, interval
from batch_jobs.evaluating.learning_curve import LearningCurve, WatchedSettings, WatchedSVD
from batch_jobs.evaluating.per_person import PersonFigures
from batch_jobs.evaluating.ranking_metrics import (
    NDCG_AT,
    NOTHING,
    RECALL_AT,
    Lists,
    RankingMetrics,
    ScoredLists,
    popular_lists,
    score_lists,
    shown_by_popularity,
    top_lists,
)
from batch_jobs.evaluating.scale import STARS, Scale
from batch_jobs.evaluating.splitting import Split, split_ratings
from batch_jobs.evaluating.star_metrics import Calibration, calibration, share_within, star_ratios
from batch_jobs.scoring import best_for_everyone
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.kernel import warm_up
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.scatter import first_ratings, tell
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.liking import LIKED_STARS
from chalicelib.recommending.model import Model, RatingModel

ACTIVITY = (1, 10, 20, 50, 100, 200)
"""The fewest ratings of each group that errors are told by."""

NEW_AFTER = (0, 1, 3, 5, 10, 20)
"""First ratings after which it is measured how sure predictions for new people are."""

WISHES = {
    "adventure 0.5": Wish(adventure=0.5),
    "adventure 1": Wish(adventure=1.0),
    "by predicted stars": Wish(order="predicted"),
}
"""What else than usual people can ask for, and its price in likes found."""
_NEW_PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class ActivityGroup:
    """Figures of the people with `fewest` to `most` (None: any number) ratings that the twin saw, as in
    `Evaluation`."""

    fewest: int
    most: int | None
    people: int
    rmse: float
    mae: float
    within50: float
    within80: float
    ndcg10: float
    popularity_ndcg10: float
    intervals: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class PopularityOfShown:
    """How much of the top tens falls to the most rated 1 % of the movies, the rest up to 5 %, 20 %, 50 %
    and 100 %; and, beside it, of what people went on to like."""

    suggested: list[float]
    popularity: list[float]
    liked: list[float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`rmse` and `mae` are of the predicted stars as they are served (people folded in), in units of the
    scale; `svd_rmse` is of SVD's own factors for the same people. `people` are those measured.
    `within50` and `within80` are the shares of ratings within the margins that should hold 50 % and 80 %;
    `within80_when_new` is the latter where only so many of each person's first ratings are known.
    `ndcg10_over_popularity` is the difference to popularity and its interval, person by person.
    `svd_by_rating` goes by predicted stars as they are, and `wishes` are what else people can ask for.
    """

    split: str
    train_ratings: int
    held_out_ratings: int
    people: int
    rmse: float
    mae: float
    within50: float
    within80: float
    within80_when_new: dict[int, float]
    svd_rmse: float
    intervals: dict[str, Interval]
    calibration: Calibration
    ranking: RankingMetrics
    popularity: RankingMetrics
    svd_by_rating: RankingMetrics
    wishes: dict[str, RankingMetrics]
    cold_start: list[ColdStart]
    ndcg10_over_popularity: tuple[float, Interval]
    by_ratings: list[ActivityGroup]
    popularity_of_shown: PopularityOfShown
    learning_curve: LearningCurve
    fit_seconds: float
    score_seconds: float


def evaluate(ratings: RatingColumns, settings: TrainingSettings, scale: Scale = STARS) -> Evaluation:
    """Measure `settings` on held-out ratings (see `split_ratings`); `ratings` are in stars.

    Raises ValueError if nobody has enough ratings to hold some out.
    """
    split = split_ratings(ratings)
    return measure(split, settings, scale, measure_cold_start(ratings, settings.ranking))[0]


def train_twin(split: Split, settings: TrainingSettings) -> tuple[Model, WatchedSVD]:
    """Train on the one side of the split; the other is watched and has no part in it."""
    watched = WatchedSettings.like(settings.rating, split.held_out)
    twin, svd = train_model(split.train, None, replace(settings, rating=watched))
    assert isinstance(svd, WatchedSVD)  # noqa: S101 - WatchedSettings makes it
    return twin, svd


def measure(
    split: Split,
    settings: TrainingSettings,
    scale: Scale = STARS,
    cold_start: Sequence[ColdStart] = (),
) -> tuple[Evaluation, PersonFigures]:
    """Train a twin and measure it; besides the evaluation, the figures of each person it rests on.

    What new people are shown is measured on other twins, before the split takes its memory.
    """
    warm_up(settings.rating.factors)
    started = time.perf_counter()
    twin, svd = train_twin(split, settings)
    fit_seconds = time.perf_counter() - started
    popularity = np.bincount(split.train.movie, minlength=len(split.train.movie_ids))
    liked_in_training = np.bincount(
        split.train.movie[split.train.stars >= LIKED_STARS], minlength=len(popularity)
    )
    raters = int(np.count_nonzero(np.diff(split.train.person_starts())))
    people = split.measured_people()
    seen, held_out = split.train.of_people(people), split.held_out.of_people(people)
    svd_stars = svd.stars_of(people[held_out.person], held_out.movie)
    told = tell(twin.rating, seen, held_out)
    actual = held_out.stars.astype(np.float64)
    predicted = told.stars.clip(*scale.stars)
    unit = scale.units_per_star

    started = time.perf_counter()
    shown = suggested(twin, seen, USUAL)
    score_seconds = time.perf_counter() - started
    likes = held_out.where(held_out.stars >= LIKED_STARS)
    lists = {
        "ranking": shown,
        "popularity": popular_lists(liked_in_training, seen),
        "svd_by_rating": by_predicted_stars(twin, told.people, seen),
    }
    scored = {name: score_lists(one, likes, popularity, raters) for name, one in lists.items()}
    wishes = {
        name: score_lists(suggested(twin, seen, wish), likes, popularity, raters).metrics()
        for name, wish in WISHES.items()
    }
    ratios = star_ratios(held_out.person, unit * (predicted - actual), len(held_out.people))
    surprises = np.abs(predicted - actual) / told.deviations(twin.rating.scatter)
    ratios |= {
        name: share_within(held_out.person, surprises, most, len(held_out.people))
        for name, most in (("within50", twin.rating.scatter.half), ("within80", twin.rating.scatter.most))
    }
    drawn = draws(ratios | {name: one.ratios["ndcg10"] for name, one in scored.items()})
    over = drawn["ranking"] - drawn["popularity"]
    evaluation = Evaluation(
        split=split.how,
        train_ratings=len(split.train),
        held_out_ratings=len(split.held_out),
        people=len(held_out.people),
        rmse=float(drawn["rmse"][0]),
        mae=float(drawn["mae"][0]),
        within50=float(drawn["within50"][0]),
        within80=float(drawn["within80"][0]),
        within80_when_new=_within_when_new(twin.rating, seen, held_out),
        svd_rmse=unit * float(np.sqrt(np.square(svd_stars.clip(*scale.stars) - actual).mean())),
        intervals={name: interval(drawn[name]) for name in ratios},
        calibration=calibration(scale.from_stars(predicted), scale.from_stars(actual), scale),
        **{name: one.metrics() for name, one in scored.items()},
        wishes=wishes,
        cold_start=list(cold_start),
        ndcg10_over_popularity=(float(over[0]), interval(over)),
        by_ratings=_by_ratings(np.diff(seen.person_starts()), ratios, scored),
        popularity_of_shown=PopularityOfShown(
            *(
                shown_by_popularity(movies, popularity)
                for movies in (_top_ten(shown), _top_ten(lists["popularity"]), likes.movie)
            )
        ),
        learning_curve=_in_units(svd.curve(), unit),
        fit_seconds=fit_seconds,
        score_seconds=score_seconds,
    )
    return evaluation, PersonFigures.of(held_out.people, ratios, scored["ranking"].ratios)


def _within_when_new(model: RatingModel, seen: RatingColumns, held_out: RatingColumns) -> dict[int, float]:
    """By how many of their first ratings are known: the share of ratings within the margin for 80 %."""
    some = np.arange(min(len(seen.people), _NEW_PEOPLE))
    seen, held_out = seen.of_people(some), held_out.of_people(some)
    found = {}
    for first in NEW_AFTER:
        told = tell(model, first_ratings(seen, np.full(len(some), first)), held_out)
        errors = np.abs(held_out.stars - told.stars.clip(FEWEST_STARS, MOST_STARS))
        found[first] = float((errors <= model.scatter.most * told.deviations(model.scatter)).mean())
    return found


def suggested(twin: Model, seen: RatingColumns, wish: Wish) -> Lists:
    """What is suggested to each person, by the code that writes everybody's suggestions."""
    lists = np.full((len(seen.people), RECALL_AT), NOTHING, dtype=np.int32)
    for best in best_for_everyone(twin, seen, {}, RECALL_AT, wish=wish):
        lists[best.people] = best.movies
    return lists


def by_predicted_stars(twin: Model, folded: Doubles, seen: RatingColumns) -> Lists:
    """What is suggested in the order of predicted stars as they are, without caution."""
    model = twin.rating
    people = folded[:, 1:].astype(np.float32)

    def scores_of(some: slice) -> NDArray[np.floating]:
        return np.asarray(people[some] @ model.factors.T + model.biases)

    return top_lists(scores_of, seen, len(model.biases))


def _top_ten(lists: Lists) -> NDArray[np.int32]:
    top = lists[:, :NDCG_AT]
    shown: NDArray[np.int32] = top[top != NOTHING]
    return shown


def _by_ratings(
    counts: NDArray[np.int64], ratios: dict[str, Ratio], scored: dict[str, ScoredLists]
) -> list[ActivityGroup]:
    figures = ratios | {
        "ndcg10": scored["ranking"].ratios["ndcg10"],
        "popularity_ndcg10": scored["popularity"].ratios["ndcg10"],
    }
    groups = []
    for fewest, after in zip(ACTIVITY, (*ACTIVITY[1:], None), strict=True):
        chosen = (counts >= fewest) & (counts < (after or np.inf))
        if not chosen.any():
            continue
        own = {n: Ratio(one.total[chosen], one.weight[chosen], one.root) for n, one in figures.items()}
        drawn = draws(own)
        groups.append(
            ActivityGroup(
                fewest,
                after and after - 1,
                int(chosen.sum()),
                **{name: float(values[0]) for name, values in drawn.items()},
                intervals={name: interval(values) for name, values in drawn.items()},
            )
        )
    return groups


def _in_units(curve: LearningCurve, unit: float) -> LearningCurve:
    return LearningCurve(
        [unit * one for one in curve.train_rmse], [unit * one for one in curve.held_out_rmse]
    )
