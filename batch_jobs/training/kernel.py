"""The compiled inner loops of SVD: stochastic gradient descent over blocks of ratings.

Nothing is compiled on import. Compiled code is kept on disk (in NUMBA_CACHE_DIR, else beside this file)
where that can be written to, and is compiled again in each process where it cannot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from batch_jobs.training.registers import LENIENT, blended, fetch, loaded, product, store, table

Reals = NDArray[np.floating[Any]]
Positions = NDArray[np.int32]
AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": set(LENIENT)}
_AHEAD = 3
"""How many ratings ahead a movie's factors are sent for."""


def compiled(function: AnyCallable) -> AnyCallable:
    """Compile on first call, from the disk cache if there is a folder for one."""
    try:
        fast: AnyCallable = njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        fast = njit(**_OPTIONS)(function)
    return fast


@dataclass(frozen=True, slots=True)
class Ratings:
    """One entry per rating: who (inner id), what (inner id) and how many stars."""

    person: Positions
    movie: Positions
    stars: Reals

    def __len__(self) -> int:
        return len(self.stars)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Ratings dealt into `stripes` × `stripes` blocks: block `(s, m)` holds the ratings of the people of
    stripe s on the movies of stripe m, from `starts[s * stripes + m]` up to the next start.

    Two blocks that share neither stripe share no parameter. `movie` counts movies in the order
    `movie_order`: those of one stripe are neighbours, the most rated first.
    """

    ratings: Ratings
    starts: NDArray[np.int64]
    stripes: int
    movie_order: NDArray[np.intp]


def undealt(ratings: Ratings, movies: int) -> Blocks:
    """One block with the ratings in the order given."""
    return Blocks(ratings, np.array([0, len(ratings)], dtype=np.int64), 1, np.arange(movies))


def deal(ratings: Ratings, people: int, movies: int, stripes: int) -> Blocks:
    """Deal ratings into blocks of about equal size, keeping their order within each block.

    People are cut where their ratings add up to equal shares; movies are dealt out by popularity.
    """
    upto = np.cumsum(np.bincount(ratings.person, minlength=people))
    person_stripe = np.clip((upto - 1) * stripes // max(1, len(ratings)), 0, stripes - 1).astype(np.int16)
    by_popularity = np.argsort(-np.bincount(ratings.movie, minlength=movies), kind="stable")
    there_and_back = np.concatenate((np.arange(stripes), np.arange(stripes)[::-1]))
    movie_stripe = np.empty(movies, dtype=np.int16)
    movie_stripe[by_popularity] = np.resize(there_and_back, movies)
    movie_order = by_popularity[np.argsort(movie_stripe[by_popularity], kind="stable")]
    dealt, starts = _scatter(
        (ratings.person, ratings.movie, ratings.stars),
        person_stripe,
        movie_stripe,
        places(movie_order),
        stripes,
    )
    return Blocks(Ratings(*dealt), starts, stripes, movie_order)


def places(order: NDArray[np.intp]) -> Positions:
    """Where each thing stands in `order`."""
    found = np.empty(len(order), dtype=np.int32)
    found[order] = np.arange(len(order), dtype=np.int32)
    return found


@compiled
def _scatter(
    ratings: tuple[Positions, Positions, Reals],
    person_stripe: NDArray[np.int16],
    movie_stripe: NDArray[np.int16],
    place: Positions,
    stripes: int,
) -> tuple[tuple[Positions, Positions, Reals], NDArray[np.int64]]:
    """A counting sort by block."""
    person, movie, stars = ratings
    starts = np.zeros(stripes * stripes + 1, np.int64)
    for n in range(len(stars)):
        starts[person_stripe[person[n]] * stripes + movie_stripe[movie[n]] + 1] += 1
    for block in range(stripes * stripes):
        starts[block + 1] += starts[block]
    free = starts.copy()
    dealt_person = np.empty_like(person)
    dealt_movie = np.empty_like(movie)
    dealt_stars = np.empty_like(stars)
    for n in range(len(stars)):
        block = person_stripe[person[n]] * stripes + movie_stripe[movie[n]]
        there = free[block]
        free[block] += 1
        dealt_person[there] = person[n]
        dealt_movie[there] = place[movie[n]]
        dealt_stars[there] = stars[n]
    return (dealt_person, dealt_movie, dealt_stars), starts


@lru_cache
def descent(width: int) -> Callable[..., None]:
    """The descent over ratings `first` to `last`, compiled for tables with this many columns.

    Arguments: (person, movie, stars), first, last, (bu, bi, pu, qi), step, where a person's ratings stand
    together, everything real is of one dtype, `pu` and `qi` are tables of `registers` and `step` is
    (mean, lr_bu, reg_bu, lr_bi, reg_bi, lr_pu, 1 - lr_pu * reg_pu, lr_qi, 1 - lr_qi * reg_qi).
    """

    def sweep(
        ratings: tuple[Positions, Positions, Reals],
        first: int,
        last: int,
        parameters: tuple[Reals, Reals, Reals, Reals],
        step: Reals,
    ) -> None:
        person, movie, stars = ratings
        bu, bi, pu, qi = parameters
        mean, lr_bu, reg_bu, lr_bi, reg_bi = step[0], step[1], step[2], step[3], step[4]
        lr_pu, keep_p, lr_qi, keep_q = step[5], step[6], step[7], step[8]
        n = first
        while n < last:
            u, i = person[n], movie[n]
            bias, p, q = bu[u], loaded(pu, u, width), loaded(qi, i, width)
            dot = product(p, q)
            while True:
                error = stars[n] - (mean + bias + bi[i] + dot)
                bias += lr_bu * (error - reg_bu * bias)
                bi[i] += lr_bi * (error - reg_bi * bi[i])
                gain_p, gain_q = lr_pu * error, lr_qi * error
                n += 1
                fetch(qi, movie[min(n + _AHEAD, last - 1)], width)
                store(qi, i, blended(keep_q, q, gain_q, p))
                following = movie[min(n, last - 1)]
                if n >= last or person[n] != u or following == i:
                    break
                # The next rating's product, of the person's new factors, from products of the old ones:
                # that way it does not have to wait for this rating's error.
                r = loaded(qi, following, width)
                dot = keep_p * product(p, r) + gain_p * product(q, r)
                p = blended(keep_p, p, gain_p, q)
                q, i = r, following
            store(pu, u, blended(keep_p, p, gain_p, q))
            bu[u] = bias

    return compiled(sweep)


@compiled
def estimates(
    person: Positions, movie: Positions, mean: float, parameters: tuple[Reals, Reals, Reals, Reals]
) -> NDArray[np.float64]:
    """The model's estimate for each pair; a position below zero is somebody or something unknown."""
    bu, bi, pu, qi = parameters
    estimated = np.empty(len(person), np.float64)
    for n in range(len(person)):
        u, i = person[n], movie[n]
        total = mean
        if u >= 0:
            total += bu[u]
        if i >= 0:
            total += bi[i]
        if u >= 0 and i >= 0:
            dot = pu[u, 0] - pu[u, 0]
            for f in range(pu.shape[1]):
                dot += pu[u, f] * qi[i, f]
            total += dot
        estimated[n] = total
    return estimated


def warm_up(factors: int, dtype: str = "float32") -> None:
    """Compile, or fetch from the cache, all that a fit with this many factors needs.

    For the build of a container image, whose runs then find everything compiled.
    """
    one = np.zeros(1, dtype=np.int32)
    bias, factor = np.zeros(1, dtype=dtype), table(1, factors, dtype)
    dealt = deal(Ratings(one, one, bias), 1, 1, 1).ratings
    parameters = (bias.copy(), bias.copy(), factor, table(1, factors, dtype))
    columns = (dealt.person, dealt.movie, dealt.stars)
    descent(factor.shape[1])(columns, 0, 1, parameters, np.zeros(9, dtype=dtype))
    estimates(one, one, 0.0, parameters)
