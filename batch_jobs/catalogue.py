"""Build the catalogue of movies and publish it, version by version.

Every version is a whole new file; the pointer to the current one is swapped last. Old versions are not
deleted here: the bucket's lifecycle rule lets them expire.
"""

import json
import logging
import math
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from chalicelib import clock
from chalicelib.domain.errors import ConflictError, NotReadyError
from chalicelib.domain.live import Basis
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.storage.artifacts import Kind, Pointer, fetch, read_pointer, swap_pointer, upload
from chalicelib.storage.catalogue import (
    FILE_NAME,
    INDICES,
    MOST_GENRES,
    SCHEMA,
    Catalogue,
)
from chalicelib.storage.live import basis_of, write_basis
from chalicelib.storage.searching import joined_words, searchable_words, title_key

PRIOR_RATINGS = 25
"""How many ratings of average opinion a movie's score starts from: three fives alone do not top the list."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """How many ratings a movie has, their mean, and how many are of half a star, one star, … five."""

    count: int
    mean: float
    histogram: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """What publishing did. `added`, `updated` and `unchanged` count the movies of the source (for a rating
    summary: all movies); `total` counts the catalogue. Nothing was published if `changed` is false."""

    version: str
    added: int
    updated: int
    unchanged: int
    total: int
    changed: bool


Summary = Mapping[MovieId, RatingSummary]


def build_catalogue(target: Path, movies: Iterable[Movie], summary: Summary) -> None:
    """Write the catalogue file. The same movies (in any order) and summary give the same file.

    Raises FileExistsError if there is a file at `target`, ValueError for two movies with one id.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already; a catalogue is written once.")
    ordered = sorted(movies, key=lambda movie: movie.movie_id)
    genre_counts = Counter(genre for movie in ordered for genre in set(movie.genres))
    films = {number: movie.movie_id for movie in ordered for number in movie.movielens_ids}
    by_count = sorted(genre_counts, key=lambda genre: (-genre_counts[genre], genre))
    bits = {genre: bit for bit, genre in enumerate(by_count[:MOST_GENRES])}
    if len(by_count) > MOST_GENRES:
        logger.warning("Only the %d most common genres of %d can be filtered by.", MOST_GENRES, len(by_count))
    words: Counter[str] = Counter()
    columns = _movie_columns(ordered, summary, bits)
    connection = sqlite3.connect(target, isolation_level=None)
    try:
        # A build that is cut short is thrown away, so nothing is spent on surviving one.
        connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;"
        )
        connection.executescript(f"{SCHEMA}; BEGIN;")
        try:
            connection.executemany(f"INSERT INTO movies VALUES ({', '.join('?' * 23)})", columns)  # noqa: S608
        except sqlite3.IntegrityError as error:
            raise ValueError("Two of the movies have the same id, or one has no title.") from error
        connection.executemany(
            "INSERT INTO genres VALUES (?, ?, ?)",
            ((genre, genre_counts[genre], bits.get(genre)) for genre in sorted(genre_counts)),
        )
        connection.executemany(
            "INSERT INTO search (rowid, title, original_title, joined, people) VALUES (?, ?, ?, ?, ?)",
            (_search_columns(movie, summary, words) for movie in ordered),
        )
        connection.executemany("INSERT INTO movielens VALUES (?, ?)", sorted(films.items()))
        connection.executemany("INSERT INTO words VALUES (?, ?)", sorted(words.items()))
        connection.execute("INSERT INTO search (search) VALUES ('optimize')")
        connection.commit()
        connection.executescript(f"{INDICES}; ANALYZE; VACUUM;")
    finally:
        connection.close()


def publish_movies(movies: Iterable[Movie]) -> CatalogueChange:
    """Merge movies into the current catalogue and publish the result if it differs.

    What the source knows wins over what was known; what it does not say stays, and so do movies that it
    does not have. Ratings are kept. Raises ConflictError if other jobs keep publishing in between.
    """
    source = list(movies)
    return _publish(lambda known, summary: (merge_movies(known, source), summary), source)


def publish_ratings_summary(summary: Summary, basis: Basis | None = None) -> CatalogueChange:
    """Publish the counts and means of all ratings; a movie that the summary lacks has none.

    `basis` is what the summary holds: by default, every rating up to now. Ratings of movies that are not in
    the catalogue are left out. Raises NotReadyError before the first catalogue, ConflictError if other jobs
    keep publishing in between.
    """
    if read_pointer(Kind.CATALOGUE) is None:
        raise NotReadyError("There is no catalogue to add ratings to; import movies first.")
    rated = {movie_id: one for movie_id, one in summary.items() if one.count > 0}
    return _publish(
        lambda known, _: (known, {m: one for m, one in rated.items() if m in known}),
        basis=basis or Basis(clock.now_s()),
    )


def merge_movies(known: Mapping[MovieId, Movie], source: Iterable[Movie]) -> dict[MovieId, Movie]:
    """`known` with what `source` says; of two entries in `source` for one movie, the later says more."""
    merged = dict(known)
    for movie in source:
        before = merged.get(movie.movie_id)
        merged[movie.movie_id] = _filled(movie, before) if before else movie
    return merged


def read_catalogue(path: Path) -> tuple[dict[MovieId, Movie], dict[MovieId, RatingSummary]]:
    """All that a catalogue file was built from."""
    catalogue = Catalogue(path, path.parent.name)
    listed = catalogue.movies(catalogue.movie_ids())
    summary = {
        movie_id: RatingSummary(one.rating_count, one.rating_mean, one.rating_histogram)
        for movie_id, one in listed.items()
        if one.rating_mean is not None
    }
    numbers: dict[MovieId, list[int]] = {}
    for number, movie_id in catalogue.of_movielens().items():
        numbers.setdefault(movie_id, []).append(number)
    movies = {
        movie_id: replace(one.movie, movielens_ids=tuple(numbers.get(movie_id, ())))
        for movie_id, one in listed.items()
    }
    return movies, summary


_Movies = dict[MovieId, Movie]
_Summary = dict[MovieId, RatingSummary]


def _publish(
    change: Callable[[_Movies, _Summary], tuple[_Movies, _Summary]],
    source: Iterable[Movie] | None = None,
    basis: Basis | None = None,
) -> CatalogueChange:
    try:
        return _publish_once(change, source, basis)
    except ConflictError:
        logger.info("Another job published a catalogue in the meantime; merging into that one.")
        return _publish_once(change, source, basis)


def _publish_once(
    change: Callable[[_Movies, _Summary], tuple[_Movies, _Summary]],
    source: Iterable[Movie] | None,
    basis: Basis | None,
) -> CatalogueChange:
    pointer = read_pointer(Kind.CATALOGUE)
    known, known_summary = (
        read_catalogue(fetch(Kind.CATALOGUE, pointer.version, FILE_NAME)) if pointer else ({}, {})
    )
    movies, summary = change(known, known_summary)
    named = movies.keys() if source is None else {movie.movie_id for movie in source}
    added = sum(movie_id not in known for movie_id in named)
    updated = sum(
        movie_id in known
        and (movies[movie_id] != known[movie_id] or summary.get(movie_id) != known_summary.get(movie_id))
        for movie_id in named
    )
    changed = pointer is None or added + updated > 0
    if changed or pointer is None:
        version = _publish_version(movies, summary, pointer, basis)
    else:
        version = pointer.version
    return CatalogueChange(
        version=version,
        added=added,
        updated=updated,
        unchanged=len(named) - added - updated,
        total=len(movies),
        changed=changed,
    )


def _publish_version(
    movies: _Movies, summary: _Summary, expected: Pointer | None, basis: Basis | None
) -> str:
    """Without a `basis` the summary is that of the version before; the first of all holds no ratings."""
    if basis is None:
        basis = basis_of(expected.version) if expected else Basis(0)
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{_digest(movies, summary)}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        build_catalogue(path, movies.values(), summary)
        upload(Kind.CATALOGUE, version, path)
    if basis is not None:
        write_basis(version, basis)
    swap_pointer(Kind.CATALOGUE, version, expected)
    return version


def _digest(movies: _Movies, summary: _Summary) -> str:
    digest = blake2b(digest_size=4)
    for movie_id in sorted(movies):
        digest.update(repr((movies[movie_id], summary.get(movie_id))).encode())
    return digest.hexdigest()


def _filled(movie: Movie, before: Movie) -> Movie:
    missing = {
        field.name: getattr(before, field.name)
        for field in fields(Movie)
        if getattr(movie, field.name) in (None, (), "")
    }
    return replace(movie, **missing)


def _movie_columns(
    movies: Iterable[Movie], summary: Summary, bits: Mapping[str, int]
) -> Iterable[tuple[object, ...]]:
    """One row of the table `movies` for each, in the order of its columns."""
    total = sum(one.count for one in summary.values())
    overall = sum(one.count * one.mean for one in summary.values()) / total if total else 0.0
    most = max((one.count for one in summary.values()), default=0)
    for movie in movies:
        rated = summary.get(movie.movie_id, RatingSummary(0, 0.0))
        score = (PRIOR_RATINGS * overall + rated.count * rated.mean) / (PRIOR_RATINGS + rated.count)
        year = movie.year or (int(movie.released[:4]) if movie.released else None)
        yield (
            movie.movie_id,
            rated.count,
            rated.mean if rated.count else None,
            score if rated.count else None,
            json.dumps(rated.histogram),
            math.log1p(rated.count) / math.log1p(most) if most else 0.0,
            movie.released or (f"{year:04d}" if year else None),
            year,
            sum({1 << bits[genre] for genre in movie.genres if genre in bits}),
            title_key(movie.title),
            movie.title,
            movie.original_title,
            movie.released,
            movie.runtime,
            movie.language,
            movie.poster_path,
            movie.tmdb_id,
            _json(movie.genres),
            _json(movie.directors),
            _json(movie.cast),
            _json(movie.keywords),
            movie.tagline,
            movie.overview,
        )


def _search_columns(movie: Movie, summary: Summary, words: Counter[str]) -> tuple[object, ...]:
    """One row of the index `search`; adds the movie's words to `words`.

    A word of a title weighs ten times one of a name, and each as much as its movie has ratings.
    """
    title = searchable_words(movie.title)
    original = searchable_words(movie.original_title or "")
    people = [word for name in (*movie.directors, *movie.cast) for word in searchable_words(name)]
    weight = 1 + (summary[movie.movie_id].count if movie.movie_id in summary else 0)
    for word in {*title, *original, *people}:
        words[word] += weight * (1 if word in people else 10)
    joined = [*joined_words(title), *joined_words(original)]
    return movie.movie_id, " ".join(title), " ".join(original), " ".join(joined), " ".join(people)


def _json(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)
