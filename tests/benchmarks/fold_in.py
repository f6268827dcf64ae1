"""How long one person's suggestions take.

    python -m tests.benchmarks.fold_in [--movies 45000] [--factors 64] [--rounds 500]

Prints the median and the 99th percentile, in milliseconds, of folding a person into the ranking model, of
folding them into the rating model, of the whole `suggest`, of the same behind a filter by genre, year,
runtime and number of ratings, whose films the catalogue has at hand, of all rows, and of finding the films
of a filter that is new, for people with 5, 50 and 500 ratings. Model, catalogue and ratings are made up;
every round is another person. BLAS has one thread, as in a small Lambda.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from threadpoolctl import threadpool_limits

from batch_jobs.catalogue import RatingSummary, build_catalogue
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.recommending.fold_in import believe, fold_in_ranking, margins
from chalicelib.recommending.model import Model
from chalicelib.recommending.rows import Group, rows_of
from chalicelib.recommending.suggesting import known_ratings, score, suggest
from chalicelib.storage.catalogue import Catalogue, Listing
from tests.benchmarks.scoring import made_up_model

RATINGS = (5, 50, 500)
GENRES = tuple(f"Genre {number}" for number in range(18))
NARROW = Listing(
    genres=("Genre 3",),
    excluded_genres=("Genre 5",),
    year_from=1980,
    runtime_to=120,
    least_ratings=50,
)
SUGGESTED = 100
_WARMING = 20

Person = dict[MovieId, float]
Timed = Callable[[Model, Person], Callable[[], object]]


def drawn_people(model: Model, ratings: int, number: int) -> list[Person]:
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
        for _ in range(number)
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


def made_up_catalogue(folder: Path, model: Model) -> Catalogue:
    """Every movie of the model, each of one to three genres and from a hundred years."""
    rng = np.random.default_rng(6)
    ids = [MovieId(movie) for movie in model.movie_ids.tolist()]
    movies = [
        Movie(
            movie,
            f"Film {movie}",
            year=int(rng.integers(1920, 2020)),
            runtime=int(rng.integers(60, 200)),
            genres=tuple(rng.choice(GENRES, rng.integers(1, 4), replace=False).tolist()),
        )
        for movie in ids
    ]
    likes = model.ranking.likes.tolist()
    path = folder / "catalogue.sqlite"
    build_catalogue(
        path, movies, {movie: RatingSummary(n + 1, 3.5) for movie, n in zip(ids, likes, strict=True)}
    )
    return Catalogue(path, "made up")


def of_catalogue(catalogue: Catalogue, model: Model) -> dict[str, Timed]:
    """What needs a catalogue as well."""
    genres = [Group.of(model, name, catalogue.matching(Listing(genres=(name,)))) for name in GENRES]
    decades = [
        Group.of(model, str(year), catalogue.matching(Listing(year_from=year, year_to=year + 9)))
        for year in range(1920, 2020, 10)
    ]
    numbers = count()

    def filtered(model: Model, person: Person) -> Callable[[], object]:
        return lambda: suggest(model, person, (), SUGGESTED, among=model.mask(catalogue.matching(NARROW)))

    def rows(model: Model, person: Person) -> Callable[[], object]:
        watchlist = [MovieId(movie) for movie in model.movie_ids[100:120].tolist() if movie not in person]
        return lambda: rows_of(score(model, person, watchlist), watchlist, genres, decades)

    def new_filter(_: Model, person: Person) -> Callable[[], object]:
        unheard_of = replace(NARROW, least_ratings=len(person), runtime_to=1000 + next(numbers))
        return lambda: catalogue.matching(unheard_of)

    return {"suggest, filtered": filtered, "rows": rows, "films of a new filter": new_filter}


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
    with TemporaryDirectory() as folder, threadpool_limits(1, "blas"):
        catalogue = made_up_catalogue(Path(folder), model)
        gc.freeze()
        for name, timed in (TIMED | of_catalogue(catalogue, model)).items():
            found = [milliseconds(timed, model, people[ratings]) for ratings in RATINGS]
            print(f"| {name} |" + "".join(f" {middle:.2f} / {late:.2f} |" for middle, late in found))


if __name__ == "__main__":
    main()
