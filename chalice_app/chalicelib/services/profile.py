"""Changing one's own account: name, e-mail address, password, and where one is logged in."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from chalicelib import clock
from chalicelib.config import settings
from chalicelib.domain.account import (
    Account,
    checked_email,
    checked_name,
    checked_password,
    normal_password,
)
from chalicelib.domain.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    LinkExpiredError,
    MailNotSentError,
    NotFoundError,
    UnauthenticatedError,
)
from chalicelib.domain.log_ins import LogIn, only
from chalicelib.domain.rating import PersonId
from chalicelib.services import attempts, mails
from chalicelib.services.accounts import account_of
from chalicelib.services.links import followed, new_link
from chalicelib.services.passwords import hash_password, password_matches
from chalicelib.storage import accounts as storage
from chalicelib.storage.links import LinkKind, drop_link, link_of
from chalicelib.storage.log_ins import log_ins_of
from chalicelib.storage.outbox import send

CHANGED = "Your account has changed in the meantime: load the page again."

log = logging.getLogger("movies.profile")


@dataclass(frozen=True, slots=True)
class Overview:
    """`pending_email` is the address that becomes the account's once it is confirmed; the log-in used last
    comes first."""

    account: Account
    pending_email: str | None
    log_ins: list[LogIn]


def overview(person_id: PersonId) -> Overview:
    """Raises UnauthenticatedError if the account is gone."""
    account = account_of(person_id)
    now = clock.now_ms()
    living = [one for one in log_ins_of(person_id).log_ins if one.lives(now)]
    return Overview(account, _pending_email(account), sorted(living, key=lambda one: -one.used_at))


def rename(person_id: PersonId, name: str) -> Account:
    """Raises InvalidInputError, and UnauthenticatedError if the account is gone."""
    name = checked_name(name)
    with suppress(NotFoundError):  # which `account_of` says in its own words
        storage.rename(person_id, name)
    return account_of(person_id)


def change_password(person_id: PersonId, log_in_id: str, current: str, password: str) -> None:
    """Set another password and log out everywhere but here.

    Raises InvalidInputError, TooManyAttemptsError, UnauthenticatedError if the account is gone, and
    ConflictError if something else changes it at the same moment.
    """
    account = account_of(person_id)
    password = checked_password(password, account.name, account.email)
    former_hash = verified_hash(account, current, "current")
    former = log_ins_of(person_id)
    hashes = (former_hash, hash_password(password))
    if not storage.change_password(account, hashes, former, only(former.log_ins, log_in_id), None):
        raise ConflictError(CHANGED)
    tell_password_was_changed(account)


def verified_hash(account: Account, password: str, field: str) -> str:
    """The hash of the account's password, which was given in `field` once more.

    Raises InvalidInputError if it is wrong, TooManyAttemptsError, and UnauthenticatedError if the account
    has no such address any more.
    """
    attempts.count_attempt(attempts.WRONG_PASSWORDS_OF_PERSON, account.person_id)
    claim = storage.claim_to(account.email)
    if claim is None or claim.person_id != account.person_id:
        raise UnauthenticatedError("This account no longer exists.")
    if not password_matches(claim.password_hash, normal_password(password)):
        problem = FieldProblem(field, "This is not your password.")
        raise InvalidInputError(problem.message, (problem,))
    attempts.forget(attempts.WRONG_PASSWORDS_OF_PERSON, account.person_id)
    return claim.password_hash


def tell_password_was_changed(account: Account) -> None:
    """By mail; what has happened stays so if it cannot be sent."""
    with suppress(MailNotSentError):
        send(mails.password_was_changed(account, f"{settings().site_url}/forgot"))


def change_email(person_id: PersonId, email: str, password: str) -> None:
    """Send a link to the new address, which becomes the account's once that is followed; tell the old one.

    Raises InvalidInputError, ConflictError if the address is taken, TooManyAttemptsError, MailNotSentError,
    and UnauthenticatedError if the account is gone.
    """
    account = account_of(person_id)
    email = checked_email(email)
    verified_hash(account, password, "password")
    if email == account.email:
        drop_link(LinkKind.CONFIRM, person_id)
        return
    if storage.claim_to(email) is not None:
        raise ConflictError("This e-mail address belongs to another account.")
    attempts.count_attempt(attempts.MAILS_OF_PERSON, person_id)
    send(mails.address_will_change(account, email))
    send(mails.confirm_new_address(email, new_link(LinkKind.CONFIRM, person_id, email)))


def cancel_email_change(person_id: PersonId) -> None:
    """Make the link to a new address worthless; without one this changes nothing."""
    if _pending_email(account_of(person_id)) is not None:
        drop_link(LinkKind.CONFIRM, person_id)


def ask_for_confirmation(person_id: PersonId) -> None:
    """Send a link, anew, that confirms the account's address or the one it is to have; none if that is so.

    Raises TooManyAttemptsError, MailNotSentError, and UnauthenticatedError if the account is gone.
    """
    account = account_of(person_id)
    pending = _pending_email(account)
    if pending is None and account.email_confirmed:
        return
    attempts.count_attempt(attempts.MAILS_OF_PERSON, person_id)
    link = new_link(LinkKind.CONFIRM, person_id, pending or account.email)
    if pending is None:
        send(mails.confirm_address(account.email, link))
    else:
        send(mails.confirm_new_address(pending, link))


def confirm(token: str) -> str:
    """Follow the link of a mail: its address is confirmed, and the account's from now on. Answers it.

    Raises LinkExpiredError, and ConflictError if the address was taken meanwhile.
    """
    link = followed(LinkKind.CONFIRM, token)
    account = storage.account_of(link.person_id)
    claim = storage.claim_to(account.email) if account else None
    if account is None or claim is None:
        raise LinkExpiredError("This account no longer exists.")
    if link.email == account.email:
        done = storage.confirm_email(account, link.token_hash)
    else:
        done = storage.move_to_email(account, link.email, claim.password_hash, link.token_hash)
    if not done:
        if storage.claim_to(link.email) is not None and link.email != account.email:
            raise ConflictError("This e-mail address belongs to another account by now.")
        raise LinkExpiredError("This link was used before.")
    return link.email


def _pending_email(account: Account) -> str | None:
    link = link_of(LinkKind.CONFIRM, account.person_id)
    if link is None or link.expires_at <= clock.now_s() or link.email == account.email:
        return None
    return link.email
