"""SVD with Surprise's model, options and API, fitted by compiled code in threads."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from surprise import SVD, Trainset
from surprise.utils import get_rng

from batch_jobs.progress import counter
from batch_jobs.training.kernel import (
    Blocks,
    Positions,
    Ratings,
    Reals,
    deal,
    descent,
    estimates,
    places,
    undealt,
)
from batch_jobs.training.registers import table
from batch_jobs.training.trainset import ColumnarTrainset

_ROWS_DRAWN_AT_ONCE = 8_192
_STRIPES = ((10_000_000, 8), (200_000, 4), (0, 2))
"""From how many ratings on to deal people and movies into how many stripes: more stripes keep more
threads busy and the movies at work in the cache, but leave fewer ratings of a person together."""


def _columns_of(trainset: Trainset, dtype: np.dtype[Any]) -> Ratings:
    """One entry per rating, in the order of the trainset's `all_ratings`."""
    if isinstance(trainset, ColumnarTrainset):
        return Ratings(trainset.person, trainset.movie, trainset.stars.astype(dtype, copy=False))
    rows = np.fromiter(
        trainset.all_ratings(),
        dtype=[("person", np.int32), ("movie", np.int32), ("stars", dtype)],
        count=trainset.n_ratings,
    )
    return Ratings(*(np.ascontiguousarray(rows[name]) for name in ("person", "movie", "stars")))


def _where(ratings: Ratings, kept: NDArray[np.bool_]) -> Ratings:
    return Ratings(ratings.person[kept], ratings.movie[kept], ratings.stars[kept])


class FastSVD(SVD):  # type: ignore[misc]
    """Surprise's `SVD`, many times faster, on Surprise's own trainset or a `ColumnarTrainset`.

    All arguments, attributes and methods of `SVD` are there and mean the same. Besides:

    - `lr_decay`: what the learning rates are multiplied by after each epoch.
    - `validation_share`: the share of the ratings to hold out of the fit and measure each epoch on.
      Fitting ends early once `patience` epochs in a row have not bettered the best RMSE on them, and the
      best epoch's factors are kept. `validation_rmse` lists what was measured. 0: no early stopping.
    - `threads`: None for all processors. The outcome is the same to the bit with any number of them.
    - `order`: "blocks" to descend over disjoint blocks of ratings in parallel; "sequential" for
      Surprise's own order, in one thread, which with dtype="float64" gives Surprise's own factors.
    - `dtype`: of the factors while fitting and after it.

    `fit` raises ValueError if the learning rate is so high that the factors grow without bound.
    """

    def __init__(  # noqa: PLR0917 - in the order and number that Surprise's own takes
        self,
        n_factors: int = 100,
        n_epochs: int = 20,
        biased: bool = True,
        init_mean: float = 0,
        init_std_dev: float = 0.1,
        lr_all: float = 0.005,
        reg_all: float = 0.02,
        lr_bu: float | None = None,
        lr_bi: float | None = None,
        lr_pu: float | None = None,
        lr_qi: float | None = None,
        reg_bu: float | None = None,
        reg_bi: float | None = None,
        reg_pu: float | None = None,
        reg_qi: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        *,
        lr_decay: float = 1.0,
        validation_share: float = 0.0,
        patience: int = 3,
        threads: int | None = None,
        order: Literal["blocks", "sequential"] = "blocks",
        dtype: Literal["float32", "float64"] = "float32",
    ) -> None:
        super().__init__(
            n_factors,
            n_epochs,
            biased,
            init_mean,
            init_std_dev,
            lr_all,
            reg_all,
            lr_bu,
            lr_bi,
            lr_pu,
            lr_qi,
            reg_bu,
            reg_bi,
            reg_pu,
            reg_qi,
            random_state,
            verbose,
        )
        if order not in ("blocks", "sequential"):
            raise ValueError(f"order is {order!r}; it can be 'blocks' or 'sequential'.")
        if dtype not in ("float32", "float64"):
            raise ValueError(f"dtype is {dtype!r}; it can be 'float32' or 'float64'.")
        if not 0 <= validation_share < 1:
            raise ValueError(f"validation_share is {validation_share}; it must be 0 or more and below 1.")
        self.lr_decay = lr_decay
        self.validation_share = validation_share
        self.patience = patience
        self.threads = threads
        self.order = order
        self.dtype = dtype

    def sgd(self, trainset: Trainset) -> None:
        """Fit the factors; `fit` calls this, as in Surprise."""
        dtype = np.dtype(self.dtype)
        rng = get_rng(self.random_state)
        self.bu = np.zeros(trainset.n_users, dtype)
        self.bi = np.zeros(trainset.n_items, dtype)
        self.pu = self._drawn(rng, trainset.n_users, dtype)
        self.qi = self._drawn(rng, trainset.n_items, dtype)
        self.validation_rmse: list[float] = []
        ratings = _columns_of(trainset, dtype)
        validation = None
        if self.validation_share:
            held_out = rng.random_sample(len(ratings)) < self.validation_share
            ratings, validation = _where(ratings, ~held_out), _where(ratings, held_out)
        blocks = self._blocks(ratings, trainset)
        del ratings
        self.qi[:] = self.qi[blocks.movie_order]
        if validation:
            moved = places(blocks.movie_order)[validation.movie]
            validation = Ratings(validation.person, moved, validation.stars)
        self._descend(blocks, rng, validation)
        back = places(blocks.movie_order)
        self.bi, self.qi = self.bi[back], self.qi[back, : self.n_factors]
        self.pu = np.ascontiguousarray(self.pu[:, : self.n_factors])

    def estimated_stars(self, uids: NDArray[Any], iids: NDArray[Any]) -> NDArray[np.float64]:
        """What `predict` estimates for each pair of raw ids, within the rating scale."""
        users, items = self.trainset._raw2inner_id_users, self.trainset._raw2inner_id_items
        people = np.fromiter((users.get(uid, -1) for uid in uids.tolist()), np.int32, len(uids))
        movies = np.fromiter((items.get(iid, -1) for iid in iids.tolist()), np.int32, len(iids))
        return self._estimated(people, movies)

    def _estimated(self, people: Positions, movies: Positions) -> NDArray[np.float64]:
        mean = float(self.trainset.global_mean)
        estimated = estimates(people, movies, mean if self.biased else 0.0, self._parameters)
        if not self.biased:
            estimated[(people < 0) | (movies < 0)] = mean
        return estimated.clip(*self.trainset.rating_scale)

    def _drawn(self, rng: np.random.RandomState, rows: int, dtype: np.dtype[Any]) -> Reals:
        """A table of factors. In Surprise's order they are the ones that Surprise draws, without all of
        them ever being there in double precision; in blocks they come from a generator several times
        faster."""
        drawn = table(rows, self.n_factors, dtype)
        fast = np.random.Generator(np.random.SFC64(rng.randint(2**31))) if self.order == "blocks" else None
        for first in range(0, rows, _ROWS_DRAWN_AT_ONCE):
            part = drawn[first : first + _ROWS_DRAWN_AT_ONCE, : self.n_factors]
            if fast:
                normal = fast.standard_normal(part.shape, self.dtype)
                part[:] = self.init_mean + dtype.type(self.init_std_dev) * normal
            else:
                part[:] = rng.normal(self.init_mean, self.init_std_dev, part.shape)
        return drawn

    def _blocks(self, ratings: Ratings, trainset: Trainset) -> Blocks:
        if self.order == "sequential":
            return undealt(ratings, trainset.n_items)
        stripes = next(stripes for least, stripes in _STRIPES if len(ratings) >= least)
        return deal(ratings, trainset.n_users, trainset.n_items, stripes)

    def _descend(self, blocks: Blocks, rng: np.random.RandomState, validation: Ratings | None) -> None:
        best, best_rmse, epochs_since = None, np.inf, 0
        threads = min(self.threads or os.cpu_count() or 1, blocks.stripes)
        total = len(blocks.ratings) * self.n_epochs
        with (
            counter("Training SVD", total, "rating") if self.verbose else nullcontext() as bar,
            ThreadPoolExecutor(threads) as pool,
        ):
            for epoch in range(self.n_epochs):
                self._run_epoch(blocks, epoch, rng, pool if threads > 1 else None)
                if not np.isfinite(self.bi.sum() + self.qi.sum()):
                    self._complain(epoch)
                if bar is not None:
                    bar.update(len(blocks.ratings))
                if validation is None:
                    continue
                self.validation_rmse.append(self._rmse(validation))
                if self.validation_rmse[-1] < best_rmse:
                    best, best_rmse, epochs_since = (
                        [values.copy() for values in self._parameters],
                        self.validation_rmse[-1],
                        0,
                    )
                    continue
                epochs_since += 1
                if epochs_since >= self.patience:
                    break
        if best is not None:
            self.bu, self.bi, self.pu, self.qi = best
        if not np.isfinite(self.bu.sum() + self.pu.sum()):
            self._complain(self.n_epochs - 1)

    def _run_epoch(
        self, blocks: Blocks, epoch: int, rng: np.random.RandomState, pool: Executor | None
    ) -> None:
        step = self._step(epoch)
        sweep = descent(self.pu.shape[1])

        columns = (blocks.ratings.person, blocks.ratings.movie, blocks.ratings.stars)

        def run(block: int) -> None:
            sweep(columns, blocks.starts[block], blocks.starts[block + 1], self._parameters, step)

        for together in _diagonals(blocks.stripes, rng):
            list((pool.map if pool else map)(run, together))

    def _step(self, epoch: int) -> Reals:
        decay = self.lr_decay**epoch
        mean = self.trainset.global_mean if self.biased else 0
        lr_bu, lr_bi = (self.lr_bu * decay, self.lr_bi * decay) if self.biased else (0, 0)
        lr_pu, lr_qi = self.lr_pu * decay, self.lr_qi * decay
        keep_p, keep_q = 1 - lr_pu * self.reg_pu, 1 - lr_qi * self.reg_qi
        return np.array(
            (mean, lr_bu, self.reg_bu, lr_bi, self.reg_bi, lr_pu, keep_p, lr_qi, keep_q), self.dtype
        )

    def _rmse(self, ratings: Ratings) -> float:
        errors = self._estimated(ratings.person, ratings.movie) - ratings.stars
        return float(np.sqrt(np.square(errors).mean()))

    @property
    def _parameters(self) -> tuple[Reals, Reals, Reals, Reals]:
        return self.bu, self.bi, self.pu, self.qi

    def _complain(self, epoch: int) -> None:
        raise ValueError(
            f"Training diverged in epoch {epoch + 1}: a learning rate of {self.lr_pu:g} is too high for "
            "these ratings; try a tenth of it."
        )


def _diagonals(stripes: int, rng: np.random.RandomState) -> Iterator[list[int]]:
    """Every block once, as `stripes` lists of blocks that share nothing, in another order each time."""
    if stripes == 1:
        yield [0]
        return
    facing = rng.permutation(stripes)
    for turn in range(stripes):
        yield [person * stripes + int(facing[(person + turn) % stripes]) for person in range(stripes)]
