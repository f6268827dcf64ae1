"""Operators: who may see and change how the service runs, and the record of what they changed."""

import logging

from chalicelib.domain.account import Account
from chalicelib.domain.errors import ForbiddenError, NotFoundError
from chalicelib.domain.rating import PersonId
from chalicelib.services.accounts import account_of, person_with
from chalicelib.storage import accounts as storage

audit = logging.getLogger("movies.audit")


def operator_of(person_id: PersonId) -> PersonId:
    """The same person, if they are an operator at this moment, whatever their token was issued for.

    Raises ForbiddenError if not, UnauthenticatedError if the account is gone or deactivated.
    """
    if not account_of(person_id).is_operator:
        raise ForbiddenError("This is for operators: ask one of those who run this site.")
    return person_id


def record(operator: PersonId, action: str, **what: object) -> None:
    """Log who changed what, by ids alone."""
    audit.info("audit", extra={"fields": {"operator": operator, "action": action, **what}})


def grant(email: str) -> Account:
    """Make the account of this address an operator's. Raises NotFoundError if it has none."""
    return _set(email, True)


def revoke(email: str) -> Account:
    """Undo `grant`; it counts from the next request on. Raises NotFoundError if there is no such account."""
    return _set(email, False)


def _set(email: str, is_operator: bool) -> Account:
    person_id = person_with(email)
    storage.set_operator(person_id, is_operator)
    account = storage.account_of(person_id)
    if account is None:
        raise NotFoundError("This account was deleted a moment ago.")
    return account
