"""The catalogue of movies: a SQLite file that a job publishes and that is read here.

SQLite gives ranked full-text search, filters and sorts without a server. The file of a version never
changes, so it is opened read-only and immutable, once per thread and version.
"""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.movie import Movie

FILE_NAME = "catalogue.sqlite"

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE movies (
    movie_id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    original_title TEXT,
    year INTEGER,
    released TEXT,
    runtime INTEGER,
    overview TEXT,
    tagline TEXT,
    language TEXT,
    poster_path TEXT,
    tmdb_id INTEGER,
    genres TEXT NOT NULL,
    directors TEXT NOT NULL,
    cast TEXT NOT NULL,
    keywords TEXT NOT NULL,
    rating_count INTEGER NOT NULL DEFAULT 0,
    rating_mean REAL,
    rating_score REAL
);
CREATE TABLE movie_genres (
    genre TEXT NOT NULL,
    movie_id INTEGER NOT NULL REFERENCES movies,
    PRIMARY KEY (genre, movie_id)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5 (
    title, original_title, people, content='', tokenize="unicode61 remove_diacritics 2", prefix='1 2 3'
);
CREATE INDEX by_popularity ON movies (rating_count, movie_id);
CREATE INDEX by_score ON movies (rating_score, movie_id);
CREATE INDEX by_release ON movies (released, movie_id);
"""
"""Lists (`genres`, `directors`, `cast`, `keywords`) are JSON arrays. `rating_score` is the mean pulled
towards the mean of all ratings where a movie has few (NULL without any). `search` holds movie_id as its rowid."""


class Sort(StrEnum):
    POPULAR = "popular"
    UNPOPULAR = "unpopular"
    TOP_RATED = "top-rated"
    LOW_RATED = "low-rated"
    RECENT = "recent"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Listing:
    """What to list: every filter must hold. With `text` and no `sort`, the best match comes first."""

    sort: Sort | None = None
    text: str = ""
    genres: tuple[str, ...] = ()
    excluded_genres: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    least_ratings: int = 0


@dataclass(frozen=True, slots=True)
class ListedMovie:
    """A movie with what people made of it. `rating_mean` is None without ratings."""

    movie: Movie
    rating_count: int
    rating_mean: float | None


Position = tuple[float | str | None, int]
"""Where a page ended: the sort key and movie id of its last movie."""


@dataclass(frozen=True, slots=True)
class Page:
    """`following` is None on the last page; `total` counts every movie the listing matches."""

    movies: list[ListedMovie]
    following: Position | None
    total: int
