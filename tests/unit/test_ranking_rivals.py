"""What the ranking is measured against is what it is called."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tests.benchmarks.ranking_rivals import Likes, ease_weights, item_knn, strongest


def drawn_likes(people: int, movies: int) -> Likes:
    liked = np.random.default_rng(3).random((people, movies)) < 0.3
    return Likes(csr_matrix(liked.astype(np.float32)), np.arange(people))


@pytest.mark.parametrize(("people", "movies"), [(30, 12), (12, 30)])
def test_ease_is_the_least_squares_of_likes_without_a_diagonal(people: int, movies: int) -> None:
    """Whichever of the two matrices is inverted: each column solves its own ridge regression."""
    likes, ridge = drawn_likes(people, movies), 5.0
    weights, _ = ease_weights(likes, ridge)
    dense = likes.matrix.toarray().astype(np.float64)
    for movie in range(movies):
        others = np.delete(np.arange(movies), movie)
        design = dense[:, others]
        best = np.linalg.solve(design.T @ design + ridge * np.eye(movies - 1), design.T @ dense[:, movie])
        np.testing.assert_allclose(weights[others, movie], best, atol=1e-5)
        assert weights[movie, movie] == 0


def test_neighbours_are_the_most_alike_by_shrunk_cosine() -> None:
    likes = drawn_likes(40, 8)
    dense = likes.matrix.toarray()
    together = dense.T @ dense
    lengths = np.sqrt(np.diag(together))
    cosine = together / np.outer(lengths, lengths) * together / (together + 10)
    np.fill_diagonal(cosine, 0)
    scores = item_knn(likes, neighbours=8, shrink=10.0).scores_of(slice(0, 5))
    np.testing.assert_allclose(scores, dense[:5] @ cosine, rtol=1e-5)
    kept = strongest(cosine, 3).toarray()
    np.testing.assert_allclose(np.sort(kept, axis=0)[-3:], np.sort(cosine, axis=0)[-3:])
    assert (np.count_nonzero(kept, axis=0) == 3).all()
