"""How well predictions met what was given then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.recommending.fold_in import Doubles

USUALLY = 0.75
"""The share of ratings within the distance that predictions are usually within."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The `count` ratings that were predicted at about `stars`: their mean and their middle half."""

    stars: float
    count: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All in stars. `error` is the mean distance of predictions from what was given, `guess_error` that of
    the films' averages; three in four predictions are at most `usually_within` off."""

    count: int
    error: float
    guess_error: float
    usually_within: float
    bins: tuple[Bin, ...]


def accuracy_of(predicted: Doubles, given: Doubles, guesses: Doubles) -> Accuracy:
    """Compare predictions, (n,), and the films' averages, (n,), with what was given; n is 1 or more."""
    distance = np.abs(predicted - given)
    halves = np.round(predicted * 2) / 2
    return Accuracy(
        count=len(given),
        error=float(distance.mean()),
        guess_error=float(np.abs(guesses - given).mean()),
        usually_within=float(np.quantile(distance, USUALLY, method="higher")),
        bins=tuple(_bin(float(stars), given[halves == stars]) for stars in np.unique(halves)),
    )


def _bin(stars: float, given: NDArray[np.float64]) -> Bin:
    low, high = np.quantile(given, (0.25, 0.75))
    return Bin(stars, len(given), float(given.mean()), float(low), float(high))
