"""Training the ranking model: implicit-feedback ALS on likes, by the `implicit` library."""

from dataclasses import dataclass

import numpy as np
from implicit.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from batch_jobs.training.columns import RatingColumns
from chalicelib.recommending.liking import liking_threshold
from chalicelib.recommending.model import RankingModel


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """`like_weight` is the confidence of a like over an unseen movie, in training and in fold-in;
    `ridge` holds a folded-in person to the average one.
    """

    factors: int = 64
    epochs: int = 15
    like_weight: float = 2.0
    regularisation: float = 20.0
    ridge: float = 20.0
    seed: int = 20


def likes(ratings: RatingColumns) -> NDArray[np.bool_]:
    """Which ratings are likes, by each person's own threshold."""
    starts = ratings.person_starts()
    counts = np.maximum(np.diff(starts), 1)
    totals = np.bincount(ratings.person, weights=ratings.stars, minlength=len(ratings.people))
    return np.asarray(ratings.stars >= liking_threshold(totals / counts)[ratings.person])


def train_ranking_model(ratings: RatingColumns, settings: RankingSettings) -> RankingModel:
    """Fit ALS on the likes and keep the movies' factors and the average person."""
    liked = likes(ratings)
    matrix = csr_matrix(
        (
            np.full(int(liked.sum()), 1 + settings.like_weight, dtype=np.float32),
            (ratings.person[liked], ratings.movie[liked]),
        ),
        shape=(len(ratings.people), len(ratings.movie_ids)),
    )
    # implicit runs its own threads; BLAS threads beneath them only get in each other's way.
    with threadpool_limits(1, "blas"):
        als = AlternatingLeastSquares(
            factors=settings.factors,
            alpha=1.0,
            regularization=settings.regularisation,
            iterations=settings.epochs,
            random_state=settings.seed,
        )
        als.fit(matrix)
    return RankingModel(
        factors=als.item_factors,
        mean_person=als.user_factors.mean(axis=0),
        ridge=settings.ridge,
        like_weight=settings.like_weight,
    )
