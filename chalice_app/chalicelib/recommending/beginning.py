"""Which films to ask a new person about first: those whose stars say most about all the others."""

import numpy as np

from chalicelib.domain.movie import MovieId
from chalicelib.recommending.model import Model
from chalicelib.recommending.suggesting import top_positions

WELL_KNOWN = 400
"""So many of the most liked movies are chosen from: others are hardly ever known to a newcomer."""

LEAVE_OUT = 0.5
"""The power of its popularity that a movie's say is weighed with: one that is not known is passed over in a
moment, so it costs less than a rating that says little."""


def telling_movies(model: Model, count: int) -> list[MovieId]:
    """Up to `count` well-known, suggestible movies, in the order in which to ask for their stars.

    Each is the one whose stars would, after those before it, take most of the uncertainty about a new
    person away (a Bayesian D-optimal design, chosen greedily). With S how people vary, given what was asked
    before, a movie x takes log(1 + xᵀ S x) off log det S where its stars are given, which is weighed with
    how well known it is. A neighbour of a chosen movie says little more, so that genres and decades
    alternate follows from it.
    """
    rating, popularity = model.rating, model.ranking.popularity.astype(np.float64)
    known = np.where(model.suggestible & (popularity > 0), popularity, -np.inf)
    candidates = top_positions(known, WELL_KNOWN)
    movies = np.column_stack((np.ones(len(candidates)), rating.factors[candidates].astype(np.float64)))
    chance = popularity[candidates] ** LEAVE_OUT
    uncertainty = np.linalg.inv(rating.precision.astype(np.float64))
    asked = np.zeros(len(candidates), dtype=np.bool_)
    chosen: list[int] = []
    for _ in range(min(count, len(candidates))):
        moved = movies @ uncertainty
        told = np.einsum("mf,mf->m", moved, movies)
        best = int(np.where(asked, -np.inf, chance * np.log1p(told)).argmax())
        asked[best] = True
        chosen.append(best)
        # Only some give its stars, so only that share of what they would say counts as said.
        uncertainty -= np.outer(moved[best], moved[best]) * (chance[best] / (1 + chance[best] * told[best]))
    return [MovieId(movie_id) for movie_id in model.movie_ids[candidates[chosen]].tolist()]
