"""A movie and its identity: the IMDb number, the one id that every source has."""

import re
from dataclasses import dataclass
from typing import NewType

from chalicelib.domain.errors import InvalidInputError

MovieId = NewType("MovieId", int)

LARGEST_MOVIE_ID = 2**31 - 1
_IMDB = re.compile(r"(?:tt)?(\d{1,10})", re.ASCII)


def parse_movie_id(text: str) -> MovieId:
    """Read `tt0114709`, `0114709` or `114709` as the movie id 114709.

    Raises InvalidInputError for anything else, zero and numbers past 32 bits included.
    """
    match = _IMDB.fullmatch(text.strip())
    number = int(match[1]) if match else 0
    if not 0 < number <= LARGEST_MOVIE_ID:
        raise InvalidInputError(f"“{text[:20]}” is not a film id: use the IMDb number, such as tt0114709.")
    return MovieId(number)


def imdb_tag(movie_id: int) -> str:
    """The id as IMDb writes it: 114709 is `tt0114709`."""
    return f"tt{movie_id:07d}"


@dataclass(frozen=True, slots=True)
class Movie:
    """The facts about a movie, as far as its source knew them.

    `released` is an ISO date; `runtime` is in minutes; `directors` and `cast` are in billing order
    where the source has one; `poster_path` is TMDB's (`/abc.jpg`). `movielens_ids` are known to jobs alone:
    the catalogue keeps them to find films by and does not list them.
    """

    movie_id: MovieId
    title: str
    original_title: str | None = None
    year: int | None = None
    released: str | None = None
    runtime: int | None = None
    overview: str | None = None
    tagline: str | None = None
    language: str | None = None
    poster_path: str | None = None
    tmdb_id: int | None = None
    genres: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    movielens_ids: tuple[int, ...] = ()
