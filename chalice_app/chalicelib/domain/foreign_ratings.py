"""Ratings and watchlists as people take them out of Letterboxd, IMDb, MovieLens and this app.

What a file is, is told by its header, whatever it is called; only Letterboxd's watchlist looks exactly like
its list of everything watched, so for that one the name counts.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import PurePosixPath

from chalicelib.domain.errors import InvalidInputError, TooLargeError
from chalicelib.domain.movie import MovieId, parse_movie_id
from chalicelib.domain.rating import check_stars

MOST_ROWS = 20_000
MOST_UNPACKED = 16 << 20
"""Bytes that all files of a ZIP may have together: 20,000 rows of the widest export and links.csv beside."""
MOST_MEMBERS = 2_000
MOST_COLUMNS = 200
"""IMDb's export, the widest, has 18. Each row costs as much as the header is wide."""

_ASIDE = frozenset({"deleted", "orphaned", "likes", "lists", "__macosx"})
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_SEPARATORS = ",;\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_TITLE = 300
_YEAR_3000 = 32_503_680_000_000

Row = Mapping[str, str]


class Source(StrEnum):
    LETTERBOXD = "letterboxd"
    IMDB = "imdb"
    MOVIELENS = "movielens"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class ForeignFilm:
    """What a file says about which film it means. `kind` is IMDb's title type (`TV Series`)."""

    title: str = ""
    year: int | None = None
    movie_id: MovieId | None = None
    movielens_id: int | None = None
    kind: str = ""

    @property
    def name(self) -> str:
        """What to call it where it cannot be found."""
        if self.title:
            return self.title
        return f"MovieLens film {self.movielens_id}" if self.movielens_id else "A film without a title"


@dataclass(frozen=True, slots=True)
class ForeignRating:
    """`rated_at` is in milliseconds since 1970, UTC, or None where the file does not say when."""

    film: ForeignFilm
    stars: float
    rated_at: int | None


@dataclass(frozen=True, slots=True)
class ForeignWish:
    """A film on a watchlist; `added_at` is in milliseconds since 1970, UTC."""

    film: ForeignFilm
    added_at: int | None


@dataclass(slots=True)
class ForeignLists:
    """All that one export holds. `unreadable` are rows with the reason why they say nothing;
    `links` lead from MovieLens ids to movie ids, where the export has them."""

    source: Source
    ratings: list[ForeignRating] = field(default_factory=list)
    watchlist: list[ForeignWish] = field(default_factory=list)
    unreadable: list[tuple[ForeignFilm, str]] = field(default_factory=list)
    links: dict[int, MovieId] = field(default_factory=dict)


def read_lists(content: bytes, name: str = "") -> ForeignLists:
    """Read an export, a CSV file or a ZIP; `name` is what its file is called.

    Of ratings of one film on one moment, those of Letterboxd's own `ratings.csv` come first. Raises
    InvalidInputError if this is no export that is known here, TooLargeError past one of the limits.
    """
    files = _members(content) if content.startswith(_ZIP) else [(name, content)]
    found: dict[Source, ForeignLists] = {}
    links: dict[int, MovieId] = {}
    rows_left = MOST_ROWS
    for file_name, data in files:
        table = _Table(data)
        if {"movieid", "imdbid"} <= table.header:
            links |= _links(table)
            continue
        layout = _layout(table.header, file_name)
        if layout is None:
            continue
        source, read = layout
        lists = found.setdefault(source, ForeignLists(source))
        for row in table:
            rows_left -= 1
            if rows_left < 0:
                raise TooLargeError(f"Import at most {MOST_ROWS:,} rows at a time: split the file.")
            read(row, lists)
    if not found:
        raise InvalidInputError(
            "This is no export that can be read: send the ZIP of Letterboxd or its ratings.csv, diary.csv or "
            "watchlist.csv, the ratings.csv of IMDb or MovieLens, or the ratings that were exported here."
        )
    if len(found) > 1:
        raise InvalidInputError("These are exports of several services: import them one after the other.")
    (lists,) = found.values()
    lists.links = links
    return lists


class _Table:
    """The rows of a CSV file by their columns, whose names are in lower case."""

    def __init__(self, data: bytes) -> None:
        text = _decoded(data)
        first = text.partition("\n")[0]
        separator = max(_SEPARATORS, key=first.count)
        self._rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        self._names = [name.strip().lower() for name in self._next() or ()]
        if len(self._names) > MOST_COLUMNS:
            raise TooLargeError(f"Send tables of at most {MOST_COLUMNS} columns.")
        self.header = frozenset(self._names)

    def __iter__(self) -> Iterator[Row]:
        while (fields := self._next()) is not None:
            if fields:
                row = dict.fromkeys(self._names, "")
                row.update(zip(self._names, (one.strip() for one in fields), strict=False))
                yield row

    def _next(self) -> list[str] | None:
        try:
            return next(self._rows, None)
        except csv.Error as error:
            raise InvalidInputError(
                f"The file cannot be read past line {self._rows.line_num}: a quotation mark is not closed."
            ) from error


def _decoded(data: bytes) -> str:
    """UTF-8 where all of it is, else what Windows and older exports write."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _members(content: bytes) -> list[tuple[str, bytes]]:
    """The CSV files of a ZIP, `ratings.csv` first, never unpacking more than `MOST_UNPACKED` bytes."""
    found: list[tuple[str, bytes]] = []
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise TooLargeError(f"Send a ZIP of at most {MOST_MEMBERS:,} files.")
            for member in members:
                path = PurePosixPath(member.filename)
                aside = _ASIDE.intersection(part.lower() for part in path.parts[:-1])
                # The suffix first: of a name that is empty zipfile cannot tell whether it is a folder's.
                if path.suffix.lower() != ".csv" or aside or member.is_dir():
                    continue
                # The other methods cannot be unpacked piece by piece, so a bomb would go off.
                if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                    raise InvalidInputError(
                        "The ZIP is packed in an unusual way: pack it again as plain ZIP."
                    )
                with archive.open(member) as stream:
                    data = stream.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise TooLargeError(
                        f"Send a ZIP that holds at most {MOST_UNPACKED >> 20} MB when it is unpacked."
                    )
                found.append((path.name.lower(), data))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise InvalidInputError("This is not a whole ZIP file: export it again.") from error
    except RuntimeError as error:  # what zipfile raises where a password is needed
        raise InvalidInputError("The ZIP is locked with a password: send it without one.") from error
    return sorted(found, key=lambda file: file[0] != "ratings.csv")


_Reader = Callable[[Row, ForeignLists], None]


def _layout(header: frozenset[str], name: str) -> tuple[Source, _Reader] | None:
    """How to read the rows below this header, or None if they say nothing about ratings."""
    if {"name", "year", "letterboxd uri"} <= header:
        if "rating" in header:
            return Source.LETTERBOXD, _read_letterboxd
        return (Source.LETTERBOXD, _read_watchlist) if "watchlist" in name.lower() else None
    for columns, source, read in (
        ({"const", "your rating"}, Source.IMDB, _read_imdb),
        ({"imdb_id", "stars", "rated_at"}, Source.HERE, _read_ours),
        ({"movie_id", "imdb_id", "rating"}, Source.MOVIELENS, _read_movielens_site),
        ({"movieid", "rating"}, Source.MOVIELENS, _PersonOfMovieLens()),
    ):
        if columns <= header:
            return source, read
    return None


def as_text(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula, as it would `=…` and `-30-`."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _from_text(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.startswith(_FORMULA, 1) else cell


def _read_letterboxd(row: Row, lists: ForeignLists) -> None:
    _add(lists, _titled(row["name"], row["year"]), row["rating"], _moment(row.get("date", "")))


def _read_watchlist(row: Row, lists: ForeignLists) -> None:
    lists.watchlist.append(ForeignWish(_titled(row["name"], row["year"]), _moment(row.get("date", ""))))


def _read_imdb(row: Row, lists: ForeignLists) -> None:
    film = _titled(
        row.get("title", ""), row.get("year", ""), _movie_id(row["const"]), kind=row.get("title type", "")
    )
    _add(lists, film, row["your rating"], _moment(row.get("date rated", "")), halves=True)


def _read_ours(row: Row, lists: ForeignLists) -> None:
    film = _titled(_from_text(row.get("title", "")), row.get("year", ""), _movie_id(row["imdb_id"]))
    _add(lists, film, row["stars"], _moment(row["rated_at"]))


def _read_movielens_site(row: Row, lists: ForeignLists) -> None:
    film = _titled(row.get("title", ""), "", _movie_id(row["imdb_id"]), _number(row["movie_id"]))
    _add(lists, film, row["rating"], None)


class _PersonOfMovieLens:
    """Reads the rows of one person: a whole data set would be everybody's ratings."""

    def __init__(self) -> None:
        self._person: str | None = None

    def __call__(self, row: Row, lists: ForeignLists) -> None:
        person = row.get("userid", "")
        if self._person is None:
            self._person = person
        if person != self._person:
            raise InvalidInputError(
                "This file holds ratings of several people: keep the lines of one userId and send it again."
            )
        seconds = _number(row.get("timestamp", ""))
        moment = _in_range(seconds * 1000) if seconds else None
        _add(lists, ForeignFilm(movielens_id=_number(row["movieid"])), row["rating"], moment)


def _links(table: _Table) -> dict[int, MovieId]:
    links: dict[int, MovieId] = {}
    for row in table:
        number, movie_id = _number(row["movieid"]), _movie_id(row["imdbid"])
        if number and movie_id:
            links[number] = movie_id
    return links


def _add(
    lists: ForeignLists, film: ForeignFilm, rating: str, rated_at: int | None, *, halves: bool = False
) -> None:
    """Add a rating; a film that was seen but not rated says nothing. `halves`: the scale is 1 to 10."""
    if not rating:
        return
    try:
        stars = float(rating.replace(",", "."))
        check_stars(stars / 2 if halves else stars)
    except (ValueError, InvalidInputError):
        scale = "1 to 10" if halves else "0.5 to 5 in halves"
        lists.unreadable.append((film, f"Its rating “{rating[:20]}” is not on the scale of {scale}."))
    else:
        lists.ratings.append(ForeignRating(film, stars / 2 if halves else stars, rated_at))


def _titled(
    title: str, year: str, movie_id: MovieId | None = None, movielens_id: int | None = None, kind: str = ""
) -> ForeignFilm:
    number = _number(year)
    known = number if number and 1870 <= number <= 2100 else None
    return ForeignFilm(" ".join(title.split())[:_LONGEST_TITLE], known, movie_id, movielens_id, kind[:40])


def _number(text: str) -> int | None:
    """A whole number above 0, else None."""
    digits = text.removesuffix(".0")
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _movie_id(text: str) -> MovieId | None:
    try:
        return parse_movie_id(text)
    except InvalidInputError:
        return None


def _moment(text: str) -> int | None:
    """The milliseconds of `2024-05-03` (its beginning, UTC) or of a moment in ISO 8601."""
    try:
        if len(text) == len("2024-05-03"):
            moment = datetime.combine(date.fromisoformat(text), time(), UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return _in_range(round(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def _in_range(milliseconds: int) -> int | None:
    return milliseconds if 0 < milliseconds < _YEAR_3000 else None
