"""How long one person's suggestions take.

    python -m tests.benchmarks.fold_in [--movies 45000] [--factors 64] [--rounds 500]

Prints the median and the 99th percentile, in milliseconds, of folding a person into the ranking model, of
folding them into the rating model, and of the whole `suggest`, for people with 5, 50 and 500 ratings. The
model and the ratings are made up; every round is another person. BLAS has one thread, as in a small Lambda.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from chalicelib.domain.movie import MovieId
from chalicelib.recommending.fold_in import believe, fold_in_ranking, margins
from chalicelib.recommending.model import Model
from chalicelib.recommending.suggesting import known_ratings, suggest
from tests.benchmarks.scoring import made_up_model

RATINGS = (5, 50, 500)
SUGGESTED = 100
_WARMING = 20

Person = dict[MovieId, float]
Timed = Callable[[Model, Person], Callable[[], object]]


def drawn_people(model: Model, ratings: int, count: int) -> list[Person]:
    """People who rated what is well known, mostly."""
    rng = np.random.default_rng(4)
    popularity = model.ranking.popularity.astype(np.float64)
    popularity /= popularity.sum()
    return [
        {
            MovieId(movie): stars
            for movie, stars in zip(
                rng.choice(model.movie_ids, ratings, replace=False, p=popularity).tolist(),
                (rng.integers(1, 11, ratings) / 2).tolist(),
                strict=True,
            )
        }
        for _ in range(count)
    ]


def _ranking(model: Model, person: Person) -> Callable[[], object]:
    rated, stars = known_ratings(model, person)
    return lambda: fold_in_ranking(model.ranking, rated, stars)


def _rating(model: Model, person: Person) -> Callable[[], object]:
    rated, stars = known_ratings(model, person)
    return lambda: believe(model.rating, rated, stars)


def _margins(model: Model, person: Person) -> Callable[[], object]:
    belief, shown = believe(model.rating, *known_ratings(model, person)), np.arange(SUGGESTED)
    return lambda: margins(model.rating, belief, shown)


def _suggest(model: Model, person: Person) -> Callable[[], object]:
    return lambda: suggest(model, person, (), SUGGESTED)


TIMED: dict[str, Timed] = {
    "fold_in_ranking": _ranking,
    "believe": _rating,
    f"margins of {SUGGESTED} films": _margins,
    "suggest": _suggest,
}


def milliseconds(timed: Timed, model: Model, people: list[Person]) -> tuple[float, float]:
    """Median and 99th percentile."""
    taken = []
    for person in people:
        work = timed(model, person)
        started = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - started))
    cuts = statistics.quantiles(taken[_WARMING:], n=100)
    return cuts[49], cuts[98]


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    command.add_argument("--movies", type=int, default=45_000)
    command.add_argument("--factors", type=int, default=64)
    command.add_argument("--rounds", type=int, default=500)
    asked = command.parse_args()
    model = made_up_model(asked.movies, asked.factors)
    print(f"| {asked.movies:,} films, {asked.factors} factors; p50 / p99 in ms |", end="")
    print("".join(f" {ratings} ratings |" for ratings in RATINGS))
    print("|---|" + "---|" * len(RATINGS))
    people = {ratings: drawn_people(model, ratings, asked.rounds + _WARMING) for ratings in RATINGS}
    gc.freeze()
    with threadpool_limits(1, "blas"):
        for name, timed in TIMED.items():
            found = [milliseconds(timed, model, people[ratings]) for ratings in RATINGS]
            print(f"| {name} |" + "".join(f" {middle:.2f} / {late:.2f} |" for middle, late in found))


if __name__ == "__main__":
    main()
