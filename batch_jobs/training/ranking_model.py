"""Training the ranking model: a low-rank linear model of likes, by scipy's sparse singular value solver.

PureSVD (Cremonesi, Koren and Turrin 2010) with three corrections: popular movies and people with many
likes weigh less (EigenRec, Nikolakopoulos et al. 2019), and singular directions are shrunk by ridge
regression instead of merely cut (the closed form in Jin et al. 2021, "Towards a better understanding of
linear models for recommendation"). It is measured against the alternatives in docs/ranking.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from batch_jobs.training.columns import RatingColumns
from chalicelib.recommending.liking import liking_threshold
from chalicelib.recommending.model import FEW_LIKES, RankingModel, as_stored

_LEAST_VARIANCE = 1e-6
"""Of a direction, as a share of the first one's: what is below is rounding, not taste."""

_LIKED_A_FACTOR = 4
"""Movies liked, or people who like, for each factor: with as many factors as either, every movie would go
together with itself alone."""


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """`shrinkage` is the ridge in units of the weakest kept direction's variance, so that it suits any
    number of ratings. The rest is explained at `RankingModel`.
    """

    factors: int = 64
    shrinkage: float = 4.0
    rarity_weight: float = 0.2
    length_damping: float = 0.25
    dislike_weight: float = 0.3
    memory: float = 60.0
    prior: float = 1.0
    prior_memory: float = 10.0
    seed: int = 20


def likes(ratings: RatingColumns) -> NDArray[np.bool_]:
    """Which ratings are likes, by each person's own threshold."""
    counts = np.maximum(np.bincount(ratings.person, minlength=len(ratings.people)), 1)
    totals = np.bincount(ratings.person, weights=ratings.stars, minlength=len(ratings.people))
    return np.asarray(ratings.stars >= liking_threshold(totals / counts)[ratings.person])


def train_ranking_model(ratings: RatingColumns, settings: RankingSettings) -> RankingModel:
    """Decompose the matrix of likes and keep the movies' factors; one without likes gets none."""
    liked = likes(ratings)
    movie = ratings.movie[liked]
    raters = int(np.count_nonzero(np.diff(ratings.person_starts())))
    of_movie = np.bincount(movie, minlength=len(ratings.movie_ids)).astype(np.int32)
    of_person = np.bincount(ratings.person[liked], minlength=len(ratings.people))
    share = (of_movie + FEW_LIKES) / (raters + FEW_LIKES)
    weights = (share**-settings.rarity_weight).astype(np.float32)[movie]
    damping = np.maximum(of_person, 1).astype(np.float64) ** -settings.length_damping
    weights *= np.repeat(damping.astype(np.float32), of_person)  # ratings stand in order of person
    starts = np.concatenate(([0], np.cumsum(of_person)))
    matrix = csr_matrix((weights, movie, starts), shape=(len(of_person), len(of_movie)))
    return RankingModel(
        factors=as_stored(_factors(matrix, settings)),
        likes=of_movie,
        people=raters,
        rarity_weight=settings.rarity_weight,
        length_damping=settings.length_damping,
        dislike_weight=settings.dislike_weight,
        memory=settings.memory,
        prior=settings.prior,
        prior_memory=settings.prior_memory,
    )


def _factors(matrix: csr_matrix, settings: RankingSettings) -> NDArray[np.float32]:
    """(movies, at most `factors`): right singular vectors times √(σ² / (σ² + λ)), the strongest first."""
    liked = min(len(np.unique(matrix.indices)), int(np.count_nonzero(np.diff(matrix.indptr))))
    count = min(settings.factors, -(-liked // _LIKED_A_FACTOR))
    if not count:
        return np.zeros((matrix.shape[1], 0), dtype=np.float32)
    singular, rows = _decomposed(matrix, count, settings.seed)
    order = np.argsort(-singular, kind="stable")[:count]
    variance = singular[order].astype(np.float64) ** 2
    kept = variance > _LEAST_VARIANCE * variance[0]
    variance, rows = variance[kept], rows[order[kept]]
    ridge = settings.shrinkage * variance[-1]
    factors: NDArray[np.float32] = (rows.T * np.sqrt(variance / (variance + ridge))).astype(np.float32)
    return factors


def _decomposed(matrix: csr_matrix, count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """At least the `count` greatest singular values, in any order; their right singular vectors as rows."""
    with threadpool_limits(1, "blas"):  # the solver's steps are too small to gain from threads
        if count < min(matrix.shape):
            _, singular, rows = svds(matrix, k=count, rng=seed)
        else:
            _, singular, rows = np.linalg.svd(matrix.toarray(), full_matrices=False)
    return singular.astype(np.float32, copy=False), rows.astype(np.float32, copy=False)
