"""The trained model as it is published and served: two sets of movie factors over one list of movies.

The *rating model* (biased matrix factorisation, Surprise's SVD) answers "how many stars would this
person give it?". The *ranking model* (implicit-feedback ALS) answers "what should they see next?".
Only the movies' side is kept; a person's side is folded in from their ratings, the same way for the
nightly job, the evaluation and the API, so that what is measured is what is served.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Positions = NDArray[np.intp]

FILE_NAME = "model.npz"
FORMAT = 2


@dataclass(frozen=True, slots=True)
class RatingModel:
    """Predicted stars are `mean + person_bias + biases[i] + factors[i] · person`.

    `biases` is (movies,), `factors` (movies, k). A folded-in person, bias first, is held to
    `average_person` (1 + k,) by `precision` (1 + k, 1 + k), the inverse of how people vary, in units of
    one rating. A rating counts e times less after `memory` newer ones.
    """

    mean: float
    biases: Floats
    factors: Floats
    average_person: Floats
    precision: Floats
    memory: float


@dataclass(frozen=True, slots=True)
class RankingModel:
    """Scores are `factors[i] · person`; `factors` is (movies, f).

    `mean_person` (f,) is the average person of the training data; `ridge` is the weight with which a
    folded-in person is held to it; `like_weight` is the confidence of one like over an unseen movie.
    """

    factors: Floats
    mean_person: Floats
    ridge: float
    like_weight: float


@dataclass(frozen=True)
class Model:
    """Both models over `movie_ids`, (movies,) ascending. `suggestible` tells which of them the
    catalogue knows: a rated movie that it lacks teaches the model and is never suggested.
    """

    movie_ids: NDArray[np.int32]
    suggestible: NDArray[np.bool_]
    rating: RatingModel
    ranking: RankingModel

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """`factorsᵀ factors` of the ranking model: what all movies together say about nobody's likes."""
        factors = self.ranking.factors.astype(np.float64)
        return factors.T @ factors

    def positions(self, movie_ids: NDArray[np.integer]) -> tuple[Positions, NDArray[np.bool_]]:
        """Where each id stands in `movie_ids`, and whether it is there at all."""
        found = np.searchsorted(self.movie_ids, movie_ids)
        found[found == len(self.movie_ids)] = 0
        return found, self.movie_ids[found] == movie_ids

    def save(self, path: Path) -> None:
        np.savez(
            path,
            format=FORMAT,
            movie_ids=self.movie_ids,
            suggestible=self.suggestible,
            rating_mean=self.rating.mean,
            rating_biases=self.rating.biases,
            rating_factors=self.rating.factors,
            rating_average_person=self.rating.average_person,
            rating_precision=self.rating.precision,
            rating_memory=self.rating.memory,
            ranking_factors=self.ranking.factors,
            ranking_mean_person=self.ranking.mean_person,
            ranking_ridge=self.ranking.ridge,
            ranking_like_weight=self.ranking.like_weight,
        )

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Read a published model. Raises ValueError if the file is of another format."""
        with np.load(path, allow_pickle=False) as stored:
            if int(stored["format"]) != FORMAT:
                raise ValueError(
                    f"{path.name} is of model format {stored['format']}; this code reads {FORMAT}"
                )
            rating = RatingModel(
                mean=float(stored["rating_mean"]),
                biases=stored["rating_biases"],
                factors=stored["rating_factors"],
                average_person=stored["rating_average_person"],
                precision=stored["rating_precision"],
                memory=float(stored["rating_memory"]),
            )
            ranking = RankingModel(
                factors=stored["ranking_factors"],
                mean_person=stored["ranking_mean_person"],
                ridge=float(stored["ranking_ridge"]),
                like_weight=float(stored["ranking_like_weight"]),
            )
            return cls(stored["movie_ids"], stored["suggestible"], rating, ranking)
