"""Small sets of ratings for tests."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_jobs.training.columns import RatingColumns
from chalicelib.recommending.model import RankingModel


def two_camps(people: int = 60, movies: int = 40, per_person: int = 15, seed: int = 1) -> RatingColumns:
    """People who love the movies of even number and dislike the rest, and people the other way round.

    Movie ids are spread out (1000, 1007, …) so that a position taken for an id shows.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        for turn, movie in enumerate(rng.choice(movies, per_person, replace=False)):
            stars = 5.0 if movie % 2 == person % 2 else 1.5
            rows.append((f"person-{person:03d}", 1000 + 7 * int(movie), stars, 1_000 * turn))
    return RatingColumns.from_frame(pd.DataFrame(rows, columns=["user_id", "movie_id", "stars", "rated_at"]))


def ratings_of(columns: RatingColumns, person: int) -> dict[int, float]:
    """One person's ratings by movie id."""
    own = columns.person == person
    return dict(zip(columns.movie_ids[columns.movie[own]].tolist(), columns.stars[own].tolist(), strict=True))


def ranking_of(factors: NDArray[np.floating], likes: NDArray[np.integer], people: int = 1000) -> RankingModel:
    """A ranking model of made-up factors."""
    return RankingModel(
        factors=factors.astype(np.float32),
        likes=likes.astype(np.int32),
        people=people,
        rarity_weight=0.2,
        length_damping=0.25,
        dislike_weight=0.3,
        memory=60.0,
        prior=1.0,
        prior_memory=10.0,
    )
