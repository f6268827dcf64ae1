"""Where people are logged in, in DynamoDB: one row for each person, replaced whole.

Who replaces it names the version that they have read, so of changes made at the same time one is refused
and starts again from what the other has left.
"""

from dataclasses import asdict, dataclass
from typing import Any

from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition

from chalicelib.domain.log_ins import REFRESH_SECONDS, LogIn, LogIns, RefreshToken
from chalicelib.domain.rating import PersonId
from chalicelib.storage.conditions import condition_failed
from chalicelib.storage.tables import AccountRow


@dataclass(frozen=True, slots=True)
class StoredLogIns:
    """The log-ins of a person, and the number of changes that led to them."""

    person_id: PersonId
    log_ins: LogIns = ()
    version: int = 0


def log_ins_of(person_id: PersonId) -> StoredLogIns:
    """Where a person is logged in, as of this moment."""
    try:
        row = AccountRow.get(f"log-ins#{person_id}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return StoredLogIns(person_id)
    return StoredLogIns(person_id, tuple(map(_log_in, row.log_ins)), int(row.version or 0))


def log_ins_row(former: StoredLogIns, log_ins: LogIns) -> tuple[AccountRow, Condition]:
    """The row that puts `log_ins` in the place of `former`, and the condition that nobody was first."""
    row = AccountRow(
        f"log-ins#{former.person_id}",
        person_id=former.person_id,
        log_ins=[asdict(one) for one in log_ins],
        version=former.version + 1,
        expires_at=max((one.used_at for one in log_ins), default=0) // 1000 + REFRESH_SECONDS,
    )
    return row, AccountRow.version == former.version if former.version else AccountRow.pk.does_not_exist()


def replace_log_ins(former: StoredLogIns, log_ins: LogIns) -> bool:
    """Put `log_ins` in the place of `former`; False, and nothing is written, if somebody else was first."""
    row, condition = log_ins_row(former, log_ins)
    try:
        row.save(condition=condition)
    except PutError as error:
        if not condition_failed(error):
            raise
        return False
    return True


def _log_in(stored: dict[str, Any]) -> LogIn:
    return LogIn(**stored | {"tokens": tuple(RefreshToken(**token) for token in stored["tokens"])})
