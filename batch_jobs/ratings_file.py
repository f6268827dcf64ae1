"""Ratings from any one file, CSV or Parquet, with columns user, movie, rating and maybe timestamp.

Where the first line is nothing but numbers, the columns have no names and are in that order, as in MovieLens'
u.data and ratings.dat.

The file is read block by block into compact columns, so that 26 million ratings need no more memory than
those columns take.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

from batch_jobs.evaluating.scale import Scale
from batch_jobs.evaluating.splitting import has_times
from batch_jobs.training.columns import RatingColumns

COLUMNS = {
    "user": ("user", "userid", "person", "personid"),
    "movie": ("movie", "movieid", "item", "itemid", "film", "filmid"),
    "rating": ("rating", "stars"),
    "timestamp": ("timestamp", "ratedat", "time"),
}
"""What each column may be called, in whatever case, with or without underscores and spaces."""

_BLOCK = 16 << 20
_ROWS_AT_ONCE = 1_000_000
_SEPARATORS = (",", "\t", ";", ":")  # "::" is two, with an empty column between them
_FIRST_LINE = 1 << 16
_NUMBER = re.compile(r"\d+(\.\d+)?")
_ID = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class FileRatings:
    """What a file holds. `ratings` are in stars; their movie ids are positions in `movies`, the ids as
    they stand in the file. `scale` is that of the file; `repeated` is how many ratings were left out
    because the same person rated the same movie later (or further down in the file)."""

    ratings: RatingColumns
    movies: NDArray[np.str_]
    scale: Scale
    has_times: bool
    repeated: int


@dataclass(slots=True)
class _Ids:
    """Ids of one kind, numbered in the order they appear in."""

    numbers: dict[str, int]

    def codes(self, ids: pa.DictionaryArray) -> NDArray[np.int32]:
        known = np.fromiter(
            (self.numbers.setdefault(one, len(self.numbers)) for one in ids.dictionary.to_pylist()),
            np.int32,
            len(ids.dictionary),
        )
        numbered: NDArray[np.int32] = known[ids.indices.to_numpy(zero_copy_only=False)]
        return numbered

    def sorted(self) -> tuple[NDArray[np.str_], NDArray[np.int32]]:
        """The ids in order (that of numbers if all are), and the place of each in it."""
        names = list(self.numbers)
        numeric = all(one.isascii() and one.removeprefix("-").isdigit() for one in names)
        key: Callable[[int], Any] = (lambda at: (int(names[at]), names[at])) if numeric else names.__getitem__
        order = np.array(sorted(range(len(names)), key=key))
        place = np.empty(len(names), dtype=np.int32)
        place[order] = np.arange(len(names), dtype=np.int32)
        return np.array(names, dtype=np.str_)[order], place


class _Column:
    """Values that come block by block, in one array that doubles when it is full: a list of blocks would
    leave memory behind in pieces too small to be given back."""

    def __init__(self, dtype: type[np.number]) -> None:
        self._values: NDArray[Any] = np.empty(_ROWS_AT_ONCE, dtype)
        self._filled = 0

    def add(self, part: NDArray[Any]) -> None:
        filled = self._filled + len(part)
        dtype = np.promote_types(self._values.dtype, part.dtype)
        if filled > len(self._values) or dtype != self._values.dtype:
            grown = np.empty(max(filled, 2 * len(self._values)), dtype)
            grown[: self._filled] = self.values
            self._values = grown
        self._values[self._filled : filled] = part
        self._filled = filled

    @property
    def values(self) -> NDArray[Any]:
        return self._values[: self._filled]


def read_ratings_file(path: Path) -> FileRatings:
    """Read the file. Raises ValueError, with one sentence, if it cannot be learnt from."""
    people, films = _Ids({}), _Ids({})
    columns = _Column(np.int32), _Column(np.int32), _Column(np.float32), _Column(np.int32)
    rows = 0
    for block in _blocks(path):
        stars = _ratings_in(block, rows, path)
        times = _times_in(block, rows, path)
        person, film = (
            ids.codes(_ids_in(block, name, rows, path)) for ids, name in ((people, "user"), (films, "movie"))
        )
        for column, part in zip(columns, (person, film, stars, times), strict=True):
            column.add(part)
        rows += len(stars)
    if not rows:
        raise ValueError(f"{path.name} holds no ratings.")
    person, movie, rating, rated_at = (column.values for column in columns)
    del columns
    pa.default_memory_pool().release_unused()
    lowest, highest = float(rating.min()), float(rating.max())
    _check_there_is_something_to_learn(path, len(people.numbers), len(films.numbers), lowest, highest)
    scale = Scale(lowest, highest)
    ids, place = people.sorted()
    person = place[person]
    movies, place = films.sorted()
    movie = place[movie]
    kept = _newest_of_each_pair(person, movie, rated_at, len(movies))
    repeated = 0
    if kept is not None:
        repeated = len(person) - len(kept)
        person, movie, rating, rated_at = person[kept], movie[kept], rating[kept], rated_at[kept]
    ratings = RatingColumns.from_codes(
        ids, np.arange(len(movies), dtype=np.int32), person, movie, scale.to_stars(rating), rated_at
    )
    return FileRatings(ratings, movies, scale, has_times(rated_at), repeated)


def _check_there_is_something_to_learn(
    path: Path, people: int, movies: int, lowest: float, highest: float
) -> None:
    if people < 2:
        raise ValueError(
            f"All ratings in {path.name} are by one person: tastes need at least two to compare."
        )
    if movies < 2:
        raise ValueError(f"All ratings in {path.name} are of one movie: at least two are needed to rank.")
    if lowest == highest:
        raise ValueError(
            f"All ratings in {path.name} are {lowest:g}: they must differ for likes to be told from dislikes."
        )


def _newest_of_each_pair(
    person: NDArray[np.int32], movie: NDArray[np.int32], rated_at: NDArray[np.integer], movies: int
) -> NDArray[np.intp] | None:
    """Which ratings to keep, in the order of the file; None if no person rated a movie twice."""
    pair = person.astype(np.int64) * movies + movie
    ordered = np.sort(pair)
    if not (ordered[1:] == ordered[:-1]).any():
        return None
    del ordered
    order = np.lexsort((rated_at, pair))
    pair = pair[order]
    return np.sort(order[np.append(pair[1:] != pair[:-1], True)])


def _blocks(path: Path) -> Iterator[pa.RecordBatch]:
    """The file in blocks with the columns user, movie, rating and, where it has one, timestamp."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
        if not start:
            raise ValueError(f"{path.name} is empty.")
        yield from _parquet_blocks(path) if start == b"PAR1" else _csv_blocks(path)
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder; name one CSV or Parquet file.") from None
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} cannot be read as ratings: {str(error).splitlines()[0]}") from None


def _parquet_blocks(path: Path) -> Iterator[pa.RecordBatch]:
    names = pq.read_schema(path).names
    chosen = _chosen_columns(names, path)
    file = pq.ParquetFile(path, read_dictionary=[chosen["user"], chosen["movie"]])
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(chosen.values())):
        yield batch.select(list(chosen.values())).rename_columns(list(chosen))


def _csv_blocks(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.input_stream(str(path), compression="detect") as stream:
        header = stream.read(_FIRST_LINE).decode("utf-8-sig", errors="replace").split("\n", 1)[0].strip()
    separator = max(_SEPARATORS, key=header.count)
    names = [name.strip().strip('"').strip() for name in header.split(separator)]
    nameless = _names_by_order(names)
    chosen = _chosen_columns(nameless or names, path)
    with pa.input_stream(str(path), compression="detect") as stream:
        reader = csv.open_csv(
            stream,
            csv.ReadOptions(
                block_size=_BLOCK, column_names=nameless or names, skip_rows=0 if nameless else 1
            ),
            csv.ParseOptions(delimiter=separator),
            csv.ConvertOptions(
                include_columns=list(chosen.values()),
                column_types={chosen["user"]: _ID, chosen["movie"]: _ID, chosen["rating"]: pa.float64()},
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        for batch in reader:
            yield batch.rename_columns(list(chosen))


def _names_by_order(first_line: list[str]) -> list[str] | None:
    """The columns' names where the first line has none, because it is a rating itself; None where it has."""
    given = [field for field in first_line if field]
    if not (3 <= len(given) <= len(COLUMNS) and all(_NUMBER.fullmatch(field) for field in given)):
        return None
    in_order = iter(COLUMNS)
    return [next(in_order) if field else f"empty {place}" for place, field in enumerate(first_line)]


def _chosen_columns(names: list[str], path: Path) -> dict[str, str]:
    """The file's own name of each column that is needed and of the timestamp if there is one."""
    chosen = {}
    for column, aliases in COLUMNS.items():
        found = [name for name in names if name.lower().replace("_", "").replace(" ", "") in aliases]
        if len(found) > 1:
            raise ValueError(f"{path.name} has more than one column for the {column}: {' and '.join(found)}.")
        if found:
            chosen[column] = found[0]
    missing = [column for column in ("user", "movie", "rating") if column not in chosen]
    if missing:
        shown = ", ".join(names)
        raise ValueError(
            f"{path.name} has no column {' and no column '.join(missing)}; its first line must name the "
            f"columns user, movie, rating and, if there is one, timestamp, and is “{shown[:80]}”."
        )
    return chosen


def _ids_in(block: pa.RecordBatch, name: str, rows_before: int, path: Path) -> pa.DictionaryArray:
    ids = block.column(name)
    if pa.types.is_floating(ids.type):
        ids = pc.cast(ids, pa.int64())
    if not pa.types.is_dictionary(ids.type):
        ids = ids.dictionary_encode()
    if ids.null_count:
        raise ValueError(
            f"{path.name} has a rating without a {name}, in row {_first_null(ids, rows_before)}."
        )
    words = pc.utf8_trim_whitespace(pc.cast(ids.dictionary, pa.string()))
    return pa.DictionaryArray.from_arrays(ids.indices, words)


def _ratings_in(block: pa.RecordBatch, rows_before: int, path: Path) -> NDArray[np.float32]:
    ratings = block.column("rating")
    if ratings.null_count:
        row = _first_null(ratings, rows_before)
        raise ValueError(f"{path.name} has a user and a movie without a rating, in row {row}.")
    stars: NDArray[np.float32] = pc.cast(ratings, pa.float32(), safe=False).to_numpy(zero_copy_only=False)
    odd = ~np.isfinite(stars)
    if odd.any():
        row = rows_before + int(odd.argmax()) + 1
        raise ValueError(f"{path.name} has a rating that is not a number, in row {row}.")
    return stars


def _times_in(block: pa.RecordBatch, rows_before: int, path: Path) -> NDArray[np.integer]:
    if "timestamp" not in block.schema.names:
        return np.zeros(len(block), dtype=np.int32)
    times = block.column("timestamp")
    if times.null_count:
        row = _first_null(times, rows_before)
        raise ValueError(f"{path.name} has a rating without a timestamp, in row {row}.")
    if pa.types.is_temporal(times.type):
        times = pc.cast(times, pa.timestamp("ms"), safe=False)
    numbers: NDArray[np.integer] = pc.cast(times, pa.int64(), safe=False).to_numpy(zero_copy_only=False)
    # Seconds since 1970 fit into four bytes, milliseconds do not.
    return numbers.astype(np.int32) if np.abs(numbers).max(initial=0) < 2**31 else numbers


def _first_null(values: pa.Array, rows_before: int) -> int:
    return rows_before + int(values.is_null().to_numpy(zero_copy_only=False).argmax()) + 1
