"""How well stars are predicted: errors of each person, and calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batch_jobs.evaluating.intervals import Doubles, Ratio
from batch_jobs.evaluating.scale import Scale

BINS_PER_STAR = 2


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Held-out ratings whose prediction lay between `low` and `high`: what was predicted and given."""

    low: float
    high: float
    ratings: int
    predicted: float
    actual: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`error` is the expected calibration error: how far the mean rating given is from the mean rating
    predicted, averaged over bins of equal width by the ratings in them. Empty bins are left out."""

    error: float
    bins: list[CalibrationBin]


def calibration(predicted: Doubles, actual: Doubles, scale: Scale) -> Calibration:
    """Both in units of the scale, one entry per held-out rating."""
    fewest, most = scale.stars
    count = max(1, round(BINS_PER_STAR * (most - fewest)))
    edges = np.linspace(scale.lowest, scale.highest, count + 1)
    place = np.clip(np.searchsorted(edges, predicted, side="right") - 1, 0, count - 1)
    counts = np.bincount(place, minlength=count)
    filled = np.flatnonzero(counts)
    means = [
        np.bincount(place, weights=values, minlength=count)[filled] / counts[filled]
        for values in (predicted, actual)
    ]
    bins = [
        CalibrationBin(float(edges[b]), float(edges[b + 1]), int(counts[b]), float(p), float(a))
        for b, p, a in zip(filled, *means, strict=True)
    ]
    gaps = np.abs(means[0] - means[1])
    return Calibration(float(np.average(gaps, weights=counts[filled])), bins)


def star_ratios(person: NDArray[np.int32], errors: Doubles, people: int) -> dict[str, Ratio]:
    """RMSE and MAE as sums over people."""
    counts = np.bincount(person, minlength=people).astype(np.float64)
    squared = np.bincount(person, weights=np.square(errors), minlength=people).astype(np.float64)
    absolute = np.bincount(person, weights=np.abs(errors), minlength=people).astype(np.float64)
    return {"rmse": Ratio(squared, counts, root=True), "mae": Ratio(absolute, counts)}


def share_within(person: NDArray[np.int32], surprises: Doubles, most: float, people: int) -> Ratio:
    """The share of ratings whose surprise, the error in standard deviations, is at most so large."""
    counts = np.bincount(person, minlength=people).astype(np.float64)
    within = np.bincount(person, weights=surprises <= most, minlength=people).astype(np.float64)
    return Ratio(within, counts)
