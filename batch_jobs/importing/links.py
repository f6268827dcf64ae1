"""From the ids of MovieLens and TMDB to ours.

The numbers of the three overlap (most numbers are some other film's id elsewhere), so each has its own
type and only a links file or an exact title leads from one to another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NewType

import numpy as np
from numpy.typing import NDArray

from batch_jobs.importing.recognition import Kind, SourceFile, find_data
from batch_jobs.importing.report import ImportReport
from batch_jobs.importing.tabular import read_records
from batch_jobs.importing.titles import MovieLensTitle, Titles
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import MovieId, parse_movie_id

MovieLensId = NewType("MovieLensId", int)
TmdbId = NewType("TmdbId", int)

NOT_IN_LINKS = "its film is not in the links file"
NO_YEAR = "its film's title has no year to find it by"
NO_SUCH_TITLE = "no film that we know has its film's title and year"
AMBIGUOUS_TITLE = "its film's title and year are those of several films"
_REASONS = (NOT_IN_LINKS, NO_YEAR, NO_SUCH_TITLE, AMBIGUOUS_TITLE)


@dataclass(slots=True)
class Links:
    """What the links files say. A TMDB id that is given to several films leads to None."""

    movies: dict[MovieLensId, MovieId] = field(default_factory=dict)
    by_tmdb: dict[TmdbId, MovieId | None] = field(default_factory=dict)
    tmdb_ids: dict[MovieId, TmdbId] = field(default_factory=dict)

    def movielens_ids(self) -> dict[MovieId, tuple[int, ...]]:
        """The MovieLens numbers of each film, ascending."""
        numbers: dict[MovieId, tuple[int, ...]] = {}
        for movielens_id, movie_id in sorted(self.movies.items()):
            numbers[movie_id] = (*numbers.get(movie_id, ()), movielens_id)
        return numbers

    def add(self, movielens_id: MovieLensId, movie_id: MovieId, tmdb_id: TmdbId | None) -> None:
        self.movies[movielens_id] = movie_id
        if tmdb_id is not None:
            known = self.by_tmdb.get(tmdb_id, movie_id)
            self.by_tmdb[tmdb_id] = movie_id if known == movie_id else None
            self.tmdb_ids.setdefault(movie_id, tmdb_id)


def read_links(files: Sequence[SourceFile], report: ImportReport) -> Links:
    """Join links files; where two disagree about a film the one named first is believed, and the other's row
    is rejected."""
    links = Links()
    for file in files:
        tally = report.tally(file.name)
        for line, record, text in read_records(file):
            tally.read += 1
            movielens_id = positive_number(record["movieid"])
            movie_id = imdb_number(record["imdbid"])
            if movielens_id is None or movie_id is None:
                what = "MovieLens id" if movielens_id is None else "IMDb number"
                tally.reject(f"its {what} is missing or is not a number", line, text)
                continue
            known = links.movies.get(MovieLensId(movielens_id))
            if known is None:
                tmdb_id = positive_number(record.get("tmdbid", ""))
                links.add(MovieLensId(movielens_id), movie_id, None if tmdb_id is None else TmdbId(tmdb_id))
                tally.kept += 1
            elif known == movie_id:
                tally.merged += 1
            else:
                tally.reject("another row leads the same MovieLens id to another film", line, text)
    return links


def find_links(given: Path | None, beside: Iterable[SourceFile]) -> list[SourceFile]:
    """The links files to use, most trusted first: those given, then those beside the data by size.

    Raises NotFoundError or InvalidInputError if there is no links file where one was said to be.
    """
    named = find_data(given, {Kind.LINKS}).of(Kind.LINKS) if given is not None else []
    return list(dict.fromkeys((*named, *sorted(beside, key=lambda file: -file.size))))


def positive_number(text: str) -> int | None:
    """A whole number above 0, also as pandas writes it (`862.0`), else None."""
    digits = text.strip().removesuffix(".0")
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def imdb_number(text: str) -> MovieId | None:
    """The movie id of `tt0114709`, `0114709` or `114709`, else None."""
    try:
        return parse_movie_id(text.strip().removesuffix(".0"))
    except InvalidInputError:
        return None


class FilmNumbers:
    """The way from MovieLens ids to movie ids for whole columns of them."""

    def __init__(self, movies: dict[MovieLensId, MovieId], unmatched: dict[MovieLensId, str]) -> None:
        """`unmatched` says why a film has no movie id; films in neither are not in the links file."""
        codes = {**movies, **{film: -_REASONS.index(reason) for film, reason in unmatched.items()}}
        ordered = sorted(codes)
        self.matched = len(movies)
        self._films = np.array(ordered, dtype=np.int64)
        self._codes = np.array([codes[film] for film in ordered], dtype=np.int32)

    def movie_ids(self, films: NDArray[np.int64]) -> NDArray[np.int32]:
        """The movie id of each film; 0 and below where it has none, for `reason`."""
        if not len(self._films):
            return np.zeros(len(films), dtype=np.int32)
        places = np.searchsorted(self._films, films).clip(max=len(self._films) - 1)
        codes: NDArray[np.int32] = np.where(self._films[places] == films, self._codes[places], np.int32(0))
        return codes

    @staticmethod
    def reason(code: int) -> str:
        return _REASONS[-code]


def numbers_from_links(links: Links) -> FilmNumbers:
    return FilmNumbers(links.movies, {})


def numbers_from_titles(
    films: Iterable[tuple[MovieLensId, MovieLensTitle]], titles: Titles, *, lists_films_twice: bool
) -> FilmNumbers:
    """Match films by exact title and year, each to one movie or to none.

    The main title counts first; only if nothing has it do the other names. Two films that lead to one movie
    are too alike to tell apart, unless the set is known to list films twice and their titles are the same.
    """
    movies: dict[MovieLensId, MovieId] = {}
    unmatched: dict[MovieLensId, str] = {}
    matched: dict[MovieId, list[tuple[MovieLensId, MovieLensTitle]]] = {}
    for film, title in films:
        match = match_title(title, titles)
        if isinstance(match, str):
            unmatched[film] = match
        else:
            matched.setdefault(match, []).append((film, title))
    for movie_id, alike in matched.items():
        if len(alike) == 1 or (lists_films_twice and len({title for _, title in alike}) == 1):
            movies.update((film, movie_id) for film, _ in alike)
        else:
            unmatched.update((film, AMBIGUOUS_TITLE) for film, _ in alike)
    return FilmNumbers(movies, unmatched)


def match_title(title: MovieLensTitle, titles: Titles) -> MovieId | str:
    """The one film with this title and year, or the reason why there is none."""
    if title.year is None:
        return NO_YEAR
    main, *others = title.keys() or [("", 0)]
    found = {titles[key] for key in ([main] if main in titles else others) if key in titles}
    if not found:
        return NO_SUCH_TITLE
    movie_id = found.pop()
    return AMBIGUOUS_TITLE if found or movie_id is None else movie_id
