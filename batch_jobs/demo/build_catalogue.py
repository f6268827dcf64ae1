"""Make the demo catalogue, `catalogue.jsonl.gz`: the best-known films of a public-domain database.

Run `python -m batch_jobs.demo.build_catalogue` after an update of `bokeh_sampledata`, and commit the
file. Where the facts come from and what may be done with them is said in the README beside this file.
"""

import gzip
import math
import re
import sqlite3
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from batch_jobs.demo.catalogue import CATALOGUE_FILE, movie_as_json
from batch_jobs.importing.genres import harmonised_genres
from chalicelib.domain.movie import Movie, MovieId, parse_movie_id

MOVIE_COUNT = 5_000
MOST_CAST = 7
ERA_YEARS = 4
SHORTEST_MINUTES = 40

_QUERY = """
SELECT omdb.ID, imdbID, Title, Year, Released, Runtime, Genre, Director, "Cast", Language, Oscars, Reviews
FROM omdb JOIN tomatoes USING (ID) ORDER BY omdb.ID
"""
_TITLE_SUFFIX = re.compile(r" \((\d{4} )?film\)$")
_NOT_A_PERSON = re.compile(r"list of |\d+(st|nd|rd|th) ")
_SAME_GENRE = {"Biography": ["History"], "Sport": []}
_LANGUAGES = {
    "Arabic": "ar", "Cantonese": "cn", "Chinese": "zh", "Czech": "cs", "Danish": "da", "Dutch": "nl",
    "English": "en", "Finnish": "fi", "French": "fr", "German": "de", "Greek": "el", "Hebrew": "he",
    "Hindi": "hi", "Hungarian": "hu", "Icelandic": "is", "Italian": "it", "Japanese": "ja", "Korean": "ko",
    "Mandarin": "zh", "Norwegian": "no", "Persian": "fa", "Polish": "pl", "Portuguese": "pt",
    "Romanian": "ro", "Russian": "ru", "Spanish": "es", "Swedish": "sv", "Tamil": "ta", "Telugu": "te",
    "Thai": "th", "Turkish": "tr", "Ukrainian": "uk", "Vietnamese": "vi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Film:
    """A movie with what hints at how well known it is.

    `entry` is the number of its entry in the database, in order of creation: the films that most people
    know were entered first.
    """

    movie: Movie
    entry: int
    oscars: int
    reviews: int


def read_films(database: Path) -> list[Film]:
    """The complete films: those with a running time, a genre, a director and, unless drawn, a cast."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        films = [_film(row) for row in connection.execute(_QUERY)]
    by_id = {film.movie.movie_id: film for film in reversed(films)}  # of two entries, the older is the fuller
    return [film for film in by_id.values() if _is_complete(film.movie)]


def fame_of(films: Sequence[Film]) -> dict[MovieId, float]:
    """How well known each film is, from 0 to 2.3, by what each hint says of it compared with all others.

    Reviews are compared twice: with all films, and with those of its time, because far fewer were kept
    from before the web.
    """
    entries = sorted(film.entry for film in films)
    reviews = sorted(film.reviews for film in films)
    by_year: dict[int, list[int]] = defaultdict(list)
    for film in films:
        year = film.movie.year or 0
        for near in range(year - ERA_YEARS, year + ERA_YEARS + 1):
            by_year[near].append(film.reviews)
    eras = {year: sorted(counts) for year, counts in by_year.items()}
    return {
        film.movie.movie_id: (1 - _share_below(film.entry, entries))
        + 0.5 * _share_below(film.reviews, reviews)
        + 0.5 * _share_below(film.reviews, eras[film.movie.year or 0])
        + 0.1 * min(film.oscars, 3)
        for film in films
    }


def best_known(films: Sequence[Film], count: int) -> list[Movie]:
    """The best-known films first, each with the most prominent of its cast first.

    The database lists a cast by first name. Prominent is who is in many famous films with a short cast
    list: extras are in the long ones.
    """
    fame = fame_of(films)
    prominence: dict[str, float] = defaultdict(float)
    for film in films:
        for name in film.movie.cast:
            prominence[name] += fame[film.movie.movie_id] ** 2 / math.sqrt(len(film.movie.cast))
    chosen = sorted((film.movie for film in films), key=lambda movie: (-fame[movie.movie_id], movie.movie_id))
    return [
        replace(movie, cast=tuple(sorted(movie.cast, key=lambda name: (-prominence[name], name))[:MOST_CAST]))
        for movie in chosen[:count]
    ]


def write_catalogue(target: Path, movies: Iterable[Movie]) -> None:
    """One movie a line; the same movies give the same bytes."""
    lines = "".join(f"{movie_as_json(movie)}\n" for movie in movies)
    target.write_bytes(gzip.compress(lines.encode(), compresslevel=9, mtime=0))


def _film(row: tuple) -> Film:  # type: ignore[type-arg]
    entry, imdb, title, year, released, runtime, genres, directors, cast, language, oscars, reviews = row
    first_language = (language or "").split(", ")[0]
    movie = Movie(
        movie_id=parse_movie_id(imdb),
        title=_TITLE_SUFFIX.sub("", title),
        year=year,
        released=None
        if released.endswith("-01-01")
        else released,  # the first of January: only the year is known
        runtime=round(runtime) if runtime and runtime >= SHORTEST_MINUTES else None,
        language=_LANGUAGES.get(first_language),
        genres=_genres(_names(genres)),
        directors=_names(directors),
        cast=tuple(name for name in _names(cast) if not _NOT_A_PERSON.match(name)),
    )
    return Film(movie, entry, oscars, reviews or 0)


def _genres(names: Iterable[str]) -> tuple[str, ...]:
    """In TMDB's vocabulary. The database files epics under History, those of invented worlds included."""
    genres = harmonised_genres(same for name in names for same in _SAME_GENRE.get(name, [name]))
    invented = not {"Science Fiction", "Fantasy"}.isdisjoint(genres)
    return tuple(genre for genre in genres if not (invented and genre == "History"))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def _is_complete(movie: Movie) -> bool:
    has_people = movie.directors and (movie.cast or "Animation" in movie.genres)
    return bool(movie.year and movie.runtime and movie.genres and has_people)


def _share_below(value: int, ascending: Sequence[int]) -> float:
    return bisect_left(ascending, value) / len(ascending)


if __name__ == "__main__":
    known = read_films(Path(str(files("bokeh_sampledata") / "_data" / "movies.db")))
    write_catalogue(CATALOGUE_FILE, best_known(known, MOVIE_COUNT))
