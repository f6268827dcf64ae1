"""Ratings of The Movies Dataset and MovieLens: read fast, checked, mapped to our movies, the newest kept.

A block of the file is parsed column by column; only a block with a broken line is read line by line. What
is kept takes 13 bytes a rating, in parts by person, so that 26 million need well under 1 GB and the file
may be in any order.
"""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from batch_jobs.importing.links import (
    FilmNumbers,
    find_links,
    numbers_from_links,
    numbers_from_titles,
    read_links,
)
from batch_jobs.importing.movie_files import read_movielens_titles
from batch_jobs.importing.recognition import (
    RATING_KINDS,
    Kind,
    SourceFile,
    find_beside,
    find_data,
)
from batch_jobs.importing.report import ImportReport, Tally
from batch_jobs.importing.titles import Titles, joined_titles, parse_title, titles_of
from batch_jobs.progress import progress
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS, PersonId, Rating

RATING = np.dtype([("person", "<u4"), ("movie", "<i4"), ("seconds", "<u4"), ("halves", "u1")])
"""A kept rating: the data set's person number, the movie id, seconds since 1970 and half stars."""

Rows = NDArray[np.void]

_BLOCK = 8 << 20
_PARTS = 64
_FINGERPRINT = 1 << 16
_DAY = 86_400
_MOST_PERSON = 2**32 - 1
_TYPES = {"person": pa.int64(), "film": pa.int64(), "stars": pa.float64(), "seconds": pa.int64()}
_SEPARATORS = {Kind.RATINGS: b",", Kind.RATINGS_DAT: b"::", Kind.RATINGS_100K: b"\t"}
_WHOLE = rb" *\"? *(-?\d{1,18}) *\"? *"
_DECIMAL = rb" *\"? *(-?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})) *\"? *"
_HELPERS = (Kind.LINKS, Kind.FILMS, Kind.FILMS_DAT, Kind.FILMS_100K)

NOT_NUMBERS = "one of its fields is missing or is not a number"
OFF_GRID = f"its stars are not {FEWEST_STARS} to {MOST_STARS:g} in halves"
NO_TIME = "its time is not after 1970"
FUTURE = "its time is in the future"
BAD_PERSON = "its person's number is out of range"


@dataclass(frozen=True, slots=True)
class ImportedRatings:
    """Checked ratings, one for each person and movie. `parts` are arrays of dtype `RATING`: each holds
    whole people and is sorted by person and movie. The order is the same at every import of a file."""

    data_set: str
    parts: list[Rows]

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __iter__(self) -> Iterator[Rating]:
        for part in self.parts:
            person_number, person_id = -1, PersonId("")
            for person, movie, seconds, halves in part.tolist():
                if person != person_number:
                    person_number, person_id = person, self.person_id(person)
                yield Rating(person_id, MovieId(movie), halves / 2, seconds * 1000)

    def person_id(self, number: int) -> PersonId:
        """The id here of the data set's person; people of different data sets never share one."""
        return PersonId(f"{self.data_set}-{number}")

    def people(self) -> int:
        """How many people the ratings are of."""
        return sum(len(np.unique(part["person"])) for part in self.parts)

    def outside(self, movie_ids: set[MovieId]) -> int:
        """How many ratings are of movies that are not among `movie_ids`."""
        known = np.array(sorted(movie_ids), dtype=np.int32)
        return sum(int(np.count_nonzero(~np.isin(part["movie"], known))) for part in self.parts)


def read_ratings(
    path: Path,
    links: Path | None,
    report: ImportReport,
    titles: Titles | None = None,
    most_ratings: int | None = None,
) -> ImportedRatings:
    """Read the ratings at `path` (the largest file of ratings there, if it is not a file itself).

    Films are found through the links files at `links` and beside the ratings; without any, by their titles in
    `titles`. Those of MovieLens 100K, whose numbers are its own, are always found by title, in `titles` or in
    the data set at `links`.
    With `most_ratings`, about that many are kept: all those of some people, always the same ones.
    Raises NotFoundError or InvalidInputError if there is nothing to read or no way to find the films.
    """
    data = find_data(path, RATING_KINDS)
    file, *smaller = data.of(*RATING_KINDS)
    report.ignored.extend(data.names_without(*RATING_KINDS, *_HELPERS))
    if smaller:
        names = ", ".join(other.name for other in smaller)
        report.note(f"{file.name} was taken, being the largest; give a file to import instead: {names}.")
    if most_ratings is not None and most_ratings < 1:
        raise InvalidInputError("The most ratings to keep must be 1 or more.")
    numbers = _film_numbers(file, links, titles, report)
    tally = report.tally(file.name)
    kept = _keep_newest(_read_parts(file, numbers, tally), tally)
    if most_ratings is not None:
        kept = _keep_people(kept, most_ratings, tally, report)
    tally.kept = sum(len(part) for part in kept)
    with file.open() as stream:
        fingerprint = hashlib.sha256(stream.read(_FINGERPRINT)).hexdigest()[:6]
    return ImportedRatings(f"ml-{fingerprint}", kept)


def _film_numbers(
    file: SourceFile, given: Path | None, titles: Titles | None, report: ImportReport
) -> FilmNumbers:
    own_numbers = file.kind is Kind.RATINGS_100K
    if not own_numbers and (link_files := find_links(given, find_beside(file, {Kind.LINKS}))):
        return numbers_from_links(read_links(link_files, report))
    films = find_beside(file, {Kind.FILMS_100K} if own_numbers else {Kind.FILMS, Kind.FILMS_DAT})
    if not films:
        raise InvalidInputError(_no_way_to_films(file))
    known = joined_titles(titles or {}, _titles_at(given, report) if given else {})
    if not known:
        raise InvalidInputError(
            f"The films of {file.name} are found by title, and no titles are known yet; import films first."
        )
    numbers = numbers_from_titles(
        (
            (film, parse_title(written))
            for _, film, written, _, _ in read_movielens_titles(films[0])
            if film is not None
        ),
        known,
        lists_films_twice=own_numbers,
    )
    report.note(f"{numbers.matched:,} films of {films[0].name} were found by exact title and year.")
    return numbers


def _titles_at(path: Path, report: ImportReport) -> Titles:
    """The titles of the films of a MovieLens set that has links."""
    link_files = find_links(path, ())
    films = find_beside(link_files[0], {Kind.FILMS, Kind.FILMS_DAT})
    if not films:
        raise InvalidInputError(
            f"The links in “{path}” do not fit MovieLens 100K, which numbers its films in a way of its own; "
            "put the movies.csv of their set beside them, to find the films by title."
        )
    movies = read_links(link_files, report).movies
    return titles_of(
        (movies[film], parse_title(written).keys())
        for _, film, written, _, _ in read_movielens_titles(films[0])
        if film in movies
    )


def _no_way_to_films(file: SourceFile) -> str:
    if file.kind is Kind.RATINGS_100K:
        return (
            f"{file.name} is of MovieLens 100K, which numbers its films in a way of its own; "
            "put its u.item beside it, so that they can be found by title."
        )
    return (
        f"The films of {file.name} cannot be found: give a links file, "
        "or put the movies file of the same set beside it."
    )


def _read_parts(file: SourceFile, numbers: FilmNumbers, tally: Tally) -> list[list[Rows]]:
    """The sound ratings in the order of the file, parted by person."""
    parts: list[list[Rows]] = [[] for _ in range(_PARTS)]
    separator = _SEPARATORS[file.kind]
    latest = int(time.time()) + _DAY
    for block in _blocks(file):
        read = _parse_at_once(block, separator) or _parse_line_by_line(block, separator, tally)
        tally.read += len(read.line)
        movies = numbers.movie_ids(read.film)
        fine = _reject_unsound(block, read, movies, latest, tally)
        rows = np.empty(int(np.count_nonzero(fine)), dtype=RATING)
        rows["person"] = read.person[fine]
        rows["movie"] = movies[fine]
        rows["seconds"] = read.seconds[fine]
        rows["halves"] = read.stars[fine] * 2
        part_of = (rows["person"] % _PARTS).astype(np.uint8)
        order = np.argsort(part_of, kind="stable")
        bounds = np.searchsorted(part_of[order], np.arange(1, _PARTS))
        for part, share in zip(parts, np.split(rows[order], bounds), strict=True):
            if len(share):
                part.append(share.copy())  # a view would keep the whole block in memory
    return parts


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of the file that holds whole lines, the first of which is number `first_line`."""

    first_line: int
    text: bytes

    def rows(self) -> list[bytes]:
        rows = self.text.split(b"\n")
        return rows if rows[-1] else rows[:-1]

    def __len__(self) -> int:
        return self.text.count(b"\n") + (not self.text.endswith(b"\n"))


@dataclass(frozen=True, slots=True)
class _Columns:
    line: NDArray[np.int64]
    person: NDArray[np.int64]
    film: NDArray[np.int64]
    stars: NDArray[np.float64]
    seconds: NDArray[np.int64]


def _blocks(file: SourceFile) -> Iterator[_Block]:
    with (
        file.open() as stream,
        progress(iter(()), f"Reading {file.name}", total=file.size, unit="byte") as bar,
    ):
        line = 1
        if file.kind is Kind.RATINGS:
            bar.update(len(stream.readline()))
            line = 2
        for text in _whole_lines(stream):
            block = _Block(line, text)
            yield block
            line += len(block)
            bar.update(len(text))


def _whole_lines(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while piece := stream.read(_BLOCK):
        end = piece.rfind(b"\n") + 1
        if end:
            yield rest + piece[:end]
            rest = piece[end:]
        else:
            rest += piece
    if rest:
        yield rest


def _parse_at_once(block: _Block, separator: bytes) -> _Columns | None:
    """The columns of a block in which every line is four numbers, else None."""
    one_byte = separator if len(separator) == 1 else b"\x1f"
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(block.text.replace(separator, one_byte)),
            read_options=arrow_csv.ReadOptions(column_names=list(_TYPES)),
            parse_options=arrow_csv.ParseOptions(delimiter=one_byte.decode(), ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(column_types=_TYPES, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != len(block):
        return None
    lines = np.arange(block.first_line, block.first_line + len(block))
    return _Columns(lines, *(table[name].to_numpy() for name in _TYPES))


def _parse_line_by_line(block: _Block, separator: bytes, tally: Tally) -> _Columns:
    """The columns of the lines that are four numbers; the others, unless blank, are rejected."""
    pattern = re.compile(separator.join((_WHOLE, _WHOLE, _DECIMAL, _WHOLE)) + rb"\r?")
    lines: list[int] = []
    values: list[tuple[bytes, ...]] = []
    broken: list[tuple[int, str]] = []
    for line, row in enumerate(block.rows(), start=block.first_line):
        if match := pattern.fullmatch(row):
            lines.append(line)
            values.append(match.groups())
        elif row.strip():
            broken.append((line, _shown(row)))
    if broken:
        tally.read += len(broken)
        tally.reject_all(NOT_NUMBERS, broken)
    person, film, stars, seconds = zip(*values, strict=True) if values else ((), (), (), ())
    return _Columns(
        np.array(lines, dtype=np.int64),
        np.array([int(text) for text in person], dtype=np.int64),
        np.array([int(text) for text in film], dtype=np.int64),
        np.array([float(text) for text in stars], dtype=np.float64),
        np.array([int(text) for text in seconds], dtype=np.int64),
    )


def _reject_unsound(
    block: _Block, read: _Columns, movies: NDArray[np.int32], latest: int, tally: Tally
) -> NDArray[np.bool_]:
    """Which rows are sound; the others are rejected, each for the first thing that is wrong with it."""
    halves = read.stars * 2
    on_grid = (read.stars >= FEWEST_STARS) & (read.stars <= MOST_STARS) & (halves == np.floor(halves))
    wrongs = [
        (NOT_NUMBERS, ~np.isfinite(read.stars)),
        (BAD_PERSON, (read.person < 0) | (read.person > _MOST_PERSON)),
        (OFF_GRID, ~on_grid),
        (NO_TIME, read.seconds <= 0),
        (FUTURE, read.seconds > latest),
        *((FilmNumbers.reason(code), movies == code) for code in np.unique(movies[movies <= 0]).tolist()),
    ]
    fine = np.ones(len(read.line), dtype=np.bool_)
    rows: list[bytes] = []
    for reason, wrong in wrongs:
        caught = read.line[fine & wrong]
        if len(caught):
            rows = rows or block.rows()
            tally.reject_all(
                reason, ((line, _shown(rows[line - block.first_line])) for line in caught.tolist())
            )
            fine &= ~wrong
    return fine


def _shown(row: bytes) -> str:
    return row.decode("utf-8", errors="replace").strip()


def _keep_newest(parts: list[list[Rows]], tally: Tally) -> list[Rows]:
    """One rating for each person and movie: the newest; of two at one moment, the later in the file.

    Empties `parts` as it goes, so that the ratings are never held twice.
    """
    kept: list[Rows] = []
    for part in progress(parts, "Keeping the newest", unit="part"):
        rows = np.concatenate(part) if part else np.empty(0, dtype=RATING)
        part.clear()
        key = (rows["person"].astype(np.uint64) << np.uint64(32)) | rows["movie"].astype(np.uint64)
        order = np.lexsort((rows["seconds"], key))
        key = key[order]
        newest = np.append(key[1:] != key[:-1], np.ones(min(len(key), 1), dtype=np.bool_))
        kept.append(rows[order[newest]])
        tally.merged += len(rows) - len(kept[-1])
    return kept


def _keep_people(parts: list[Rows], most: int, tally: Tally, report: ImportReport) -> list[Rows]:
    """All ratings of the first people, in an order that looks random but never changes, up to about `most`.

    A larger `most` keeps the same people and more.
    """
    counted = [np.unique(part["person"], return_counts=True) for part in parts]
    people = np.concatenate([one for one, _ in counted])
    counts = np.concatenate([count for _, count in counted])
    order = np.argsort(_shuffled(people), kind="stable")
    chosen = max(1, int(np.searchsorted(np.cumsum(counts[order]), most, side="right")))
    if chosen >= len(people):
        return parts
    keeping = np.sort(people[order[:chosen]])
    kept = [part[np.isin(part["person"], keeping)] for part in parts]
    tally.left_out = sum(map(len, parts)) - sum(map(len, kept))
    report.note(
        f"{tally.left_out:,} ratings of {len(people) - chosen:,} people were left out, "
        f"to keep about {most:,}; {chosen:,} people are kept whole."
    )
    return kept


def _shuffled(people: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """A number for each person that scatters neighbours (the finalising step of SplitMix64)."""
    mixed = people.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
