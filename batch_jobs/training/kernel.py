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

Reals = NDArray[np.floating[Any]]
Positions = NDArray[np.int32]
AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])

# Sums may be taken in another order (that is what makes them vectors), but NaN and infinity stay what
# they are: divergence is found by looking for them.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}


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
def descent(factors: int) -> Callable[..., None]:
    """The descent over ratings `first` to `last`, compiled for this number of factors.

    Arguments: (person, movie, stars), first, last, (bu, bi, pu, qi), step, where a person's ratings stand
    together, everything real is of one dtype and `step` is (mean, lr_bu, reg_bu, lr_bi, reg_bi, lr_pu,
    1 - lr_pu * reg_pu, lr_qi, 1 - lr_qi * reg_qi).
    """

    # With the number of factors known to the compiler the loops over them unroll into whole vectors. A
    # person's factors stay in a local buffer while their ratings go by, and one pass over the factors
    # updates this rating's movie and takes the dot product for the next one: together three times as
    # fast as the plain loops.
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
        nothing = mean - mean
        mine = np.empty(factors, pu.dtype)
        n = first
        while n < last:
            u, i = person[n], movie[n]
            bias = bu[u]
            dot = nothing
            for f in range(factors):
                mine[f] = pu[u, f]
                dot += mine[f] * qi[i, f]
            while True:
                error = stars[n] - (mean + bias + bi[i] + dot)
                bias += lr_bu * (error - reg_bu * bias)
                bi[i] += lr_bi * (error - reg_bi * bi[i])
                gain_p, gain_q = lr_pu * error, lr_qi * error
                n += 1
                if n == last or person[n] != u:
                    break
                following = movie[n]
                dot = nothing
                for f in range(factors):
                    p, q = mine[f], qi[i, f]
                    qi[i, f] = keep_q * q + gain_q * p
                    mine[f] = keep_p * p + gain_p * q
                    dot += mine[f] * qi[following, f]
                i = following
            for f in range(factors):
                p, q = mine[f], qi[i, f]
                qi[i, f] = keep_q * q + gain_q * p
                pu[u, f] = keep_p * p + gain_p * q
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
    bias, factor = np.zeros(1, dtype=dtype), np.zeros((1, factors), dtype=dtype)
    dealt = deal(Ratings(one, one, bias), 1, 1, 1).ratings
    parameters = (bias.copy(), bias.copy(), factor.copy(), factor.copy())
    columns = (dealt.person, dealt.movie, dealt.stars)
    descent(factors)(columns, 0, 1, parameters, np.zeros(9, dtype=dtype))
    estimates(one, one, 0.0, parameters)
