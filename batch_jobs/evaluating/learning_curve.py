"""Watching SVD learn: its error after each epoch, without any effect on what it learns."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from surprise import Trainset

from batch_jobs.evaluating.intervals import Doubles
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.kernel import Blocks, Positions, Ratings, places
from batch_jobs.training.rating_model import RatingSettings
from batch_jobs.training.svd import FastSVD

_SAMPLE = 300_000
"""Ratings that an epoch is measured on, of either side, so that watching costs little of a long fit."""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """RMSE after each epoch, on ratings that SVD learns from and on held-out ones."""

    train_rmse: list[float]
    held_out_rmse: list[float]


class WatchedSVD(FastSVD):
    """SVD that is measured after each epoch on `held_out`, ratings over the people and movies of those
    it is fitted to, and on a sample of its own."""

    held_out: RatingColumns
    train_rmse: list[float]
    held_out_rmse: list[float]

    @classmethod
    def like(cls, svd: FastSVD, held_out: RatingColumns) -> Self:
        """An estimator with the same options, not yet fitted."""
        watched = cls()
        watched.__dict__.update(vars(svd))
        watched.held_out = held_out
        return watched

    def sgd(self, trainset: Trainset) -> None:
        self.train_rmse, self.held_out_rmse = [], []
        every = slice(None, None, max(1, len(self.held_out) // _SAMPLE))
        person, movie = self._inner(self.held_out.person[every], self.held_out.movie[every])
        self._asked = Ratings(person, movie, self.held_out.stars[every])
        super().sgd(trainset)
        del self._asked

    def _run_epoch(self, blocks: Blocks, epoch: int, *others: Any) -> None:
        super()._run_epoch(blocks, epoch, *others)
        learnt = blocks.ratings
        every = slice(None, None, max(1, len(learnt) // _SAMPLE))
        sample = Ratings(
            np.ascontiguousarray(learnt.person[every]),
            np.ascontiguousarray(learnt.movie[every]),
            np.ascontiguousarray(learnt.stars[every]),
        )
        moved = places(blocks.movie_order)[self._asked.movie]
        moved[self._asked.movie < 0] = -1
        with np.errstate(over="ignore", invalid="ignore"):
            self.train_rmse.append(self._rmse(sample))
            self.held_out_rmse.append(self._rmse(Ratings(self._asked.person, moved, self._asked.stars)))

    def _inner(self, person: NDArray[np.integer], movie: NDArray[np.integer]) -> tuple[Positions, Positions]:
        """Inner ids of positions in the columns; -1 for a movie without a rating to learn from."""

        def numbered(asked: NDArray[np.integer], known: NDArray[np.int64], size: int) -> Positions:
            inner = np.full(size, -1, dtype=np.int32)
            inner[known] = np.arange(len(known), dtype=np.int32)
            numbers: Positions = inner[asked]
            return numbers

        return (
            numbered(person, self.trainset.user_ids, len(self.held_out.people)),
            numbered(movie, self.trainset.item_ids, len(self.held_out.movie_ids)),
        )

    def stars_of(self, person: NDArray[np.integer], movie: NDArray[np.integer]) -> Doubles:
        """What SVD's own factors predict for each pair of positions in the columns."""
        return self._estimated(*self._inner(person, movie))

    def curve(self) -> LearningCurve:
        return LearningCurve(self.train_rmse, self.held_out_rmse)


@dataclass(frozen=True, slots=True)
class WatchedSettings(RatingSettings):
    """Settings whose SVD is watched."""

    held_out: RatingColumns | None = None

    @classmethod
    def like(cls, settings: RatingSettings, held_out: RatingColumns) -> Self:
        given = {one.name: getattr(settings, one.name) for one in fields(RatingSettings)}
        return cls(**given, held_out=held_out)

    def svd(self, ratings: int) -> FastSVD:
        plain = RatingSettings.svd(self, ratings)
        return plain if self.held_out is None else WatchedSVD.like(plain, self.held_out)
