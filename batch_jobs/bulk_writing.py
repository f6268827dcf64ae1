"""Write very many rows into DynamoDB: in batches, in parallel, and able to go on after an interruption.

The input is taken in windows. A window is written by several threads while the next one is read, and
starts only when the one before is stored: so of two rows with one key the later always stays, and how far
the input is stored is a single number.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pynamodb.exceptions import PutError
from pynamodb.models import Model

from batch_jobs.progress import progress
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.rating import Rating
from chalicelib.storage.tables import RatingRow

Thing = TypeVar("Thing")

WRITERS = 8
BATCH = 25  # the most that DynamoDB takes in one call
WINDOW = 200 * BATCH
MOST_ATTEMPTS = 12
FIRST_WAIT_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 10.0

_WORTH_WAITING = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)


@dataclass(frozen=True, slots=True)
class WriteReport:
    """`written` counts the rows of the input that this call stored, `retried` those sent more than once."""

    written: int
    retried: int
    seconds: float


def write_ratings(
    ratings: Iterable[Rating], total: int | None = None, resume: Path | None = None
) -> WriteReport:
    """Store ratings, replacing those that are there; of two for one person and movie, the later in the input.

    See `write_rows` for `total`, `resume` and the errors.
    """
    return write_rows(ratings, _rating_row, label="ratings", total=total, resume=resume)


def write_rows(
    things: Iterable[Thing],
    as_row: Callable[[Thing], Model],
    *,
    label: str,
    total: int | None = None,
    resume: Path | None = None,
) -> WriteReport:
    """Store one row for each thing, all of one table; `total` is for the progress bar's time left.

    With `resume`, a small file there says how many leading things are stored; a run that is cut short
    (Ctrl-C, a crash) and started again with the same input goes on from there, and the file is removed at
    the end. Things are recognised by their `repr`. Raises InvalidInputError where the file belongs to
    another input, PynamoDB's PutError where DynamoDB refuses a row or stays overloaded.
    """
    started = time.monotonic()
    source = iter(things)
    stored = _Stored(resume)
    stored.skip(source)
    already = stored.count
    bar = progress(list[Thing](), label, total=total)
    bar.update(already)
    retried = 0
    pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="bulk-writer")
    try:
        for window, writing in _begun(pool, source, as_row):
            retried += sum(batch.result() for batch in writing)
            stored.add(window)
            bar.update(len(window))
    finally:
        pool.shutdown(cancel_futures=True)
        bar.close()
    stored.finish()
    return WriteReport(stored.count - already, retried, time.monotonic() - started)


_Begun = tuple[list[Thing], list[Future[int]]]


def _begun(
    pool: ThreadPoolExecutor, source: Iterator[Thing], as_row: Callable[[Thing], Model]
) -> Iterator[_Begun[Thing]]:
    """Each window with its writes, handed out when the window after it has been read.

    The next window's writes begin when the consumer asks for more, that is when these are done.
    """
    begun: _Begun[Thing] | None = None
    while window := list(islice(source, WINDOW)):
        rows = _last_of_each_key([as_row(thing) for thing in window])
        if begun is not None:
            yield begun
        begun = window, [pool.submit(_put, rows[n : n + BATCH]) for n in range(0, len(rows), BATCH)]
    if begun is not None:
        yield begun


def _last_of_each_key(rows: Sequence[Model]) -> list[Model]:
    """DynamoDB refuses a batch that names a key twice."""
    keys = [
        name for name, one in type(rows[0]).get_attributes().items() if one.is_hash_key or one.is_range_key
    ]
    return list({tuple(getattr(row, name) for name in keys): row for row in rows}.values())


def _put(rows: Sequence[Model]) -> int:
    """Store a batch and return how many rows had to be sent again."""
    connection = type(rows[0])._get_connection()  # PynamoDB's own batch_write gives up after three tries
    left: list[dict[str, Any]] = [row.serialize() for row in rows]
    retried = 0
    for attempt in range(MOST_ATTEMPTS):
        try:
            answer = connection.batch_write_item(put_items=left)
        except PutError as error:
            if error.cause_response_code not in _WORTH_WAITING or attempt == MOST_ATTEMPTS - 1:
                raise
        else:
            unprocessed = answer.get("UnprocessedItems", {}).get(connection.table_name, [])
            left = [request["PutRequest"]["Item"] for request in unprocessed]
        if not left:
            return retried
        retried += len(left)
        longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt)
        time.sleep(random.uniform(0, longest))  # noqa: S311 - spreads the load, guards nothing
    raise PutError(
        f"DynamoDB left {len(left)} rows unwritten after {MOST_ATTEMPTS} attempts; run this again later."
    )


class _Stored:
    """How many leading things of an input are stored, and a digest by which to know that input again."""

    def __init__(self, file: Path | None) -> None:
        self.count = 0
        self._file = file
        self._digest = blake2b(digest_size=16)

    def skip(self, source: Iterator[object]) -> None:
        """Take from `source` what an earlier run stored."""
        if self._file is None or not self._file.exists():
            return
        known = json.loads(self._file.read_text())
        for thing in islice(source, known["count"]):
            self._add(thing)
        if (self.count, self._digest.hexdigest()) != (known["count"], known["digest"]):
            raise InvalidInputError(
                f"{self._file} belongs to an interrupted run over other input: "
                "give that input again, or delete the file to start over."
            )

    def add(self, things: Iterable[object]) -> None:
        for thing in things:
            self._add(thing)
        if self._file is not None:
            partial = self._file.with_name(f"{self._file.name}.partial")
            partial.write_text(json.dumps({"count": self.count, "digest": self._digest.hexdigest()}))
            partial.replace(self._file)

    def finish(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def _add(self, thing: object) -> None:
        self.count += 1
        if self._file is not None:
            self._digest.update(repr(thing).encode())


def _rating_row(rating: Rating) -> RatingRow:
    return RatingRow(
        user_id=rating.person_id, movie_id=rating.movie_id, stars=rating.stars, rated_at=rating.rated_at
    )
