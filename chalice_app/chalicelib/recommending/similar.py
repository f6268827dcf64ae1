"""Movies like a movie: what the same people like (item-based collaborative filtering)."""

import numpy as np

from chalicelib.domain.movie import MovieId
from chalicelib.recommending.model import Model
from chalicelib.recommending.suggesting import top_positions

CONVINCING_LIKES = 20.0
"""A movie with this many likes is trusted half: below that, going together may be chance."""


def similar_movies(model: Model, movie_id: MovieId, count: int) -> list[MovieId]:
    """Up to `count` suggestible movies that go together with this one, best first; none where it is new
    to the model or nobody likes it.

    The cosine of the factors, shrunk by n / (n + 20) for a movie with n likes, as in shrunk item-based
    collaborative filtering (Koren 2008, section 2.2).
    """
    place = model.position(movie_id)
    factors = model.ranking.factors
    if place is None or not factors[place].any():
        return []
    lengths = np.sqrt(np.einsum("mf,mf->m", factors, factors))
    scores = factors @ factors[place] / np.maximum(lengths, np.finfo(np.float32).tiny)
    scores *= model.ranking.likes / (model.ranking.likes + CONVINCING_LIKES)
    scores[~model.suggestible | (scores <= 0)] = -np.inf
    scores[place] = -np.inf
    return [MovieId(int(found)) for found in model.movie_ids[top_positions(scores, count)]]
