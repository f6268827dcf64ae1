"""What a person's ratings say about them, beside what everybody gave the same films."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import FEWEST_STARS, PersonId, Rating
from chalicelib.recommending.accuracy import Accuracy, accuracy_of
from chalicelib.services.movies import titled
from chalicelib.services.suggesting import predicted_from_the_others
from chalicelib.storage.catalogue import ListedMovie, open_catalogue
from chalicelib.storage.ratings import ratings_of

FEWEST_OF_EVERYBODY = 5
"""Ratings from which on a film's average is everybody's opinion rather than somebody's."""

FEWEST_TO_FORETELL = 5
"""Ratings from which on it says anything how well we foretell them."""

FEWEST_OF_ONE = 2
"""Films by the same hand that make a director or an actor worth naming."""

MOST_PEOPLE = 8
MOST_SURPRISES = 4
_SURPRISING_STARS = 1.0
_STEPS = 10


@dataclass(frozen=True, slots=True)
class Group:
    """The person's ratings of one kind: how many, and their mean. `difference` is how many more stars they
    gave than everybody gave the same films; None where too few people have rated any of these."""

    name: str
    count: int
    mean: float
    difference: float | None


@dataclass(frozen=True, slots=True)
class Month:
    """`month` is `2024-05`, UTC."""

    month: str
    count: int


@dataclass(frozen=True, slots=True)
class Foretold:
    """A rating and what was predicted for it from the person's others."""

    movie_id: MovieId
    stars: float
    predicted_stars: float


@dataclass(frozen=True, slots=True)
class Foretelling:
    """How well a person's ratings are foretold; `surprises` are the ratings farthest off, farthest first."""

    accuracy: Accuracy
    ratings: list[Foretold]
    surprises: list[tuple[Foretold, ListedMovie]]


@dataclass(frozen=True, slots=True)
class Statistics:
    """`histogram` is how many ratings are of half a star, one star, … five; `histogram_of_all` the same of
    all ratings of the same films, by everybody. `overall` is the group of all ratings, None without any;
    `foretelling` is None without a model or with too few ratings."""

    overall: Group | None
    histogram: tuple[int, ...]
    histogram_of_all: tuple[int, ...]
    genres: list[Group]
    decades: list[Group]
    directors: list[Group]
    actors: list[Group]
    months: list[Month]
    foretelling: Foretelling | None


def statistics_of(person_id: PersonId) -> Statistics:
    """Raises NotReadyError without a catalogue."""
    ratings = sorted(ratings_of(person_id), key=lambda rating: rating.rated_at)
    movies = titled(open_catalogue(), (rating.movie_id for rating in ratings))
    rated = [_Rated(rating, movies[rating.movie_id]) for rating in ratings]
    genres = sorted(_groups(rated, lambda movie: movie.genres), key=lambda group: (-group.count, group.name))
    return Statistics(
        overall=_group("", rated) if rated else None,
        histogram=_histogram(ratings),
        histogram_of_all=_sum(one.listed.rating_histogram for one in rated),
        genres=genres,
        decades=sorted(_groups(rated, _decades), key=lambda group: group.name),
        directors=_favourites(rated, lambda movie: movie.directors),
        actors=_favourites(rated, lambda movie: movie.cast),
        months=[Month(name, count) for name, count in sorted(Counter(map(_month, ratings)).items())],
        foretelling=_foretelling(rated),
    )


@dataclass(frozen=True, slots=True)
class _Rated:
    rating: Rating
    listed: ListedMovie

    @property
    def average(self) -> float | None:
        """What everybody gives the film; None where too few people have rated it."""
        return self.listed.rating_mean if self.listed.rating_count >= FEWEST_OF_EVERYBODY else None


def _group(name: str, rated: Sequence[_Rated]) -> Group:
    differences = [one.rating.stars - one.average for one in rated if one.average is not None]
    return Group(
        name=name,
        count=len(rated),
        mean=sum(one.rating.stars for one in rated) / len(rated),
        difference=sum(differences) / len(differences) if differences else None,
    )


def _groups(rated: Iterable[_Rated], names_of: Callable[[Movie], Iterable[str]]) -> list[Group]:
    by_name: dict[str, list[_Rated]] = {}
    for one in rated:
        for name in dict.fromkeys(names_of(one.listed.movie)):
            by_name.setdefault(name, []).append(one)
    return [_group(name, those) for name, those in by_name.items()]


def _favourites(rated: Iterable[_Rated], names_of: Callable[[Movie], Iterable[str]]) -> list[Group]:
    """The people whose films were rated most; of those with as many, the ones whose films were liked best."""
    groups = [group for group in _groups(rated, names_of) if group.count >= FEWEST_OF_ONE]
    return sorted(groups, key=lambda group: (-group.count, -group.mean, group.name))[:MOST_PEOPLE]


def _decades(movie: Movie) -> tuple[str, ...]:
    return () if movie.year is None else (f"{movie.year // 10 * 10}s",)


def _month(rating: Rating) -> str:
    return f"{datetime.fromtimestamp(rating.rated_at // 1000, UTC):%Y-%m}"


def _histogram(ratings: Iterable[Rating]) -> tuple[int, ...]:
    counts = Counter(rating.stars for rating in ratings)
    return tuple(counts[FEWEST_STARS * step] for step in range(1, _STEPS + 1))


def _sum(histograms: Iterable[Sequence[int]]) -> tuple[int, ...]:
    whole = [histogram for histogram in histograms if histogram]
    return tuple(map(sum, zip(*whole, strict=True))) if whole else (0,) * _STEPS


def _foretelling(rated: Sequence[_Rated]) -> Foretelling | None:
    predicted: Mapping[MovieId, float] = predicted_from_the_others(
        {one.rating.movie_id: one.rating.stars for one in rated}
    )
    known = [
        (Foretold(one.rating.movie_id, one.rating.stars, predicted[one.rating.movie_id]), one)
        for one in rated
        if one.average is not None and one.rating.movie_id in predicted
    ]
    if len(known) < FEWEST_TO_FORETELL:
        return None
    accuracy = accuracy_of(
        np.array([foretold.predicted_stars for foretold, _ in known]),
        np.array([foretold.stars for foretold, _ in known]),
        np.array([one.average for _, one in known], dtype=np.float64),
    )
    off = sorted(known, key=lambda pair: -abs(pair[0].stars - pair[0].predicted_stars))
    return Foretelling(
        accuracy=accuracy,
        ratings=[foretold for foretold, _ in known],
        surprises=[
            (foretold, one.listed)
            for foretold, one in off[:MOST_SURPRISES]
            if abs(foretold.stars - foretold.predicted_stars) >= _SURPRISING_STARS
        ],
    )
