"""Accounts in DynamoDB: a profile, and the claim to an e-mail address that makes it one person's.

An account is open or, from the first step of its deletion to the last, closing. To everybody but the
deletion itself a closing one is gone: nothing is written for it any more.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.account import Account
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.log_ins import LogIns
from chalicelib.domain.rating import PersonId
from chalicelib.storage.conditions import condition_failed, refusals
from chalicelib.storage.log_ins import StoredLogIns, log_ins_row
from chalicelib.storage.tables import AccountRow

TAKEN = "This e-mail address has an account already: log in instead."

_MOST_TRIES = 5
_WAIT_SECONDS = 0.02
_CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose an e-mail address is, and what proves it."""

    person_id: PersonId
    password_hash: str


def connection() -> Connection:
    """The accounts table's own connection, because another one for transactions would cost 150 ms."""
    return AccountRow._get_connection().connection


def is_open() -> Condition:
    """What holds for the profile of an open account."""
    condition: Condition = AccountRow.pk.exists() & AccountRow.closing_at.does_not_exist()
    return condition


def together(fill: Callable[[TransactWrite], None]) -> bool:
    """Carry out all writes that `fill` adds or, where a condition does not hold, none and answer False."""
    for tries in range(1, _MOST_TRIES + 1):
        try:
            with TransactWrite(connection=connection()) as transaction:
                fill(transaction)
        except TransactWriteError as error:
            if "ConditionalCheckFailed" in refusals(error):
                return False
            time.sleep(_WAIT_SECONDS * tries)
        else:
            return True
    return False


def account_rows(account: Account, password_hash: str) -> tuple[AccountRow, AccountRow]:
    """The claim to the e-mail address, and the profile: an account is both or neither."""
    claim = AccountRow(f"email#{account.email}", person_id=account.person_id, password_hash=password_hash)
    profile = AccountRow(
        f"user#{account.person_id}",
        person_id=account.person_id,
        name=account.name,
        email=account.email,
        email_confirmed=account.email_confirmed,
        joined_at=account.joined_at,
    )
    return claim, profile


def add_account(account: Account, password_hash: str) -> None:
    """Write profile and claim together. Raises ConflictError if the e-mail address is taken."""

    def add(transaction: TransactWrite) -> None:
        for row in account_rows(account, password_hash):
            transaction.save(row, condition=AccountRow.pk.does_not_exist())

    if not together(add):
        raise ConflictError(TAKEN)


def claim_to(email: str) -> Claim | None:
    """Who has claimed this address, given in its normal form."""
    try:
        row = AccountRow.get(f"email#{email}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return None
    return Claim(PersonId(str(row.person_id)), str(row.password_hash))


def account_of(person_id: PersonId) -> Account | None:
    """The account, if it is open."""
    row = _profile(person_id)
    return None if row is None or row.closing_at is not None else _account(row)


def closing_account_of(person_id: PersonId) -> Account | None:
    """The account, if its deletion has begun and not ended."""
    row = _profile(person_id)
    return None if row is None or row.closing_at is None else _account(row)


def _profile(person_id: PersonId) -> AccountRow | None:
    try:
        return AccountRow.get(f"user#{person_id}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return None


def rename(person_id: PersonId, name: str) -> None:
    """Raises NotFoundError if there is no such account."""
    _change(person_id, AccountRow.name.set(name))


def set_operator(person_id: PersonId, is_operator: bool) -> None:
    """Raises NotFoundError if there is no such account."""
    _change(person_id, AccountRow.is_operator.set(True) if is_operator else AccountRow.is_operator.remove())


def set_deactivated(person_id: PersonId, at: int | None) -> None:
    """Deactivate an account, or with None activate it again. Raises NotFoundError if there is none."""
    change = AccountRow.deactivated_at.remove() if at is None else AccountRow.deactivated_at.set(at)
    _change(person_id, change)


def operators() -> list[Account]:
    """Every operator. It scans the table: for commands, not for requests."""
    return [_account(row) for row in AccountRow.scan(AccountRow.is_operator == True)]  # noqa: E712 - DynamoDB's


def deactivated_people() -> set[PersonId]:
    """Everybody whose account is deactivated. It scans the table: for jobs, not for requests."""
    rows = AccountRow.scan(AccountRow.deactivated_at.exists(), attributes_to_get=["person_id"])
    return {PersonId(str(row.person_id)) for row in rows}


def _change(person_id: PersonId, action: Action) -> None:
    try:
        AccountRow(f"user#{person_id}").update(actions=[action], condition=is_open())
    except UpdateError as error:
        if not condition_failed(error):
            raise
        raise NotFoundError("There is no account of that id.") from error


def _account(row: AccountRow) -> Account:
    return Account(
        PersonId(str(row.person_id)),
        str(row.name),
        str(row.email),
        int(row.joined_at or 0),
        email_confirmed=bool(row.email_confirmed),
        is_operator=bool(row.is_operator),
        deactivated_at=None if row.deactivated_at is None else int(row.deactivated_at),
    )


def replace_password_hash(email: str, former: str, password_hash: str) -> None:
    """Store the same password's newer hash, unless the password was changed in the meantime."""
    try:
        AccountRow(f"email#{email}").update(
            actions=[AccountRow.password_hash.set(password_hash)],
            condition=AccountRow.password_hash == former,
        )
    except UpdateError as error:
        if not condition_failed(error):
            raise


def begin_log_in(former: StoredLogIns, log_ins: LogIns, email: str, password_hash: str) -> bool:
    """Put a new log-in among the others. False, and nothing is written, if the account has closed or was
    deactivated, its password or address was changed since it was checked, or the log-ins since they were
    read."""

    def begin(transaction: TransactWrite) -> None:
        entered = is_open() & AccountRow.deactivated_at.does_not_exist()
        transaction.condition_check(AccountRow, f"user#{former.person_id}", condition=entered)
        transaction.condition_check(
            AccountRow, f"email#{email}", condition=AccountRow.password_hash == password_hash
        )
        row, nobody_was_first = log_ins_row(former, log_ins)
        transaction.save(row, condition=nobody_was_first)

    return together(begin)


def change_password(
    account: Account, hashes: tuple[str, str], former: StoredLogIns, log_ins: LogIns, token_hash: str | None
) -> bool:
    """Put a new password in the place of the former (`hashes`: the former's and the new one's), and
    `log_ins` in the place of all others; links that were sent before are no longer good.

    With `token_hash` the link to reset it is used up, which also confirms the address it was sent to. False,
    and nothing is written, if the link is no longer good or any of it has changed since it was read.
    """
    former_hash, password_hash = hashes

    def change(transaction: TransactWrite) -> None:
        transaction.update(
            AccountRow(f"email#{account.email}"),
            actions=[AccountRow.password_hash.set(password_hash)],
            condition=AccountRow.password_hash == former_hash,
        )
        row, nobody_was_first = log_ins_row(former, log_ins)
        transaction.save(row, condition=nobody_was_first)
        transaction.delete(AccountRow(f"confirm#{account.person_id}"))
        reset, profile = AccountRow(f"reset#{account.person_id}"), f"user#{account.person_id}"
        unchanged = is_open() & (AccountRow.email == account.email)
        if token_hash is None:
            transaction.delete(reset)
            transaction.condition_check(AccountRow, profile, condition=unchanged)
        else:
            transaction.delete(reset, condition=AccountRow.token_hash == token_hash)
            transaction.update(
                AccountRow(profile), actions=[AccountRow.email_confirmed.set(True)], condition=unchanged
            )

    return together(change)


def confirm_email(account: Account, token_hash: str) -> bool:
    """Use up the link that confirms the account's own address. False if that is no longer possible."""

    def confirm(transaction: TransactWrite) -> None:
        transaction.delete(
            AccountRow(f"confirm#{account.person_id}"), condition=AccountRow.token_hash == token_hash
        )
        transaction.update(
            AccountRow(f"user#{account.person_id}"),
            actions=[AccountRow.email_confirmed.set(True)],
            condition=is_open() & (AccountRow.email == account.email),
        )

    return together(confirm)


def move_to_email(account: Account, email: str, password_hash: str, token_hash: str) -> bool:
    """Use up the link that confirms another address, which becomes the account's. False, and nothing is
    written, if the address was taken or any of it has changed since it was read."""

    def move(transaction: TransactWrite) -> None:
        transaction.delete(
            AccountRow(f"confirm#{account.person_id}"), condition=AccountRow.token_hash == token_hash
        )
        transaction.delete(AccountRow(f"reset#{account.person_id}"))
        transaction.delete(
            AccountRow(f"email#{account.email}"), condition=AccountRow.password_hash == password_hash
        )
        transaction.save(
            AccountRow(f"email#{email}", person_id=account.person_id, password_hash=password_hash),
            condition=AccountRow.pk.does_not_exist(),
        )
        transaction.update(
            AccountRow(f"user#{account.person_id}"),
            actions=[AccountRow.email.set(email), AccountRow.email_confirmed.set(True)],
            condition=is_open() & (AccountRow.email == account.email),
        )

    return together(move)


def begin_closing(person_id: PersonId, now_ms: int) -> bool:
    """From here on nobody can log in to the account, and it is known to be closing until it is gone.

    False if there is no open account.
    """

    def close(transaction: TransactWrite) -> None:
        transaction.delete(AccountRow(f"log-ins#{person_id}"))
        transaction.update(
            AccountRow(f"user#{person_id}"),
            actions=[AccountRow.closing_at.set(now_ms)],
            condition=is_open(),
        )
        transaction.update(AccountRow(_CLOSING), actions=[AccountRow.people.add({person_id})])

    return together(close)


def finish_closing(account: Account) -> None:
    """Remove the closing account's own rows; doing so again changes nothing."""
    AccountRow(f"reset#{account.person_id}").delete()
    AccountRow(f"confirm#{account.person_id}").delete()

    def finish(transaction: TransactWrite) -> None:
        transaction.delete(
            AccountRow(f"email#{account.email}"),
            condition=AccountRow.pk.does_not_exist() | (AccountRow.person_id == account.person_id),
        )
        transaction.delete(AccountRow(f"user#{account.person_id}"))
        transaction.update(AccountRow(_CLOSING), actions=[AccountRow.people.delete({account.person_id})])

    together(finish)


def closing_people() -> list[PersonId]:
    """Whose deletion has begun and not ended."""
    try:
        row = AccountRow.get(_CLOSING, consistent_read=True)
    except AccountRow.DoesNotExist:
        return []
    return sorted(PersonId(person_id) for person_id in row.people or ())
