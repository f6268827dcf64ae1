"""Why a movie stands where it does: its score taken apart, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chalicelib.domain.movie import MovieId
from chalicelib.recommending.fold_in import averageness, what_own_ratings_count
from chalicelib.recommending.model import Model
from chalicelib.recommending.suggesting import known_ratings, top_positions


@dataclass(frozen=True, slots=True)
class Share:
    """What one rating of the person adds to a movie's score; less than 0 where it takes away."""

    movie_id: MovieId
    adds: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """A movie's score in the ranking, the sum of all the rest: what the average person adds, the ratings that
    add most and those that take away most, strongest first, and all other ratings together."""

    score: float
    average: float
    added: list[Share]
    taken: list[Share]
    others: float


def reasons_for(
    model: Model, ratings: Mapping[MovieId, float], movie_id: MovieId, most: int
) -> Reasons | None:
    """At most so many ratings for and against each, from `ratings` given oldest first; None for a movie that
    is new to the model."""
    place = model.position(movie_id)
    if place is None:
        return None
    ranking = model.ranking
    rated, stars = known_ratings(model, ratings)
    counted, _ = what_own_ratings_count(ranking, rated, stars)
    adds = counted * (ranking.factors[rated] @ ranking.factors[place].astype(np.float64))
    average = float(averageness(ranking, np.array(len(rated)))) * float(ranking.popularity[place])
    added, taken = (
        top_positions(np.where(sign * adds > 0, sign * adds, -np.inf), most) for sign in (1.0, -1.0)
    )
    others = np.ones(len(adds), dtype=np.bool_)
    others[added] = others[taken] = False

    def shares(chosen: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> list[Share]:
        ids = model.movie_ids[rated[chosen]].tolist()
        return [Share(MovieId(rating), add) for rating, add in zip(ids, adds[chosen].tolist(), strict=True)]

    return Reasons(
        float(average + adds.sum()), average, shares(added), shares(taken), float(adds[others].sum())
    )
