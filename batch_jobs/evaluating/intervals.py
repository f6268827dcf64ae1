"""Bootstrap intervals: how much a figure would change had other people been measured.

People are drawn with replacement, not ratings: those of one person are much alike, and treating them as
independent would make every interval too narrow.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Interval = tuple[float, float]

RESAMPLES = 1000
SEED = 20
COVERED = (2.5, 97.5)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure that is a ratio of two sums over people, or the square root of one; both (people,)."""

    total: Doubles
    weight: Doubles
    root: bool = False


def mean_of(values: Doubles, counted: NDArray[np.bool_]) -> Ratio:
    """The mean of the values of the people who are `counted`."""
    return Ratio(np.where(counted, values, 0.0), counted.astype(np.float64))


def draws(figures: Mapping[str, Ratio], resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Doubles]:
    """Each figure as measured, then as it comes out of each resample: (1 + resamples,).

    All figures are taken from the same resamples, so that the difference of two of them is paired.
    """
    columns = np.column_stack([side for one in figures.values() for side in (one.total, one.weight)])
    people = len(columns)
    rng = np.random.default_rng(seed)
    sums = [columns.sum(axis=0, keepdims=True)]
    for first in range(0, resamples, _AT_ONCE):
        times = np.array(
            [
                np.bincount(rng.integers(people, size=people), minlength=people)
                for _ in range(min(_AT_ONCE, resamples - first))
            ],
            dtype=np.float64,
        )
        sums.append(times @ columns)
    drawn = np.concatenate(sums)
    found = {}
    for place, (name, figure) in enumerate(figures.items()):
        total, weight = drawn[:, 2 * place], drawn[:, 2 * place + 1]
        ratio = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
        found[name] = np.sqrt(ratio) if figure.root else ratio
    return found


def interval(drawn: Doubles) -> Interval:
    """The 95 % interval of what `draws` gave for one figure."""
    low, high = np.percentile(drawn[1:], COVERED).tolist()
    return low, high
