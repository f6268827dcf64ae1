"""The best movies for everyone, with predicted stars and reasons: time, memory, and Surprise's way beside it.

    python -m tests.benchmarks.scoring [--people 5000] [--movies 5000] [--ratings 500000] [--threads 2]
    python -m tests.benchmarks.scoring --people 270000 --movies 45000 --ratings 26000000

Everything is made up; how much people rate, how often movies are rated and how well movies are liked follow
power laws. Compiling is done before, and timed apart. Peak memory is of the whole process, the ratings in it.
The time of Surprise's `predict()` is measured on some pairs and multiplied up to everyone and every movie.
"""

import argparse
import os
import resource
import time

import numpy as np
from numpy.typing import NDArray

from batch_jobs.scoring import best_for_everyone
from batch_jobs.training.columns import RatingColumns
from chalicelib.recommending.model import Model, RatingModel
from tests.factories import ranking_of

_PEOPLE_AT_ONCE = 1024
_PREDICTED_PAIRS = 20_000


def made_up_ratings(people: int, movies: int, ratings: int) -> RatingColumns:
    """About `ratings` ratings, made a few people at a time so that it takes little memory itself."""
    rng = np.random.default_rng(1)
    activity = 1 / (np.arange(people) + 10) ** 0.5
    wanted = rng.permutation(np.maximum(1, ratings * activity / activity.sum()).astype(np.int64))
    wanted = np.minimum(wanted, movies // 2)
    popularity = np.cumsum(1 / np.arange(1, movies + 1) ** 0.8)
    size = int(wanted.sum())
    person, movie = np.empty(size, np.int32), np.empty(size, np.int32)
    stars = np.empty(size, np.float32)
    filled = 0
    for first in range(0, people, _PEOPLE_AT_ONCE):
        counts = wanted[first : first + _PEOPLE_AT_ONCE]
        who = np.repeat(np.arange(first, first + len(counts)), counts + counts // 4)
        what = np.searchsorted(popularity, rng.random(len(who)) * popularity[-1])
        both = rng.permutation(np.unique(who * movies + what))[: counts.sum()]
        both.sort()
        part = slice(filled, filled + len(both))
        person[part], movie[part] = np.divmod(both, movies)
        stars[part] = (np.round(2 * rng.normal(3.6, 1, len(both))) / 2).clip(0.5, 5)
        filled += len(both)
    return RatingColumns(
        people=np.char.mod("person-%07d", np.arange(people)),
        movie_ids=np.arange(1, movies + 1, dtype=np.int32),
        person=person[:filled],
        movie=movie[:filled],
        stars=stars[:filled],
        rated_at=np.broadcast_to(np.int64(0), filled),  # which scoring does not read
    )


def made_up_model(movies: int, factors: int) -> Model:
    rng = np.random.default_rng(2)

    def drawn(deviation: float, *shape: int) -> NDArray[np.float32]:
        return rng.normal(0, deviation, shape).astype(np.float32)

    liking = drawn(0.15, movies, factors)
    popularity = 1 / np.arange(1, movies + 1, dtype=np.float32) ** 0.8
    liking *= popularity[:, np.newaxis] ** 0.5
    return Model(
        movie_ids=np.arange(1, movies + 1, dtype=np.int32),
        suggestible=np.ones(movies, dtype=np.bool_),
        rating=RatingModel(
            mean=3.6,
            biases=drawn(0.4, movies),
            factors=drawn(0.1, movies, factors),
            average_person=drawn(0.05, 1 + factors),
            precision=5 * np.eye(1 + factors, dtype=np.float32),
            memory=60.0,
            doubt=np.zeros(movies, dtype=np.float32),
        ),
        ranking=ranking_of(liking, likes=(100_000 * popularity).astype(np.int32), people=270_000),
    )


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds_a_prediction(ratings: RatingColumns, factors: int) -> float:
    """Of Surprise's `predict()`, for pairs of people and movies that it knows."""
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    some = slice(0, 100_000)
    frame = pd.DataFrame(
        {"person": ratings.person[some], "movie": ratings.movie[some], "stars": ratings.stars[some]}
    )
    trainset = Dataset.load_from_df(frame, Reader(rating_scale=(0.5, 5))).build_full_trainset()
    svd = SVD(n_factors=factors, n_epochs=1).fit(trainset)
    rng = np.random.default_rng(3)
    people = rng.choice(frame["person"].to_numpy(), _PREDICTED_PAIRS).tolist()
    movies = rng.choice(frame["movie"].to_numpy(), _PREDICTED_PAIRS).tolist()
    started = time.perf_counter()
    for person, movie in zip(people, movies, strict=True):
        svd.predict(person, movie)
    return (time.perf_counter() - started) / _PREDICTED_PAIRS


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    command.add_argument("--people", type=int, default=5_000)
    command.add_argument("--movies", type=int, default=5_000)
    command.add_argument("--ratings", type=int, default=500_000)
    command.add_argument("--factors", type=int, default=64)
    command.add_argument("--count", type=int, default=100)
    command.add_argument("--threads", type=int, default=os.cpu_count())
    asked = command.parse_args()

    ratings = made_up_ratings(asked.people, asked.movies, asked.ratings)
    model = made_up_model(asked.movies, asked.factors)
    started = time.perf_counter()
    next(best_for_everyone(model, ratings, {}, asked.count, 1))
    compiling = time.perf_counter() - started
    before = peak_megabytes()

    started, processor = time.perf_counter(), time.process_time()
    suggested = explained = 0
    for best in best_for_everyone(model, ratings, {}, asked.count, asked.threads):
        suggested += int(np.count_nonzero(best.movies >= 0))
        explained += int(np.count_nonzero(best.reasons >= 0))
    took, processor = time.perf_counter() - started, time.process_time() - processor
    peak = peak_megabytes()

    each = seconds_a_prediction(ratings, asked.factors)
    surprises = each * asked.people * asked.movies
    print(
        f"{asked.people:,} people, {asked.movies:,} movies, {len(ratings):,} ratings, {asked.factors} factors"
    )
    print(f"compiling, or loading what is compiled {compiling:12.1f} s")
    print(f"top {asked.count} for everyone, {asked.threads} threads {took:19.1f} s")
    print(f"processor time                         {processor:12.1f} s")
    print(f"people a second                        {asked.people / took:12,.0f}")
    print(f"peak memory                            {peak:12,.0f} MB, {before:,.0f} of it before")
    print(
        f"suggestions                            {suggested:12,}, {explained / suggested:.1%} with a reason"
    )
    print(f"Surprise's predict() for one pair      {1e6 * each:12.1f} µs, so for all of them")
    print(
        f"                                       {surprises:12,.0f} s, {surprises / took:,.0f} times as long"
    )


if __name__ == "__main__":
    main()
