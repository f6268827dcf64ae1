"""Accounts in DynamoDB: a profile, and the claim to an e-mail address that makes it one person's."""

from dataclasses import dataclass

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError, UpdateError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.account import Account
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.rating import PersonId
from chalicelib.storage.conditions import condition_failed, refusals
from chalicelib.storage.tables import AccountRow

_MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose an e-mail address is, and what proves it."""

    person_id: PersonId
    password_hash: str


def connection() -> Connection:
    """The accounts table's own connection, because another one for transactions would cost 150 ms."""
    return AccountRow._get_connection().connection


def account_rows(account: Account, password_hash: str) -> tuple[AccountRow, AccountRow]:
    """The claim to the e-mail address, and the profile: an account is both or neither."""
    claim = AccountRow(f"email#{account.email}", person_id=account.person_id, password_hash=password_hash)
    profile = AccountRow(
        f"user#{account.person_id}",
        person_id=account.person_id,
        name=account.name,
        email=account.email,
        joined_at=account.joined_at,
    )
    return claim, profile


def add_account(account: Account, password_hash: str) -> None:
    """Write profile and claim together. Raises ConflictError if the e-mail address is taken."""
    for _ in range(_MOST_TRIES):
        try:
            with TransactWrite(connection=connection()) as transaction:
                for row in account_rows(account, password_hash):
                    transaction.save(row, condition=AccountRow.pk.does_not_exist())
        except TransactWriteError as error:
            if "ConditionalCheckFailed" in refusals(error):
                break
        else:
            return
    raise ConflictError("This e-mail address has an account already: log in instead.")


def claim_to(email: str) -> Claim | None:
    """Who has claimed this address, given in its normal form."""
    try:
        row = AccountRow.get(f"email#{email}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return None
    return Claim(PersonId(str(row.person_id)), str(row.password_hash))


def account_of(person_id: PersonId) -> Account | None:
    try:
        row = AccountRow.get(f"user#{person_id}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return None
    return _account(row)


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
        AccountRow(f"user#{person_id}").update(actions=[action], condition=AccountRow.pk.exists())
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
        bool(row.is_operator),
        None if row.deactivated_at is None else int(row.deactivated_at),
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
