"""Planted tastes: fake people whose liking of films follows rules, so that recommending is right or wrong.

A person's affinity for a film is the sum of what they make of its genres, of its time and of its hidden
traits. Films of one director share most of their traits, which no catalogue lists: only other people's
ratings can reveal them. People see what is well known and what they are drawn to, and rate by affinity,
by the film's quality, by their own severity, and by mood.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.movie import Movie
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS, PersonId, Rating

Floats = NDArray[np.float64]

GENRE_AXES = (
    {"Science Fiction": 1.0, "Fantasy": 0.6, "Action": 0.6, "Adventure": 0.5}
    | {"Romance": -1.0, "Drama": -0.5, "Music": -0.4},
    {"Horror": 1.0, "Thriller": 0.7, "Mystery": 0.5, "Crime": 0.4}
    | {"Family": -1.0, "Animation": -0.8, "Comedy": -0.4, "Music": -0.4},
    {"Comedy": 1.0, "Romance": 0.6, "Family": 0.3}
    | {"War": -0.7, "Drama": -0.6, "History": -0.6, "Crime": -0.3},
    {"Western": 0.8, "War": 0.8, "History": 0.7, "Action": 0.4} | {"Fantasy": -0.6, "Animation": -0.5},
    {"Documentary": 1.0, "Music": 0.7, "History": 0.5, "Drama": 0.3} | {"Action": -0.6, "Thriller": -0.5},
)
"""What people differ in: each axis runs from those who like the first genres to those who like the last."""

AXIS_WEIGHTS = (1.0, 0.9, 0.7, 0.5, 0.4)
TRAITS = 2
SHARED_BY_DIRECTOR = 0.9
ERA_YEARS = 14.0
GENRE_WEIGHT, ERA_WEIGHT, TRAIT_WEIGHT = 1.0, 0.5, 0.8

FAME_EXPONENT, FAME_OFFSET = 1.3, 40.0
DRAWN_BY_TASTE = 1.3

AVERAGE_STARS = 2.35
STARS_BY_AFFINITY = 0.85
STARS_BY_QUALITY = 0.45
QUALITY_APART_FROM_FAME = 0.4
STARS_BY_SEVERITY = 0.35
STARS_BY_MOOD = 0.5
WHOLE_STARS_ONLY = 0.3

BLOCK = 500
BEGIN_MS = 1_672_531_200_000  # 2023
YEARS_MS = 3 * 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class _Films:
    """Facts and hidden traits of films, one row each."""

    genres: Floats
    years: Floats
    traits: Floats
    quality: Floats
    log_fame: Floats


def person_id(number: int) -> PersonId:
    return PersonId(f"fake-{number}")


def joining_times(people: range, seed: int) -> list[int]:
    """When each person joined, in milliseconds since 1970: before their first rating."""
    return [
        int(moment)
        for block, wanted in _blocks(people)
        for moment in _joining(np.random.default_rng((seed, block, 1)))[wanted]
    ]


def fake_ratings(movies: Sequence[Movie], people: range, per_person: int, seed: int) -> Iterator[Rating]:
    """What fake people rate: about `per_person` films each, some many more; each person's in order of time.

    `movies` has the best known first. A person's ratings depend on the movies, `per_person`, the seed and
    their number only, not on who else is asked for.
    """
    films = _films(movies, seed)
    movie_ids = [movie.movie_id for movie in movies]
    for block, wanted in _blocks(people):
        rng = np.random.default_rng((seed, block, 2))
        affinity = _affinity(films, block, seed)
        counts = np.clip(rng.lognormal(-0.18, 0.6, BLOCK) * per_person, 1, 0.5 * len(movies)).astype(np.int64)
        # Choosing by weight without putting back is taking the largest of the log weights plus Gumbel noise.
        draw = films.log_fame + DRAWN_BY_TASTE * affinity
        draw += rng.gumbel(size=draw.shape)
        order = np.argsort(-draw, axis=1)[:, : counts.max()]
        del draw
        stars = _stars(films, affinity, order, rng)
        moments = _moments(_joining(np.random.default_rng((seed, block, 1))), order.shape[1], rng)
        shuffled = rng.permuted(np.tile(np.arange(order.shape[1]), (BLOCK, 1)), axis=1)
        for row in range(BLOCK)[wanted]:
            chosen = shuffled[row][shuffled[row] < counts[row]]
            who = person_id(block * BLOCK + row)
            for film, given, moment in zip(
                order[row, chosen].tolist(),
                stars[row, chosen].tolist(),
                moments[row, : len(chosen)].tolist(),
                strict=True,
            ):
                yield Rating(who, movie_ids[film], given, moment)


def planted_affinity(movies: Sequence[Movie], people: range, seed: int) -> Floats:
    """How much each person (row) likes each movie (column); about 0 on average, with standard deviation 1."""
    films = _films(movies, seed)
    return np.vstack([_affinity(films, block, seed)[wanted] for block, wanted in _blocks(people)])


def _blocks(people: range) -> Iterator[tuple[int, slice]]:
    """The blocks of people that a range touches, with the part of each that is in it."""
    for block in range(people.start // BLOCK, -(-people.stop // BLOCK)):
        first = block * BLOCK
        yield block, slice(max(0, people.start - first), min(BLOCK, people.stop - first))


def _films(movies: Sequence[Movie], seed: int) -> _Films:
    rng = np.random.default_rng((seed, 0))
    count = len(movies)
    genres = np.array(
        [
            [
                sum(axis.get(genre, 0.0) for genre in movie.genres) / (1 + len(movie.genres))
                for axis in GENRE_AXES
            ]
            for movie in movies
        ]
    )
    genres *= AXIS_WEIGHTS
    years = np.array([movie.year or 0 for movie in movies], dtype=np.float64)
    years[years == 0] = np.median(years[years > 0]) if (years > 0).any() else 2000.0
    directors = sorted({movie.directors[0] for movie in movies if movie.directors})
    place = {name: number for number, name in enumerate(directors)}
    of_directors = rng.normal(size=(len(directors), TRAITS))
    traits = rng.normal(size=(count, TRAITS))
    for row, movie in enumerate(movies):
        if movie.directors:
            shared = of_directors[place[movie.directors[0]]]
            traits[row] = SHARED_BY_DIRECTOR * shared + np.sqrt(1 - SHARED_BY_DIRECTOR**2) * traits[row]
    return _Films(
        genres=genres,
        years=years,
        traits=traits / np.linalg.norm(traits, axis=1, keepdims=True),
        quality=1.0 - 2.0 * np.arange(count) / count + QUALITY_APART_FROM_FAME * rng.normal(size=count),
        log_fame=-FAME_EXPONENT * np.log(np.arange(count) + FAME_OFFSET),
    )


def _affinity(films: _Films, block: int, seed: int) -> Floats:
    """Of all people of a block (rows) for all films (columns), spread alike for everyone."""
    rng = np.random.default_rng((seed, block, 3))
    by_genre = rng.normal(size=(BLOCK, films.genres.shape[1])) @ films.genres.T
    era = rng.choice(films.years, size=BLOCK) + rng.normal(scale=4.0, size=BLOCK)
    by_era = np.exp(-0.5 * ((films.years[None, :] - era[:, None]) / ERA_YEARS) ** 2)
    by_trait = rng.normal(size=(BLOCK, TRAITS)) @ films.traits.T
    affinity = (
        GENRE_WEIGHT * _standard(by_genre)
        + ERA_WEIGHT * _standard(by_era)
        + TRAIT_WEIGHT * _standard(by_trait)
    )
    return _standard(affinity)


def _standard(values: Floats) -> Floats:
    """Each row with mean 0 and standard deviation 1."""
    spread = values.std(axis=1, keepdims=True)
    standard: Floats = (values - values.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    return standard


def _stars(films: _Films, affinity: Floats, order: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    severity = STARS_BY_SEVERITY * rng.normal(size=(BLOCK, 1))
    spread = rng.lognormal(0.0, 0.2, size=(BLOCK, 1))
    step = np.where(rng.random((BLOCK, 1)) < WHOLE_STARS_ONLY, 1.0, 0.5)
    liking = STARS_BY_AFFINITY * np.take_along_axis(affinity, order, axis=1)
    liking += STARS_BY_QUALITY * films.quality[order]
    liking += STARS_BY_MOOD * rng.normal(size=order.shape)
    stars: Floats = np.clip(
        np.round((AVERAGE_STARS + severity + spread * liking) / step) * step, FEWEST_STARS, MOST_STARS
    )
    return stars


def _joining(rng: np.random.Generator) -> NDArray[np.int64]:
    return BEGIN_MS + rng.integers(0, int(0.9 * YEARS_MS), size=BLOCK)


def _moments(joined: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Ascending times of up to `count` ratings a person, between joining and the end of the three years."""
    share = np.sort(rng.random((len(joined), count)) ** 2, axis=1)  # most soon after joining
    left = BEGIN_MS + YEARS_MS - joined
    return (
        joined[:, None]
        + 1000 * np.arange(1, count + 1)
        + (share * (left[:, None] - 86_400_000)).astype(np.int64)
    )
