"""Links that are sent by mail, in DynamoDB: at most one of each kind for a person, by its token's hash."""

from dataclasses import dataclass
from enum import StrEnum

from pynamodb.transactions import TransactWrite

from chalicelib.domain.rating import PersonId
from chalicelib.storage.accounts import is_open, together
from chalicelib.storage.tables import AccountRow


class LinkKind(StrEnum):
    """What a link is good for; also the beginning of its key."""

    RESET = "reset"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Link:
    """`email` is the address that it was sent to; `expires_at` is in seconds since 1970."""

    kind: LinkKind
    person_id: PersonId
    token_hash: str
    email: str
    expires_at: int


def put_link(link: Link) -> bool:
    """Keep a link in the place of the former of its kind. False if there is no open account."""

    def put(transaction: TransactWrite) -> None:
        transaction.condition_check(AccountRow, f"user#{link.person_id}", condition=is_open())
        transaction.save(
            AccountRow(
                f"{link.kind}#{link.person_id}",
                person_id=link.person_id,
                token_hash=link.token_hash,
                email=link.email,
                expires_at=link.expires_at,
            )
        )

    return together(put)


def link_of(kind: LinkKind, person_id: PersonId) -> Link | None:
    """The newest link of its kind, whether or not it has expired."""
    try:
        row = AccountRow.get(f"{kind}#{person_id}", consistent_read=True)
    except AccountRow.DoesNotExist:
        return None
    return Link(kind, person_id, str(row.token_hash), str(row.email), int(row.expires_at or 0))


def drop_link(kind: LinkKind, person_id: PersonId) -> None:
    """Make a link worthless; without one this changes nothing."""
    AccountRow(f"{kind}#{person_id}").delete()
