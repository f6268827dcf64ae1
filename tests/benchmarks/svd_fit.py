"""Surprise's SVD against ours: the same ratings, hyperparameters and machine, in the same run.

    python -m tests.benchmarks.svd_fit [--ratings 100000 1000000] [--factors 100] [--epochs 20] [--rounds 5]

Prints for each size the median time of a fit and its held-out RMSE; the time to reach Surprise's RMSE;
and, each measured in a process of its own, time and peak memory of reading Parquet into a trainset.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from surprise import SVD, Dataset, Reader, Trainset

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.kernel import warm_up
from batch_jobs.training.svd import FastSVD
from batch_jobs.training.trainset import ColumnarTrainset
from tests.benchmarks.synthetic import planted_ratings

SCALE = (0.5, 5.0)


def split(ratings: RatingColumns) -> tuple[RatingColumns, RatingColumns]:
    held = np.random.default_rng(5).random(len(ratings)) < 0.1
    return ratings.where(~held), ratings.where(held)


def rmse(svd: SVD, held_out: RatingColumns) -> float:
    """By one formula for both: `test` would take hours where there are many ratings."""
    measured = FastSVD(svd.n_factors)
    measured.trainset = svd.trainset
    measured.bu, measured.bi, measured.pu, measured.qi = svd.bu, svd.bi, svd.pu, svd.qi
    errors = measured.estimated_stars(held_out.person, held_out.movie) - held_out.stars
    return float(np.sqrt(np.square(errors).mean()))


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare_fits(ratings: RatingColumns, factors: int, epochs: int, rounds: int) -> None:
    train, held_out = split(ratings)
    trainset = ColumnarTrainset.from_columns(train)
    options: dict[str, Any] = {"n_factors": factors, "n_epochs": epochs, "random_state": 1}
    surprises, one, two = SVD(**options), FastSVD(**options, threads=1), FastSVD(**options, threads=2)
    candidates = {"Surprise": surprises, "ours, 1 thread": one, "ours, 2 threads": two}
    sets = {"Surprise": surprises_trainset(train), "ours, 1 thread": trainset, "ours, 2 threads": trainset}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):  # in turns, so that what else the machine does falls on all alike
        for name, svd in candidates.items():
            times[name].append(seconds(lambda svd=svd, name=name: svd.fit(sets[name])))  # type: ignore[misc]
    print(f"\n{len(train):,} ratings, {factors} factors, {epochs} epochs; medians of {rounds}")
    print(f"{'fit':<28}{'seconds':>10}{'M ratings/s':>13}{'times':>8}{'RMSE':>9}")
    base = statistics.median(times["Surprise"])
    for name, svd in candidates.items():
        median = statistics.median(times[name])
        speed = len(train) * epochs / median / 1e6
        print(f"{name:<28}{median:>10.3f}{speed:>13.2f}{base / median:>8.1f}{rmse(svd, held_out):>9.4f}")
    target, epoch = rmse(surprises, held_out), 0
    reached = 0.0
    while epoch < 4 * epochs:
        epoch += 1
        eager = FastSVD(**{**options, "n_epochs": epoch}, lr_all=0.02, threads=2)
        reached = min(seconds(lambda eager=eager: eager.fit(trainset)) for _ in range(2))  # type: ignore[misc]
        if rmse(eager, held_out) <= target:
            name = f"to {target:.4f}: {epoch} at 0.02"
            print(f"{name:<28}{reached:>10.3f}{'':>13}{base / reached:>8.1f}{rmse(eager, held_out):>9.4f}")
            break


def surprises_trainset(ratings: RatingColumns) -> Trainset:
    frame = pd.DataFrame({"person": ratings.person, "movie": ratings.movie, "stars": ratings.stars})
    return Dataset.load_from_df(frame, Reader(rating_scale=SCALE)).build_full_trainset()


def peak_kilobytes() -> int:
    """The most memory this process has held. (`getrusage` would count in that of the process before it.)"""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def load(which: str, file: Path) -> None:
    """In a process of its own: read a trainset and say how long that took and what it added at its peak."""
    before = peak_kilobytes()
    started = time.perf_counter()
    if which == "Surprise":
        frame = pd.read_parquet(file)
        trainset = Dataset.load_from_df(frame, Reader(rating_scale=SCALE)).build_full_trainset()
    else:
        trainset = ColumnarTrainset.from_parquet(file, rating_scale=SCALE)
    took = time.perf_counter() - started
    print(
        json.dumps({"seconds": took, "kilobytes": peak_kilobytes() - before, "ratings": trainset.n_ratings})
    )


def compare_loads(ratings: RatingColumns, rounds: int) -> None:
    frame = pd.DataFrame(
        {
            "user_id": ratings.people[ratings.person],
            "movie_id": ratings.movie_ids[ratings.movie],
            "stars": ratings.stars,
        }
    )
    print(f"{'load':<28}{'seconds':>10}{'peak, MB':>13}{'times':>8}{'bytes a rating':>17}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ratings.parquet"
        frame.to_parquet(file, index=False)
        base = 0.0
        for which in ("Surprise", "ours"):
            command = [sys.executable, "-m", "tests.benchmarks.svd_fit", "--load", which, str(file)]
            runs = [
                json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
                for _ in range(rounds)
            ]
            median = statistics.median(run["seconds"] for run in runs)
            kilobytes = statistics.median(run["kilobytes"] for run in runs)
            base = base or median
            each = 1024 * kilobytes / len(ratings)
            print(f"{which:<28}{median:>10.3f}{kilobytes / 1024:>13.0f}{base / median:>8.1f}{each:>17.0f}")


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    command.add_argument("--ratings", type=int, nargs="+", default=[100_000, 1_000_000])
    command.add_argument("--factors", type=int, default=100)
    command.add_argument("--epochs", type=int, default=20)
    command.add_argument("--rounds", type=int, default=5)
    command.add_argument("--load", nargs=2, metavar=("WHICH", "FILE"), help=argparse.SUPPRESS)
    asked = command.parse_args()
    if asked.load:
        load(asked.load[0], Path(asked.load[1]))
        return
    warm_up(asked.factors)
    for size in asked.ratings:
        ratings = planted_ratings(people=max(50, size // 100), movies=int(5 * size**0.5), ratings=size)
        compare_fits(ratings, asked.factors, asked.epochs, asked.rounds)
        compare_loads(ratings, min(3, asked.rounds))


if __name__ == "__main__":
    main()
