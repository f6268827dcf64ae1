"""One judge for all: what is predicted and suggested, against the ratings that were held out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from batch_jobs.evaluating.ranking_metrics import NOTHING, RECALL_AT, score_lists
from batch_jobs.training.columns import RatingColumns


@dataclass(frozen=True, slots=True)
class Stars:
    """The stars of the pairs that were asked for, the mean of those that were not held out, and the
    lowest and highest there are."""

    given: NDArray[np.float32]
    mean: float
    scale: tuple[float, float]

    def save(self, file: Path) -> None:
        np.savez(file, given=self.given, mean=self.mean, scale=self.scale)

    @classmethod
    def load(cls, file: Path) -> Self:
        with np.load(file) as stored:
            lowest, highest = stored["scale"].tolist()
            return cls(stored["given"], float(stored["mean"]), (lowest, highest))

    def judge(self, predicted: NDArray[np.floating]) -> dict[str, float]:
        """RMSE and MAE within the scale; where nothing is predicted (NaN), the mean is taken.

        Raises ValueError unless there is one prediction for each pair.
        """
        if predicted.shape != self.given.shape:
            raise ValueError(f"{len(self.given)} predictions were asked for and {len(predicted)} came.")
        filled = np.where(np.isnan(predicted), self.mean, predicted).astype(np.float64)
        errors = filled.clip(*self.scale) - self.given
        return {"rmse": float(np.sqrt(np.square(errors).mean())), "mae": float(np.abs(errors).mean())}


@dataclass(frozen=True, slots=True)
class Ranks:
    """The held-out likes of some people and what these had rated before; of each movie, how many of
    `raters` people had rated it."""

    likes: RatingColumns
    seen: RatingColumns
    popularity: NDArray[np.int64]
    raters: int

    def save(self, file: Path) -> None:
        pairs = {
            f"{name}_{column}": getattr(part, column)
            for name, part in (("likes", self.likes), ("seen", self.seen))
            for column in ("person", "movie")
        }
        np.savez(file, people=len(self.seen.people), popularity=self.popularity, raters=self.raters, **pairs)

    @classmethod
    def load(cls, file: Path) -> Self:
        with np.load(file) as stored:
            popularity, people = stored["popularity"], int(stored["people"])
            likes, seen = (
                _pairs(stored[f"{name}_person"], stored[f"{name}_movie"], people, len(popularity))
                for name in ("likes", "seen")
            )
            return cls(likes, seen, popularity, int(stored["raters"]))

    def judge(self, lists: NDArray[np.integer]) -> dict[str, float]:
        """nDCG@10, recall@20, coverage and novelty of one list for each person, best first.

        Raises ValueError if a list names a movie twice, one its person had rated, or none that there is.
        """
        people, movies = len(self.seen.people), len(self.popularity)
        if len(lists) != people:
            raise ValueError(f"{people} lists were asked for and {len(lists)} came.")
        if lists.min() < NOTHING or lists.max() >= movies:
            raise ValueError("A list names a movie that there is not.")
        pairs = np.arange(people)[:, np.newaxis] * movies + lists.astype(np.int64)
        pairs = pairs[lists != NOTHING]
        if len(np.unique(pairs)) < len(pairs):
            raise ValueError("A list names a movie twice.")
        if np.isin(pairs, self.seen.person.astype(np.int64) * movies + self.seen.movie).any():
            raise ValueError("A list names a movie that its person had rated.")
        top = lists[:, :RECALL_AT].astype(np.int32)
        measured = score_lists(top, self.likes, self.popularity, self.raters).metrics()
        return {name: getattr(measured, name) for name in ("ndcg10", "recall20", "coverage", "novelty")}


def _pairs(person: NDArray[np.int32], movie: NDArray[np.int32], people: int, movies: int) -> RatingColumns:
    """Who rated what; stars and times, which lists are not judged by, are all alike."""
    return RatingColumns(
        people=np.arange(people).astype(np.str_),
        movie_ids=np.arange(movies, dtype=np.int32),
        person=person,
        movie=movie,
        stars=np.broadcast_to(np.float32(0), len(person)),
        rated_at=np.broadcast_to(np.int64(0), len(person)),
    )
