"""Suggestions for everyone: blocks of people times all movies as one matrix product, then a partial sort."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from batch_jobs.training.columns import RatingColumns
from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import Suggestion
from chalicelib.recommending.fold_in import fold_in_ranking, fold_in_rating
from chalicelib.recommending.model import Model
from chalicelib.recommending.suggesting import suggestions_from

BLOCK_SCORES = 16_000_000
"""Scores held at once (64 MB as float32): bounds memory whatever the number of people and movies."""


def suggestions_for_everyone(
    model: Model, ratings: RatingColumns, barred: Mapping[str, Collection[MovieId]], count: int
) -> Iterator[tuple[str, list[Suggestion]]]:
    """Yield (person id, their best `count` movies) for every person with ratings, in order of person.

    Movies a person rated, those `barred` for them, and those that are not suggestible never appear.
    """
    position_of, known = model.positions(ratings.movie_ids)
    starts = ratings.person_starts()
    factors = model.ranking.factors
    block = max(1, BLOCK_SCORES // max(1, len(model.movie_ids)))
    for first in range(0, len(ratings.people), block):
        people = range(first, min(first + block, len(ratings.people)))
        rated_of, stars_of, tastes = [], [], []
        for person in people:
            own = slice(starts[person], starts[person + 1])
            in_model = known[ratings.movie[own]]
            rated_of.append(position_of[ratings.movie[own]][in_model])
            stars_of.append(ratings.stars[own][in_model])
            tastes.append(fold_in_ranking(model, rated_of[-1], stars_of[-1]))
        vectors = np.array([taste.vector for taste in tastes], dtype=np.float32)
        scores = vectors @ factors.T
        scores[:, ~model.suggestible] = -np.inf
        for row, person in enumerate(people):
            if starts[person] == starts[person + 1]:
                continue
            person_id = str(ratings.people[person])
            scores[row, rated_of[row]] = -np.inf
            if person_id in barred:
                places, found = model.positions(np.fromiter(barred[person_id], dtype=np.int64))
                scores[row, places[found]] = -np.inf
            folded = fold_in_rating(model.rating, rated_of[row], stars_of[row])
            yield person_id, suggestions_from(model, tastes[row], folded, scores[row], count)
