"""What new people are shown: measured on people whom the ranking model has never met.

A fifth of the people are kept out of its training whole, folded in from their first few ratings as the API
does it, and what they are shown is compared with what they went on to like.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from batch_jobs.evaluating.intervals import Interval, Ratio, draws, interval
from batch_jobs.evaluating.ranking_metrics import popular_lists, score_lists, top_lists
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.ranking_model import RankingSettings, train_ranking_model
from chalicelib.recommending.fold_in import fold_in_ranking
from chalicelib.recommending.liking import LIKED_STARS
from chalicelib.recommending.model import RankingModel, Rows

FIRST_RATINGS = (1, 3, 5, 10, 20)
FIFTHS = 5
ENOUGH_PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class ColdStart:
    """nDCG@10 of what `people` people are shown after their first `ratings` ratings, and of showing them
    what most people like; `over_popularity` is the 95 % interval of the difference, person by person."""

    ratings: int
    people: int
    ndcg10: float
    popularity: float
    over_popularity: Interval


def measure_cold_start(ratings: RatingColumns, settings: RankingSettings, seed: int = 20) -> list[ColdStart]:
    """Measure after 1, 3, 5, 10 and 20 ratings each, one fifth of the people after the other until
    `ENOUGH_PEOPLE` have been measured or there are no more.

    Left out are the numbers of ratings after which nobody went on to like anything.
    """
    rng = np.random.default_rng(seed)
    people = rng.permutation(np.flatnonzero(np.diff(ratings.person_starts())))
    measured: dict[int, list[dict[str, Ratio]]] = {first: [] for first in FIRST_RATINGS}
    met = 0
    for fifth in np.array_split(people, FIFTHS):
        if met >= ENOUGH_PEOPLE or len(fifth) in {0, len(people)}:
            break
        model = train_ranking_model(ratings.where(~np.isin(ratings.person, fifth)), settings)
        newcomers = ratings.of_people(np.sort(fifth[: ENOUGH_PEOPLE - met]))
        met += len(newcomers.people)
        place = np.arange(len(newcomers)) - newcomers.person_starts()[newcomers.person]
        for first in FIRST_RATINGS:
            seen, later = newcomers.where(place < first), newcomers.where(place >= first)
            measured[first].append(_ndcg(model, seen, later.where(later.stars >= LIKED_STARS)))
    return [one for first, parts in measured.items() if parts and (one := _summed_up(first, parts))]


def _ndcg(model: RankingModel, seen: RatingColumns, likes: RatingColumns) -> dict[str, Ratio]:
    rows = Rows.of(model.factors, model.popularity).values
    vectors = np.array([_vector(model, seen, slice(*own)) for own in pairwise(seen.person_starts())])

    def scores_of(some: slice) -> NDArray[np.floating]:
        return np.asarray(vectors[some] @ rows.T)

    lists = {
        "ranking": top_lists(scores_of, seen, len(rows)),
        "popularity": popular_lists(model.likes, seen),
    }
    counts = np.bincount(seen.movie, minlength=len(rows))
    return {
        name: score_lists(one, likes, counts, len(seen.people)).ratios["ndcg10"]
        for name, one in lists.items()
    }


def _summed_up(first: int, parts: list[dict[str, Ratio]]) -> ColdStart | None:
    joined = {
        name: Ratio(
            np.concatenate([part[name].total for part in parts]),
            np.concatenate([part[name].weight for part in parts]),
        )
        for name in parts[0]
    }
    people = int(joined["ranking"].weight.sum())
    if not people:
        return None
    drawn = draws(joined)
    over = interval(drawn["ranking"] - drawn["popularity"])
    return ColdStart(first, people, float(drawn["ranking"][0]), float(drawn["popularity"][0]), over)


def _vector(model: RankingModel, seen: RatingColumns, own: slice) -> NDArray[np.float64]:
    taste = fold_in_ranking(model, seen.movie[own].astype(np.intp), seen.stars[own])
    return np.append(taste.vector, taste.averageness)
