"""The trained model as it is published and served: two sets of movie factors over one list of movies.

The *rating model* (biased matrix factorisation, Surprise's SVD) answers "how many stars would this
person give it?". The *ranking model* (a low-rank linear model of likes) answers "what should they see
next?". Only the movies' side is kept; a person's side is folded in from their ratings, the same way for
the nightly job, the evaluation and the API, so that what is measured is what is served.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Positions = NDArray[np.intp]
Numbers = TypeVar("Numbers", float, NDArray[np.float64])

FILE_NAME = "model.npz"
FORMAT = 4
WITHOUT_SCATTER = 3
"""The former format, which lacks `Scatter` alone: it is served with `USUAL_SCATTER`."""

CAUTION = 2.0
"""How many standard errors below what is predicted a movie is ranked "by predicted stars"."""

FEW_LIKES = 5.0
"""Added to every movie's likes before they are compared, so that one like more or less is no matter."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """How far ratings fall from what is predicted, learnt from ratings that a twin of the model never saw.

    `variance` is that of a rating about its prediction, in stars squared, for somebody who has rated nothing
    yet; it counts as much as `weight` ratings of a person's own. The squared doubt about a movie counts
    `doubt_weight`. Half of all ratings lie within `half` standard deviations of the prediction, and 80 %
    within `most`.
    """

    variance: float
    weight: float
    doubt_weight: float
    half: float
    most: float

    def about(self, left: Numbers, counted: Numbers) -> Numbers:
        """The variance of somebody's ratings about the predictions, from what a fit `left` of those that
        `counted`, as in a `Belief`."""
        return (self.variance * self.weight + left) / (self.weight + counted)


USUAL_SCATTER = Scatter(variance=0.8, weight=10.0, doubt_weight=0.4, half=0.66, most=1.26)
"""About what is learnt from the ratings of MovieLens."""


@dataclass(frozen=True, slots=True)
class RatingModel:
    """Predicted stars are `mean + person_bias + biases[i] + factors[i] · person`.

    `biases` is (movies,), `factors` (movies, k). A folded-in person, bias first, is held to
    `average_person` (1 + k,) by `precision` (1 + k, 1 + k), the inverse of how people vary, in units of
    one rating. A rating counts e times less after `memory` newer ones. `doubt`, (movies,), is the standard
    error, in stars, of what is known about each movie; `scatter` tells how sure a prediction is.
    """

    mean: float
    biases: Floats
    factors: Floats
    average_person: Floats
    precision: Floats
    memory: float
    doubt: Floats
    scatter: Scatter = USUAL_SCATTER


@dataclass(frozen=True)
class RankingModel:
    """Two movies go together by `factors[i] · factors[j]`; `factors` is (movies, f), and `likes`, (movies,),
    how many of the `people` like each.

    `rarity_weight` is the power with which a like of a rare movie says more, `length_damping` that with
    which many likes weigh less each; a dislike counts `dislike_weight` of a like, and either e times less
    after `memory` newer ratings. The average person counts `prior` before the first rating and e times less
    after `prior_memory` of them.
    """

    factors: Floats
    likes: NDArray[np.int32]
    people: int
    rarity_weight: float
    length_damping: float
    dislike_weight: float
    memory: float
    prior: float
    prior_memory: float

    @cached_property
    def popularity(self) -> Floats:
        """(movies,): the share of people who like each: the average person's scores."""
        return (self.likes / self.people).astype(np.float32)

    @cached_property
    def emphasis(self) -> Floats:
        """(movies,): how much more a like of each says than a like of something everybody likes."""
        share = (self.likes + FEW_LIKES) / (self.people + FEW_LIKES)
        return (share**-self.rarity_weight).astype(np.float32)


_RANKING_NUMBERS = ("rarity_weight", "length_damping", "dislike_weight", "memory", "prior", "prior_memory")


def as_stored(factors: NDArray[np.floating]) -> Floats:
    """Factors as precise as the model's file holds them, so that a loaded model says just the same."""
    return factors.astype(np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Rows:
    """(movies, f + 1), a row for each movie, whose products with a person's vector are scores; `longest` is
    the greatest length among them, which bounds how far off a score in single precision can be."""

    values: Floats
    longest: float

    @classmethod
    def of(cls, factors: Floats, last: Floats) -> "Rows":
        values = np.column_stack((factors, last))
        squares = np.einsum("mf,mf->m", values, values)
        return cls(values, float(np.sqrt(squares.max(initial=0.0))))


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
    def ranking_rows(self) -> Rows:
        """Factors and popularity: times a taste and its averageness they are the ranking's scores."""
        return Rows.of(self.ranking.factors, self.ranking.popularity)

    @cached_property
    def cautious_rows(self) -> Rows:
        """Factors and biases of the rating model, less the doubt: a lower confidence bound, so that a movie
        which only few have rated does not come out on top by luck."""
        return Rows.of(self.rating.factors, self.rating.biases - np.float32(CAUTION) * self.rating.doubt)

    def positions(self, movie_ids: NDArray[np.integer]) -> tuple[Positions, NDArray[np.bool_]]:
        """Where each id stands in `movie_ids`, and whether it is there at all."""
        found = np.searchsorted(self.movie_ids, movie_ids)
        found[found == len(self.movie_ids)] = 0
        return found, self.movie_ids[found] == movie_ids

    def position(self, movie_id: int) -> int | None:
        """Where one id stands in `movie_ids`; None if it is not there."""
        (place,), (known,) = self.positions(np.array([movie_id]))
        return int(place) if known else None

    def mask(self, movie_ids: Sequence[int]) -> NDArray[np.bool_]:
        """(movies,): which of the model's movies are among these."""
        positions, known = self.positions(np.asarray(movie_ids, dtype=np.int32))
        found = np.zeros(len(self.movie_ids), dtype=np.bool_)
        found[positions[known]] = True
        return found

    def save(self, path: Path) -> None:
        """Write the model. Factors take two bytes each: training rounds them to that (`as_stored`)."""
        rating, ranking = self.rating, self.ranking
        np.savez(
            path,
            format=FORMAT,
            movie_ids=self.movie_ids,
            suggestible=self.suggestible,
            rating_mean=rating.mean,
            rating_biases=rating.biases,
            rating_factors=rating.factors.astype(np.float16),
            rating_average_person=rating.average_person,
            rating_precision=rating.precision,
            rating_memory=rating.memory,
            rating_doubt=rating.doubt,
            rating_scatter=astuple(rating.scatter),
            ranking_factors=ranking.factors.astype(np.float16),
            ranking_likes=ranking.likes,
            ranking_people=ranking.people,
            ranking_numbers=[getattr(ranking, name) for name in _RANKING_NUMBERS],
        )

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Read a published model. Raises ValueError if the file is of a format that is not known here."""
        with np.load(path, allow_pickle=False) as stored:
            if int(stored["format"]) not in {FORMAT, WITHOUT_SCATTER}:
                raise ValueError(
                    f"{path.name} is of model format {stored['format']}; this code reads {FORMAT}"
                )
            rating = RatingModel(
                mean=float(stored["rating_mean"]),
                biases=stored["rating_biases"],
                factors=stored["rating_factors"].astype(np.float32),
                average_person=stored["rating_average_person"],
                precision=stored["rating_precision"],
                memory=float(stored["rating_memory"]),
                doubt=stored["rating_doubt"],
                scatter=Scatter(*stored["rating_scatter"].tolist())
                if "rating_scatter" in stored
                else USUAL_SCATTER,
            )
            ranking = RankingModel(
                stored["ranking_factors"].astype(np.float32),
                stored["ranking_likes"],
                int(stored["ranking_people"]),
                *stored["ranking_numbers"].tolist(),
            )
            return cls(stored["movie_ids"], stored["suggestible"], rating, ranking)
