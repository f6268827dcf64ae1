"""Looking for better settings of the rating model, by a search that anybody can repeat.

Settings are tried out on a slice held out of the training part of a split; its test part is left alone
until the winner is found, and is then measured on once. The first trial are the defaults. The others are
spread evenly over the whole space at first, and each round after that over half the width around the few
best settings so far. Lucky ones are sorted out in the end: the best of all are measured on further slices,
from another start, and the worse half of them is dropped each time until one is left.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc
from surprise import SVD

from batch_jobs.card import DataFacts
from batch_jobs.evaluating.intervals import Doubles, Interval, draws, interval
from batch_jobs.evaluating.learning_curve import WatchedSVD
from batch_jobs.evaluating.scale import STARS, Scale
from batch_jobs.evaluating.splitting import Split, split_ratings
from batch_jobs.evaluating.star_metrics import star_ratios
from batch_jobs.progress import counter
from batch_jobs.ratings_file import read_ratings_file
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.kernel import warm_up
from batch_jobs.training.rating_model import RatingSettings
from batch_jobs.training.svd import FastSVD
from batch_jobs.training.trainset import ColumnarTrainset

FACTORS: Sequence[int] = (32, 64, 96, 128)
RANGES = {
    "epochs": (12, 80),
    "learning_rate": (0.005, 0.06),
    "bias_learning_rate": (0.001, 0.03),
    "last_share": (0.02, 1.0),
    "factor_regularisation": (0.01, 0.3),
    "bias_regularisation": (0.001, 0.1),
    "init_std": (0.003, 0.1),
}
"""Lowest and highest, tried evenly on a logarithmic scale. `last_share` is what the learning rates have
come down to at the last epoch; unlike the decay it means the same whatever the number of epochs."""

_ROUNDS = 4
_ROOTS = 4
"""How many of the best to search around: the very best of few trials may sit in the wrong valley."""
_FINALISTS = 8
_MOST_PRINTED = 20
_SURPRISES_OWN_UP_TO = 1_000_000
"""Ratings; beyond, its defaults are fitted by our kernel in its order, which gives the same factors."""

_SHOWN = (
    "factors",
    "epochs",
    "learning_rate",
    "bias_learning_rate",
    "learning_rate_decay",
    "factor_regularisation",
    "bias_regularisation",
    "init_std",
)


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings and their RMSE on each slice they were measured on, in units of the scale; infinite where
    training diverged. With several files it is the geometric mean, in which all weigh alike whatever
    their scales. `fit_seconds` is of the first fit, on all files."""

    settings: RatingSettings
    errors: tuple[float, ...]
    fit_seconds: float

    @property
    def rmse(self) -> float:
        return float(np.mean(self.errors))


@dataclass(frozen=True, slots=True)
class Measured:
    """On a test part, with the interval over people; `below_defaults` is how much lower the RMSE is than
    that of the defaults, and its interval, from the same people."""

    rmse: float
    rmse_interval: Interval
    below_defaults: float
    below_defaults_interval: Interval
    fit_seconds: float


@dataclass(frozen=True, slots=True)
class FileFigures:
    """How a file was split, and what came out on its test part for the "winner", the "defaults" and
    "Surprise's defaults"."""

    name: str
    data: DataFacts
    split: str
    train_ratings: int
    test_ratings: int
    test: dict[str, Measured]


@dataclass(frozen=True, slots=True)
class TuningReport:
    """All trials, the winner first, then those that came furthest."""

    seed: int
    trials: list[Trial]
    files: list[FileFigures]

    @property
    def winner(self) -> RatingSettings:
        return self.trials[0].settings

    def as_dict(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "winner": _shown(self.winner),
            "trials": [
                _shown(one.settings)
                | {
                    "rmse": one.rmse if np.isfinite(one.rmse) else None,
                    "slices": len(one.errors),
                    "fit_seconds": round(one.fit_seconds, 3),
                }
                for one in self.trials
            ],
            "files": [asdict(one) for one in self.files],
        }

    def __str__(self) -> str:
        names = [name.replace("_", " ") for name in _SHOWN]
        trials = [
            (*_shown(one.settings).values(), f"{one.rmse:.4f}", len(one.errors), f"{one.fit_seconds:.2f}")
            for one in self.trials[:_MOST_PRINTED]
        ]
        test = [
            (
                f"{file.name}, {file.split}",
                name,
                f"{one.rmse:.4f} ({one.rmse_interval[0]:.4f} to {one.rmse_interval[1]:.4f})",
                f"{one.below_defaults:.4f} ({one.below_defaults_interval[0]:.4f} to "
                f"{one.below_defaults_interval[1]:.4f})",
                f"{one.fit_seconds:.2f}",
            )
            for file in self.files
            for name, one in file.test.items()
        ]
        lines = [
            f"The best of {len(self.trials)} trials, seed {self.seed}, on validation slices:",
            "",
            *_table((*names, "RMSE", "slices", "fit, s"), trials),
            "",
            "On the test parts, with intervals of 95 % over people:",
            "",
            *_table(("file and split", "settings", "RMSE", "below the defaults", "fit, s"), test),
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class RatingSet:
    """Ratings in stars, and the scale they came on."""

    name: str
    ratings: RatingColumns
    scale: Scale = STARS


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be predicted from what."""

    split: Split
    scale: Scale

    def within(self, seed: int) -> "_Task":
        """The same of the training part alone."""
        return _Task(split_ratings(self.split.train, seed), self.scale)


def tune_files(paths: Sequence[Path], trials: int = 60, seed: int = 20) -> TuningReport:
    """Tune on files of ratings. Raises ValueError, with one sentence, if they cannot be tuned on."""
    sets = []
    for path in paths:
        read = read_ratings_file(path)
        sets.append(RatingSet(path.name, read.ratings, read.scale))
    return tune(sets, trials, seed)


def tune(
    sets: Sequence[RatingSet],
    trials: int = 60,
    seed: int = 20,
    defaults: RatingSettings | None = None,
) -> TuningReport:
    """Search for the settings with the lowest RMSE on all of the sets together, from `defaults` on.

    Raises ValueError if there are too few ratings to hold some out twice, or no trials.
    """
    if trials < 1:
        raise ValueError(f"{trials} trials find nothing; try at least one.")
    tasks = [_Task(split_ratings(one.ratings, seed), one.scale) for one in sets]
    typical = round(float(np.exp(np.mean([np.log(len(task.split.train)) for task in tasks]))))
    defaults = (defaults or RatingSettings()).for_size(typical)
    found = _search(tasks, trials, seed, defaults)
    return TuningReport(
        seed=seed,
        trials=found,
        files=[
            FileFigures(
                name=one.name,
                data=DataFacts.of(one.ratings),
                split=task.split.how,
                train_ratings=len(task.split.train),
                test_ratings=len(task.split.held_out),
                test=_measured(found[0].settings, defaults, task, seed),
            )
            for one, task in zip(sets, tasks, strict=True)
        ],
    )


def _search(tasks: Sequence[_Task], trials: int, seed: int, defaults: RatingSettings) -> list[Trial]:
    """All trials, the winner first. Nothing but the training parts is ever looked at."""
    rng = np.random.default_rng(seed)
    finals = _finals(trials)
    with counter("Tuning", len(tasks) * (trials + sum(finals)), "fit") as bar:

        def measured(settings: RatingSettings, slices: Sequence[_Task], start: int) -> tuple[float, float]:
            errors, seconds = zip(
                *(_rmse(replace(settings, seed=start).svd(len(one.split.train)), one) for one in slices),
                strict=True,
            )
            bar.update(len(slices))
            return float(np.exp(np.mean(np.log(errors)))), sum(seconds)

        slices = [task.within(seed) for task in tasks]
        error, seconds = measured(defaults, slices, seed)
        tried = [Trial(defaults, (error,), seconds)]
        for turn, others in enumerate(np.array_split(np.arange(trials - 1), _ROUNDS)):
            width = 0.5**turn
            tried.sort(key=lambda one: one.rmse)
            best = [_place_of(one.settings) for one in tried[:_ROOTS]]
            spread = qmc.LatinHypercube(1 + len(RANGES), rng=rng).random(len(others))
            for n, offset in enumerate(spread):
                lowest = (best[n % len(best)] - width / 2).clip(0, 1 - width)
                settings = _settings_at(lowest + width * offset, defaults)
                error, seconds = measured(settings, slices, seed)
                tried.append(Trial(settings, (error,), seconds))
        for turn, finalists in enumerate(finals, start=1):
            slices = [task.within(seed + turn) for task in tasks]
            tried.sort(key=lambda one: (-len(one.errors), one.rmse))
            for place, one in enumerate(tried[:finalists]):
                error, _ = measured(one.settings, slices, seed + turn)
                tried[place] = replace(one, errors=(*one.errors, error))
    return sorted(tried, key=lambda one: (-len(one.errors), one.rmse))


def _finals(trials: int) -> list[int]:
    """How many are left in each of the finals."""
    left = min(_FINALISTS, trials)
    finals = []
    while left > 1:
        finals.append(left)
        left //= 2
    return finals


def _settings_at(place: NDArray[np.float64], defaults: RatingSettings) -> RatingSettings:
    """The settings at a place in the unit cube: first the factors, then one coordinate for each range."""
    factors = FACTORS[min(int(place[0] * len(FACTORS)), len(FACTORS) - 1)]
    at = {
        name: lowest * (highest / lowest) ** share
        for (name, (lowest, highest)), share in zip(RANGES.items(), place[1:].tolist(), strict=True)
    }
    epochs, last_share = round(at.pop("epochs")), at.pop("last_share")
    rounded: dict[str, Any] = {name: float(f"{value:.2g}") for name, value in at.items()}
    decay = round(last_share ** (1 / epochs), 4)
    return replace(defaults, factors=factors, epochs=epochs, learning_rate_decay=decay, **rounded)


def _place_of(settings: RatingSettings) -> NDArray[np.float64]:
    """The place nearest to settings that leave nothing open."""
    given = asdict(settings)
    given["last_share"] = given["learning_rate_decay"] ** given["epochs"]
    shares = [
        np.log(given[name] / lowest) / np.log(highest / lowest) for name, (lowest, highest) in RANGES.items()
    ]
    factors = np.abs(np.array(FACTORS) - settings.factors).argmin()
    return np.array([(factors + 0.5) / len(FACTORS), *shares]).clip(0, 1)


def _surprises(ratings: int, seed: int) -> dict[str, SVD]:
    if ratings <= _SURPRISES_OWN_UP_TO:
        return {"Surprise's defaults": SVD(random_state=seed)}
    same = FastSVD(random_state=seed, order="sequential", dtype="float64")
    return {"Surprise's defaults, by our kernel": same}


def _errors(svd: SVD, task: _Task) -> tuple[Doubles, float]:
    """How far off each held-out rating is predicted, in units of the scale, and the seconds of the fit."""
    train, held_out = task.split.train, task.split.held_out
    trainset = ColumnarTrainset.from_columns(train, task.scale.stars)
    if isinstance(svd, FastSVD):
        warm_up(svd.n_factors, svd.dtype)
    started = time.perf_counter()
    svd.fit(trainset)
    seconds = time.perf_counter() - started
    predicted = WatchedSVD.like(svd, held_out).stars_of(held_out.person, held_out.movie)
    return task.scale.units_per_star * (predicted - held_out.stars), seconds


def _rmse(svd: FastSVD, task: _Task) -> tuple[float, float]:
    try:
        errors, seconds = _errors(svd, task)
    except ValueError:  # the only one there is: training diverged
        return np.inf, 0.0
    return float(np.sqrt(np.square(errors).mean())), seconds


def _measured(
    winner: RatingSettings, defaults: RatingSettings, task: _Task, seed: int
) -> dict[str, Measured]:
    """On the held-out ratings; a fit each."""
    size, people = len(task.split.train), len(task.split.held_out.people)
    contenders: dict[str, SVD] = {
        "winner": winner.svd(size),
        "defaults": defaults.svd(size),
        **_surprises(size, seed),
    }
    ratios, seconds = {}, {}
    for name, svd in contenders.items():
        errors, seconds[name] = _errors(svd, task)
        ratios[name] = star_ratios(task.split.held_out.person, errors, people)["rmse"]
    drawn = draws(ratios)
    below = {name: drawn["defaults"] - one for name, one in drawn.items()}
    return {
        name: Measured(
            rmse=float(one[0]),
            rmse_interval=interval(one),
            below_defaults=float(below[name][0]),
            below_defaults_interval=interval(below[name]),
            fit_seconds=seconds[name],
        )
        for name, one in drawn.items()
    }


def _shown(settings: RatingSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in _SHOWN}


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> list[str]:
    return [f"| {' | '.join(map(str, row))} |" for row in (head, ["---:"] * len(head), *rows)]
