"""What the defaults of the rating model are worth, beside Surprise's SVD with its own.

    python -m tests.benchmarks.tuned_fit --folds u.tsv ratings.csv    # five random folds of real ratings
    python -m tests.benchmarks.tuned_fit --ratings 1000000 5000000    # planted ratings
    python -m tests.benchmarks.tuned_fit --write ratings.parquet --ratings 1000000

On planted ratings the least error that is possible is known; so besides the RMSE on a held-out tenth it is
told which share of what Surprise's SVD leaves above that floor is gone. Then the shortest of a few fits that
reach Surprise's RMSE is timed against Surprise's own. `--write` writes planted ratings for `tune` to read.
"""

import argparse
import itertools
import statistics
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from surprise import SVD

from batch_jobs.evaluating.learning_curve import WatchedSVD
from batch_jobs.evaluating.scale import STARS, Scale
from batch_jobs.ratings_file import read_ratings_file
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.kernel import warm_up
from batch_jobs.training.rating_model import RatingSettings
from batch_jobs.training.svd import FastSVD
from batch_jobs.training.trainset import ColumnarTrainset
from tests.benchmarks.svd_fit import seconds
from tests.benchmarks.synthetic import expected_stars, planted_with_truth

_FACTORS, _RATES, _DECAYS, _MOST_EPOCHS = (8, 16, 32), (0.02, 0.03, 0.05), (0.7, 0.85, 1.0), 12
_FOLDS = 5


def rmse(svd: SVD, held_out: RatingColumns, scale: Scale = STARS) -> float:
    predicted = WatchedSVD.like(svd, held_out).stars_of(held_out.person, held_out.movie)
    return scale.units_per_star * float(np.sqrt(np.square(predicted - held_out.stars).mean()))


def fold_errors(path: Path) -> tuple[float, float]:
    """RMSE in five random folds, with Surprise's defaults and with ours."""
    read = read_ratings_file(path)
    ratings = read.ratings
    fold = np.random.default_rng(1).permutation(len(ratings)) % _FOLDS
    found = []
    for one in range(_FOLDS):
        train, held_out = ratings.where(fold != one), ratings.where(fold == one)
        trainset = ColumnarTrainset.from_columns(train, read.scale.stars)
        candidates = SVD(random_state=one), RatingSettings(seed=one).svd(len(train))
        found.append([rmse(svd.fit(trainset), held_out, read.scale) for svd in candidates])
    theirs, ours = np.mean(found, axis=0).tolist()
    return theirs, ours


def planted(size: int) -> tuple[RatingColumns, NDArray[np.float64]]:
    return planted_with_truth(people=max(50, size // 100), movies=int(5 * size**0.5), ratings=size)


def write(path: Path, size: int) -> None:
    ratings, _ = planted(size)
    columns = {"user": ratings.person, "movie": ratings.movie, "rating": ratings.stars}
    pq.write_table(pa.table(columns), path)


def compare(size: int, rounds: int) -> None:
    ratings, truth = planted(size)
    held = np.random.default_rng(5).random(len(ratings)) < 0.1
    train, held_out = ratings.where(~held), ratings.where(held)
    floor = float(np.sqrt(expected_stars(truth[held])[1].mean()))
    trainset = ColumnarTrainset.from_columns(train, STARS.stars)
    theirs = SVD(random_state=1)
    their_seconds = statistics.median(seconds(lambda: theirs.fit(trainset)) for _ in range(rounds))
    target = rmse(theirs, held_out)
    above = target**2 - floor**2

    def row(name: str, error: float, took: float) -> None:
        lower, gone = 1 - error / target, (target**2 - error**2) / above
        print(
            f"| {name} | {error:.4f} | {lower:.1%} | {gone:.0%} | {took:.3f} | {their_seconds / took:.0f} |"
        )

    print(f"\n{len(train):,} ratings to learn from; the least RMSE possible is {floor:.4f}\n")
    print("| fit | RMSE | lower by | of what is avoidable | seconds | times faster |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    row("Surprise's SVD, its defaults", target, their_seconds)
    ours = RatingSettings().svd(len(train))
    warm_up(ours.n_factors)
    took = statistics.median(seconds(lambda: ours.fit(trainset)) for _ in range(rounds))
    row("our defaults", rmse(ours, held_out), took)
    row(*shortest_to(target, trainset, held_out, rounds))


def shortest_to(
    target: float, trainset: ColumnarTrainset, held_out: RatingColumns, rounds: int
) -> tuple[str, float, float]:
    """The name, RMSE and seconds of the shortest fit with an RMSE at or below `target`."""
    best = "none reaches Surprise's RMSE", np.nan, np.nan
    for factors, rate, decay in itertools.product(_FACTORS, _RATES, _DECAYS):
        warm_up(factors)
        for epochs in range(1, _MOST_EPOCHS + 1):
            svd = FastSVD(
                factors, epochs, lr_all=rate, lr_decay=decay, reg_all=0.03, init_std_dev=0.05, random_state=1
            )
            took = seconds(lambda svd=svd: svd.fit(trainset))  # type: ignore[misc]
            if took >= best[2]:
                break
            error = rmse(svd, held_out)
            if error <= target:
                took = statistics.median(seconds(lambda svd=svd: svd.fit(trainset)) for _ in range(rounds))  # type: ignore[misc]
                name = f"to Surprise's RMSE: {factors} factors, {epochs} epochs at {rate:g}, decay {decay:g}"
                best = name, error, took
                break
    return best


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    command.add_argument("--folds", type=Path, nargs="+", default=[], metavar="FILE")
    command.add_argument("--ratings", type=int, nargs="+", default=[], metavar="N")
    command.add_argument("--rounds", type=int, default=3)
    command.add_argument("--write", type=Path, metavar="FILE")
    asked = command.parse_args()
    if asked.write:
        write(asked.write, asked.ratings[0])
        return
    if asked.folds:
        print("| five random folds of | Surprise's defaults | our defaults | lower by |")
        print("| --- | ---: | ---: | ---: |")
    for path in asked.folds:
        theirs, ours = fold_errors(path)
        print(f"| {path.name} | {theirs:.4f} | {ours:.4f} | {1 - ours / theirs:.1%} |")
    for size in asked.ratings:
        compare(size, asked.rounds)


if __name__ == "__main__":
    main()
