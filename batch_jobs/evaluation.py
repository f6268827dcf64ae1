"""Held-out evaluation: a twin of the model that never saw each person's newest ratings.

The twin is trained with the same settings on the rest, people are folded in from the rest, and what
comes out is compared with what they went on to rate. Ranking is measured over the whole catalogue, the
seen movies masked, against the held-out movies a person gave at least `LIKED_STARS` stars.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batch_jobs.scoring import suggestions_for_everyone
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.svd import FastSVD
from chalicelib.recommending.fold_in import fold_in_rating, predict_stars
from chalicelib.recommending.liking import LIKED_STARS
from chalicelib.recommending.model import Model, Positions
from chalicelib.recommending.suggesting import top_positions

NDCG_AT = 10
RECALL_AT = 20


@dataclass(frozen=True, slots=True)
class RankingMetrics:
    """Means over people with a liked held-out movie. `coverage` is the share of all movies that appear
    in anybody's top ten."""

    ndcg10: float
    recall20: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`rmse` and `mae` are of the predicted stars as they are served (people folded in);
    `svd_rmse` is of SVD's own factors for the same people."""

    train_ratings: int
    held_out_ratings: int
    people: int
    rmse: float
    mae: float
    svd_rmse: float
    ranking: RankingMetrics
    popularity: RankingMetrics
    svd_by_rating: RankingMetrics


def evaluate(ratings: RatingColumns, settings: TrainingSettings) -> Evaluation:
    """Measure `settings` on the newest ratings of each person.

    Raises ValueError if nobody has enough ratings to hold some out.
    """
    held = ratings.held_out_newest()
    if not held.any():
        raise ValueError(
            "Nobody has rated enough movies to hold some out: five ratings by one person are needed."
        )
    train, held_out = ratings.where(~held), ratings.where(held)
    twin, svd = train_model(train, None, settings)
    errors = np.concatenate(list(_star_errors(twin, train, held_out)))
    likes = np.bincount(train.movie[train.stars >= LIKED_STARS], minlength=len(train.movie_ids)).astype(
        np.float64
    )
    suggested = {
        person_id: twin.positions(np.array([s.movie_id for s in suggestions], dtype=np.int64))[0]
        for person_id, suggestions in suggestions_for_everyone(twin, train, {}, RECALL_AT)
    }
    none = np.empty(0, dtype=np.intp)
    return Evaluation(
        train_ratings=len(train),
        held_out_ratings=len(held_out),
        people=int(np.count_nonzero(np.diff(held_out.person_starts()))),
        rmse=_rms(errors),
        mae=float(np.abs(errors).mean()),
        svd_rmse=_rms(_svd_errors(svd, held_out)),
        ranking=_ranking(lambda person: suggested.get(str(train.people[person]), none), held_out),
        popularity=_ranking(lambda person: _unseen_top(likes, _rated(train, person)[0]), held_out),
        svd_by_rating=_ranking(lambda person: _by_stars(twin, *_rated(train, person)), held_out),
    )


def _rms(errors: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(errors, dtype=np.float64))))


def _rated(ratings: RatingColumns, person: int) -> tuple[Positions, NDArray[np.float32]]:
    own = slice(*np.searchsorted(ratings.person, (person, person + 1)))
    return ratings.movie[own].astype(np.intp), ratings.stars[own]


def _star_errors(twin: Model, train: RatingColumns, held_out: RatingColumns) -> Iterator[NDArray[np.float64]]:
    for person in np.unique(held_out.person):
        folded = fold_in_rating(twin.rating, *_rated(train, person))
        movies, stars = _rated(held_out, person)
        yield predict_stars(twin.rating, folded, movies) - stars


def _svd_errors(svd: FastSVD, held_out: RatingColumns) -> NDArray[np.float64]:
    return svd.estimated_stars(held_out.person, held_out.movie) - held_out.stars


def _unseen_top(scores: NDArray[np.float64], rated: Positions) -> Positions:
    unseen = scores.copy()
    unseen[rated] = -np.inf
    return top_positions(unseen, RECALL_AT)


def _by_stars(twin: Model, rated: Positions, stars: NDArray[np.float32]) -> Positions:
    model = twin.rating
    folded = fold_in_rating(model, rated, stars)
    return _unseen_top(model.biases + model.factors @ folded[1:], rated)


def _ranking(top_of: Callable[[int], Positions], held_out: RatingColumns) -> RankingMetrics:
    """Score the lists that `top_of` gives (positions, best first) on each person's held-out likes."""
    discounts = 1 / np.log2(np.arange(2, NDCG_AT + 2))
    gains, recalls = [], []
    shown = np.zeros(len(held_out.movie_ids), dtype=np.bool_)
    for person in np.unique(held_out.person):
        movies, stars = _rated(held_out, person)
        liked = movies[stars >= LIKED_STARS]
        if not len(liked):
            continue
        top = top_of(person)
        shown[top[:NDCG_AT]] = True
        hits = np.isin(top, liked)
        best = discounts[: min(NDCG_AT, len(liked))].sum()
        gains.append((hits[:NDCG_AT] * discounts[: len(top[:NDCG_AT])]).sum() / best)
        recalls.append(hits[:RECALL_AT].sum() / min(RECALL_AT, len(liked)))
    if not gains:
        return RankingMetrics(0.0, 0.0, 0.0)
    return RankingMetrics(float(np.mean(gains)), float(np.mean(recalls)), float(shown.mean()))
