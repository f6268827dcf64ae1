"""What the ranking model is measured against: rankings in a few lines of numpy, and other libraries'."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from surprise import SVD

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.trainset import ColumnarTrainset

Floats = NDArray[np.float32]
ScoresOf = Callable[[slice], NDArray[np.floating]]
Settings = Mapping[str, Any]

NEIGHBOURS = 100
_PEER_PROGRAM = Path(__file__).with_name("ranking_peers.py")


@dataclass(frozen=True, slots=True)
class Likes:
    """Who likes what, (people, movies) of ones, and the people to score for."""

    matrix: csr_matrix
    asked: NDArray[np.intp]

    @classmethod
    def of(cls, ratings: RatingColumns, liked: NDArray[np.bool_], asked: NDArray[np.intp]) -> "Likes":
        person, movie = ratings.person[liked], ratings.movie[liked]
        entries = np.ones(len(person), dtype=np.float32)
        return cls(
            csr_matrix((entries, (person, movie)), shape=(len(ratings.people), len(ratings.movie_ids))), asked
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """`scores_of` gives (people, movies) for a run of the people asked for. `bytes` are those of the movies'
    side at two bytes a number and four a position; `seconds` are of the fit."""

    scores_of: ScoresOf
    bytes: int
    seconds: float


def by_weights(likes: Likes, weights: Floats | csr_matrix, seconds: float) -> Fitted:
    """Scores that are a person's likes times a matrix between movies."""
    own = likes.matrix[likes.asked]
    size = 2 * weights.size if isinstance(weights, np.ndarray) else 6 * weights.nnz

    def scores_of(some: slice) -> NDArray[np.floating]:
        scores = own[some] @ weights
        return np.asarray(scores if isinstance(scores, np.ndarray) else scores.toarray())

    return Fitted(scores_of, size, seconds)


def by_factors(persons: Floats, factors: Floats, size: int, seconds: float) -> Fitted:
    return Fitted(lambda some: np.asarray(persons[some] @ factors.T), size, seconds)


def strongest(weights: Floats, count: int) -> csr_matrix:
    """Only the `count` greatest entries of each column."""
    kept = min(count, len(weights))
    rows = np.argpartition(-weights, kept - 1, axis=0)[:kept]
    columns = np.broadcast_to(np.arange(weights.shape[1]), rows.shape)
    values = np.take_along_axis(weights, rows, axis=0)
    return csr_matrix((values.ravel(), (rows.ravel(), columns.ravel())), shape=weights.shape)


def item_knn(likes: Likes, neighbours: int, shrink: float) -> Fitted:
    """Cosine of who likes two movies, times n / (n + shrink) for n who like both."""
    started = time.perf_counter()
    together = (likes.matrix.T @ likes.matrix).toarray()
    lengths = np.sqrt(np.maximum(np.diag(together), 1))
    weights = together / (lengths[:, np.newaxis] * lengths)
    if shrink:
        weights *= together / (together + np.float32(shrink))
    np.fill_diagonal(weights, 0)
    sparse = strongest(weights, neighbours)
    return by_weights(likes, sparse, time.perf_counter() - started)


def ease_weights(likes: Likes, ridge: float) -> tuple[Floats, float]:
    """EASE (Steck 2019): `B = I - P / diag(P)`, `P = (XᵀX + λI)⁻¹`, and the seconds that took.

    With fewer people than movies, P comes by way of the smaller matrix: `λP = I - Xᵀ(XXᵀ + λI)⁻¹X`.
    """
    started = time.perf_counter()
    people, movies = likes.matrix.shape
    if people < movies:
        gram = (likes.matrix @ likes.matrix.T).toarray()
        gram[np.diag_indices(people)] += np.float32(ridge)
        precision = -np.asarray(likes.matrix.T @ np.linalg.solve(gram, likes.matrix.toarray()))
        precision[np.diag_indices(movies)] += 1
    else:
        gram = (likes.matrix.T @ likes.matrix).toarray()
        gram[np.diag_indices(movies)] += np.float32(ridge)
        precision = np.linalg.inv(gram)
    weights: Floats = (-precision / np.diag(precision)).astype(np.float32)
    np.fill_diagonal(weights, 0)
    return weights, time.perf_counter() - started


def ease(likes: Likes, ridge: float) -> Fitted:
    return by_weights(likes, *ease_weights(likes, ridge))


def sparse_ease(likes: Likes, ridge: float) -> Fitted:
    started = time.perf_counter()
    weights, _ = ease_weights(likes, ridge)
    return by_weights(likes, strongest(weights, NEIGHBOURS), time.perf_counter() - started)


def blend(one: Fitted, other: Fitted) -> Fitted:
    """The sum of both, each in standard deviations of a person's scores."""

    def standard(scores: NDArray[np.floating]) -> NDArray[np.floating]:
        deviation = scores.std(axis=1, keepdims=True)
        centred = scores - scores.mean(axis=1, keepdims=True)
        return np.asarray(centred / np.where(deviation > 0, deviation, 1))

    def scores_of(some: slice) -> NDArray[np.floating]:
        return np.asarray(standard(one.scores_of(some)) + standard(other.scores_of(some)))

    return Fitted(scores_of, one.bytes + other.bytes, one.seconds + other.seconds)


def surprise_svd(ratings: RatingColumns, asked: NDArray[np.intp], seed: int = 1) -> Fitted:
    """Surprise's SVD with its defaults, in the order of the stars that it predicts."""
    trainset = ColumnarTrainset.from_columns(ratings)
    svd = SVD(random_state=seed)
    started = time.perf_counter()
    svd.fit(trainset)
    seconds = time.perf_counter() - started
    factors = np.zeros((len(ratings.movie_ids), 1 + svd.n_factors))
    factors[trainset.item_ids, 0] = svd.bi
    factors[trainset.item_ids, 1:] = svd.qi
    persons = np.ones((len(ratings.people), 1 + svd.n_factors))
    persons[trainset.user_ids, 1:] = svd.pu
    return by_factors(persons[asked], factors, 2 * factors.size, seconds)


def ask_peers(python: Path, likes: Likes, tasks: Sequence[tuple[str, Settings]]) -> list[Fitted | None]:
    """Fit each of `ranking_peers.MODELS` that is asked for, by another Python; None where it lacks one."""
    person, movie = likes.matrix.nonzero()
    people, movies = likes.matrix.shape
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(
            folder / "likes.npz", person=person, movie=movie, people=people, movies=movies, asked=likes.asked
        )
        (folder / "tasks.json").write_text(json.dumps([(model, dict(one)) for model, one in tasks]), "utf-8")
        subprocess.run([python, _PEER_PROGRAM, folder], check=True)
        return [_answer(folder / f"{place}.npz") for place in range(len(tasks))]


def _answer(file: Path) -> Fitted | None:
    if not file.exists():
        return None
    with np.load(file) as stored:
        size, seconds = int(stored["bytes"]), float(stored["seconds"])
        if "factors" in stored:
            return by_factors(stored["persons"], stored["factors"], size, seconds)
        scores = stored["scores"]
        return Fitted(lambda some: scores[some].copy(), size, seconds)
