"""Writing many rows, each on a condition of its own, which DynamoDB's batches cannot."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.storage.conditions import refusals

MOST_IN_A_TRANSACTION = 100
_AT_ONCE = 4
_MOST_CONFLICTS = 8
_WAIT_SECONDS = 0.05
_REFUSED = "ConditionalCheckFailed"

ConditionalRow = tuple[Model, Condition]


def write_where_allowed(rows: Iterable[ConditionalRow]) -> None:
    """Save the rows of one table, each with a key of its own, whose conditions hold; pass over the others."""
    every = list(rows)
    parts = [
        every[start : start + MOST_IN_A_TRANSACTION] for start in range(0, len(every), MOST_IN_A_TRANSACTION)
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(_write, parts))


def _write(rows: list[ConditionalRow]) -> None:
    """A transaction is all or nothing, so it is tried again without those it refused."""
    conflicts = 0
    while rows:
        try:
            with TransactWrite(connection=rows[0][0]._get_connection().connection) as transaction:
                for row, condition in rows:
                    transaction.save(row, condition=condition)
        except TransactWriteError as error:
            codes = refusals(error)
            if _REFUSED in codes:
                rows = [row for row, code in zip(rows, codes, strict=True) if code != _REFUSED]
                continue
            conflicts += 1
            if conflicts > _MOST_CONFLICTS:
                raise
            time.sleep(_WAIT_SECONDS * conflicts)
        else:
            return
