"""Sessions in DynamoDB: families of refresh tokens, kept by the tokens' hashes.

A family is one log-in on one device. Its row is what every session of it depends on, so deleting that
one row ends them all.
"""

from dataclasses import dataclass

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.rating import PersonId
from chalicelib.storage.accounts import connection
from chalicelib.storage.conditions import refusals
from chalicelib.storage.tables import AccountRow


@dataclass(frozen=True, slots=True)
class Session:
    """One refresh token. `expires_at` is in seconds, `used_at` in milliseconds since 1970, UTC."""

    token_hash: str
    family_id: str
    person_id: PersonId
    expires_at: int
    used_at: int | None = None


def begin_family(session: Session) -> None:
    """Write the first session of a new log-in."""
    with TransactWrite(connection=connection()) as transaction:
        transaction.save(
            AccountRow(
                f"family#{session.family_id}", person_id=session.person_id, expires_at=session.expires_at
            )
        )
        transaction.save(_row(session))


def find_session(token_hash: str) -> Session | None:
    """The session whether or not it was used, has expired or its family has ended."""
    try:
        row = AccountRow.get(f"session#{token_hash}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return None
    return Session(
        token_hash,
        str(row.family_id),
        PersonId(str(row.person_id)),
        int(row.expires_at or 0),
        None if row.used_at is None else int(row.used_at),
    )


def family_lives(family_id: str) -> bool:
    try:
        AccountRow.get(f"family#{family_id}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return False
    return True


def succeed(session: Session, successor: Session, used_at: int) -> bool:
    """Put `successor` in the place of `session`, which is marked as used unless it was before.

    False, and nothing is written, if the family has ended or another request used the session since it
    was read.
    """
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.update(
                AccountRow(f"family#{session.family_id}"),
                actions=[AccountRow.expires_at.set(successor.expires_at)],
                condition=AccountRow.pk.exists(),
            )
            if session.used_at is None:
                transaction.update(
                    AccountRow(f"session#{session.token_hash}"),
                    actions=[AccountRow.used_at.set(used_at)],
                    condition=AccountRow.pk.exists() & AccountRow.used_at.does_not_exist(),
                )
            transaction.save(_row(successor))
    except TransactWriteError as error:
        refusals(error)
        return False
    return True


def end_family(family_id: str) -> None:
    """End every session of a log-in; once ended this changes nothing."""
    AccountRow(f"family#{family_id}").delete()


def _row(session: Session) -> AccountRow:
    return AccountRow(
        f"session#{session.token_hash}",
        person_id=session.person_id,
        family_id=session.family_id,
        expires_at=session.expires_at,
    )
