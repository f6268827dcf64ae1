"""Counting the changes of ratings as they happen."""

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.domain.errors import ConflictError
from chalicelib.domain.live import Change
from chalicelib.storage.artifacts import Kind, read_pointer
from chalicelib.storage.live import basis_of, change_of, log, read_state, write_state

_MOST_ATTEMPTS = 8
_WAIT_SECONDS = 0.05


def count_records(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Count records of the ratings' stream, as Lambda delivers them; those counted before change nothing.

    Returns the sequence number of the first that cannot be read: it and what follows are not counted.
    Raises ConflictError where other batches keep coming in between.
    """
    changes: list[Change] = []
    unreadable: list[str] = []
    for record in records:
        try:
            changes.append(change_of(record))
        except ValueError as error:
            number = str(record["dynamodb"]["SequenceNumber"])
            log.error("Record %s of the ratings' stream cannot be read: %s", number, error)
            unreadable.append(number)
            break
    if changes:
        count_changes(changes)
    return unreadable


def count_changes(changes: Sequence[Change] = ()) -> None:
    """Add changes to those since the current catalogue's figures were counted.

    Without any, what is kept is only made to fit a catalogue that was published since. Raises ConflictError
    where other batches keep coming in between.
    """
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        # In this order: a catalogue that is published in between makes what was read of the state stale.
        state = read_state()
        pointer = read_pointer(Kind.CATALOGUE)
        catalogue = pointer.version if pointer else None
        joined = state.joined(changes, catalogue, basis_of(catalogue) if catalogue else None)
        if joined == state:
            return
        try:
            write_state(joined)
        except ConflictError:
            if attempt == _MOST_ATTEMPTS:
                raise
            time.sleep(random.uniform(0, _WAIT_SECONDS * attempt))  # noqa: S311 - guards nothing
        else:
            return
