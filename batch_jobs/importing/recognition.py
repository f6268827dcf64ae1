"""Finding the files of a data set, and saying what each is by its content, whatever it is called.

A path may be a file, a folder, or a .zip of either.
"""

import codecs
import csv
import os
import re
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO

from chalicelib.domain.errors import InvalidInputError, NotFoundError

_SAMPLE = 1 << 16


class Kind(StrEnum):
    """What a file holds. The values are words for people."""

    METADATA = "films of The Movies Dataset"
    KEYWORDS = "keywords of The Movies Dataset"
    CREDITS = "credits of The Movies Dataset"
    LINKS = "links between ids"
    FILMS = "films of MovieLens"
    FILMS_DAT = "films of MovieLens 1M or 10M"
    FILMS_100K = "films of MovieLens 100K"
    RATINGS = "ratings"
    RATINGS_DAT = "ratings of MovieLens 1M or 10M"
    RATINGS_100K = "ratings of MovieLens 100K"


RATING_KINDS = frozenset({Kind.RATINGS, Kind.RATINGS_DAT, Kind.RATINGS_100K})
MOVIE_KINDS = frozenset(
    {Kind.METADATA, Kind.KEYWORDS, Kind.CREDITS, Kind.FILMS, Kind.FILMS_DAT, Kind.FILMS_100K}
)

_RATINGS_HEADER = ("userid", "movieid", "rating", "timestamp")
_HEADERS: tuple[tuple[Kind, frozenset[str]], ...] = (
    (Kind.METADATA, frozenset({"id", "imdb_id", "title", "original_title", "genres", "overview"})),
    (Kind.CREDITS, frozenset({"id", "cast", "crew"})),
    (Kind.KEYWORDS, frozenset({"id", "keywords"})),
    (Kind.LINKS, frozenset({"movieid", "imdbid"})),
    (Kind.FILMS, frozenset({"movieid", "title", "genres"})),
)
_LINES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.RATINGS_DAT, re.compile(r"\d+::\d+::[0-5](?:\.\d)?::\d+")),
    (Kind.FILMS_DAT, re.compile(r"\d+::.*\(\d{4}\)::[^:]*")),
    (Kind.RATINGS_100K, re.compile(r"\d+\t\d+\t[0-5]\t\d+")),
    (Kind.FILMS_100K, re.compile(r"\d+\|[^|]*\|[^|]*\|[^|]*\|[^|]*(?:\|[01]){19}")),
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A recognised file: on disk at `path`, or the `member` of the .zip there. `size` is in bytes."""

    kind: Kind
    path: Path
    size: int
    member: str | None = None

    @property
    def name(self) -> str:
        """What to call it in reports: the folder it lies in and its own name."""
        return (
            f"{self.path.name}/{self.member}" if self.member else f"{self.path.parent.name}/{self.path.name}"
        )

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        with _opened(self.path, self.member) as stream:
            yield stream

    def encoding(self) -> str:
        """UTF-8 where all of the file is, else Latin-1 (as the older sets of MovieLens are)."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            with self.open() as stream:
                while block := stream.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8-sig"


@dataclass(slots=True)
class DataSet:
    """The recognised files of one folder, largest first, and the names of those that are of no use here."""

    files: list[SourceFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def of(self, *kinds: Kind) -> list[SourceFile]:
        return [file for file in self.files if file.kind in kinds]

    def names_without(self, *kinds: Kind) -> list[str]:
        """The names of all files there but those of these kinds."""
        return [*(file.name for file in self.files if file.kind not in kinds), *self.ignored]


def kind_of(sample: bytes) -> Kind | None:
    """What a file is that begins with `sample`, or None if it is nothing that can be imported."""
    text = sample.decode("utf-8-sig", errors="replace")
    if "\0" in text:
        return None
    lines = text.splitlines()
    if len(sample) >= _SAMPLE:
        lines = lines[:-1]
    if not lines:
        return None
    header = tuple(name.strip().lower() for name in next(csv.reader(lines[:1]), []))
    if header == _RATINGS_HEADER:
        return Kind.RATINGS
    for kind, names in _HEADERS:
        if names <= set(header):
            return kind
    for kind, pattern in _LINES:
        if 2 * sum(pattern.fullmatch(line) is not None for line in lines) > len(lines):
            return kind
    return None


def find_data(path: Path, wanted: Collection[Kind]) -> DataSet:
    """The data set at `path` that has files of the `wanted` kinds.

    For a single file it is that file alone. Raises NotFoundError if there is nothing at `path`,
    InvalidInputError if nothing there is wanted or if there are several data sets to choose from.
    """
    if not path.exists():
        raise NotFoundError(f"There is no file or folder “{path}”; check the path.")
    nearest = _sorted_into_sets(_direct_files(path))
    found = _wanted(nearest, wanted)
    if not found and path.is_dir():
        found = _wanted(_sorted_into_sets(_deeper_files(path)), wanted)
    if not found:
        words = ", ".join(sorted(wanted))
        raise InvalidInputError(f"Nothing in “{path}” can be imported; what is looked for is: {words}.")
    if len(found) > 1:
        choices = ", ".join(f"“{place}”" for place in sorted(found))
        how = "choose one of" if path.is_dir() else "unpack it and choose one of"
        raise InvalidInputError(f"“{path}” holds several data sets; {how} {choices}.")
    return next(iter(found.values()))


def find_beside(file: SourceFile, wanted: Collection[Kind]) -> list[SourceFile]:
    """The files of the `wanted` kinds in the same folder as `file`, largest first."""
    beside = _direct_files(file.path if file.member else file.path.parent)
    place = _place(file.path, file.member)
    data = _sorted_into_sets(beside).get(place, DataSet())
    return [other for other in data.files if other.kind in wanted and other != file]


_Member = tuple[Path, str | None, int]


def _direct_files(path: Path) -> Iterator[_Member]:
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.is_file() and not _is_zip(file) and not file.name.startswith("."):
                yield file, None, file.stat().st_size
    elif _is_zip(path):
        yield from _members(path)
    else:
        yield path, None, path.stat().st_size


def _deeper_files(folder: Path) -> Iterator[_Member]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for file in sorted(Path(place) / name for name in names if not name.startswith(".")):
            if _is_zip(file):
                yield from _members(file)
            elif file.is_file() and file.parent != folder:
                yield file, None, file.stat().st_size


def _members(path: Path) -> Iterator[_Member]:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in sorted(archive.infolist(), key=lambda member: member.filename):
                if not member.is_dir() and not member.filename.startswith("__MACOSX"):
                    yield path, member.filename, member.file_size
    except zipfile.BadZipFile as error:
        raise InvalidInputError(f"“{path}” is not a whole .zip file; download it again.") from error


def _sorted_into_sets(members: Iterator[_Member]) -> dict[str, DataSet]:
    """Files by the folder they lie in."""
    sets: dict[str, DataSet] = {}
    for path, member, size in members:
        with _opened(path, member) as stream:
            kind = kind_of(stream.read(_SAMPLE))
        data = sets.setdefault(_place(path, member), DataSet())
        if kind:
            data.files.append(SourceFile(kind, path, size, member))
        else:
            data.ignored.append(_name(path, member))
    for data in sets.values():
        data.files.sort(key=lambda file: (-file.size, file.name))
    return sets


def _wanted(sets: dict[str, DataSet], wanted: Collection[Kind]) -> dict[str, DataSet]:
    return {place: data for place, data in sets.items() if any(file.kind in wanted for file in data.files)}


def _place(path: Path, member: str | None) -> str:
    if member is None:
        return str(path.parent)
    return str(path / Path(member).parent)


def _name(path: Path, member: str | None) -> str:
    return f"{path.name}/{member}" if member else f"{path.absolute().parent.name}/{path.name}"


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and path.is_file()


@contextmanager
def _opened(path: Path, member: str | None) -> Iterator[IO[bytes]]:
    if member is None:
        with path.open("rb") as stream:
            yield stream
    else:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            yield stream
