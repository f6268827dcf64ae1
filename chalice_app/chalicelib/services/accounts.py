"""Signing up, logging in, staying logged in and logging out."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from chalicelib import clock
from chalicelib.domain.account import Account, normal_email, normal_password, registration
from chalicelib.domain.device import UNKNOWN
from chalicelib.domain.errors import NotFoundError, UnauthenticatedError
from chalicelib.domain.rating import PersonId
from chalicelib.services import attempts
from chalicelib.services.passwords import hash_password, is_outdated, password_matches
from chalicelib.services.sessions import Session, begin_session, end_session, renew_session
from chalicelib.services.tokens import ACCESS_SECONDS, issue_access_token
from chalicelib.storage import accounts as storage


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a browser gets: the access token for its memory, the refresh token for its cookie."""

    account: Account
    access_token: str
    expires_in: int
    refresh_token: str


def create_account(name: str, email: str, password: str, *, email_confirmed: bool = False) -> Account:
    """Make an account, without logging in. Nothing limits how many.

    Raises InvalidInputError naming each unfit field, ConflictError if the e-mail address is taken.
    """
    checked = registration(name, email, password)
    account = _new_account(checked.name, checked.email, email_confirmed=email_confirmed)
    storage.add_account(account, hash_password(checked.password))
    return account


def sign_up(name: str, email: str, password: str, address: str, device: str = UNKNOWN) -> SignedIn:
    """Make an account and log in; `address` is where the request comes from.

    No mail is sent here, which would make people wait: whoever has signed up asks for it next.
    Raises what `create_account` raises, and TooManyAttemptsError.
    """
    checked = registration(name, email, password)
    attempts.count_attempt(attempts.sign_ups_from_address(), address)
    account = _new_account(checked.name, checked.email)
    password_hash = hash_password(checked.password)
    storage.add_account(account, password_hash)
    return _signed_in(account, begin_session(account.person_id, account.email, password_hash, device))


def log_in(email: str, password: str, address: str, device: str = UNKNOWN) -> SignedIn:
    """Raises UnauthenticatedError if the two do not belong together, and TooManyAttemptsError.

    Every attempt is counted before the password is looked at, and a good one is taken back afterwards:
    attempts made at the same time cannot slip past the limit.
    """
    email = normal_email(email)
    attempts.count_attempt(attempts.FAILED_LOG_INS_FROM_ADDRESS, address)
    attempts.count_attempt(attempts.FAILED_LOG_INS_OF_ACCOUNT, email)
    password = normal_password(password)
    claim = storage.claim_to(email)
    matches = password_matches(claim.password_hash if claim else None, password)
    account = storage.account_of(claim.person_id) if claim and matches else None
    if claim is None or account is None:
        raise UnauthenticatedError("The e-mail address and the password do not belong together.")
    _check_active(account)
    session = begin_session(account.person_id, email, claim.password_hash, device)
    attempts.forget(attempts.FAILED_LOG_INS_OF_ACCOUNT, email)
    attempts.take_back(attempts.FAILED_LOG_INS_FROM_ADDRESS, address)
    if is_outdated(claim.password_hash):
        storage.replace_password_hash(email, claim.password_hash, hash_password(password))
    return _signed_in(account, session)


def refresh(refresh_token: str) -> SignedIn:
    """Swap a refresh token for a new pair. Raises UnauthenticatedError if it is no longer good."""
    session = renew_session(refresh_token)
    return _signed_in(account_of(session.person_id), session)


def log_out(refresh_token: str) -> None:
    """End the session; one that has ended already, or was none of ours, is fine."""
    with suppress(UnauthenticatedError):
        end_session(refresh_token)


def person_with(email: str) -> PersonId:
    """Whose address this is, in whatever spelling. Raises NotFoundError."""
    claim = storage.claim_to(normal_email(email))
    if claim is None:
        raise NotFoundError("Nobody has signed up with this address.")
    return claim.person_id


def account_of(person_id: PersonId) -> Account:
    """Raises UnauthenticatedError if the account is gone or deactivated."""
    account = storage.account_of(person_id)
    if account is None:
        raise UnauthenticatedError("This account no longer exists.")
    _check_active(account)
    return account


def _check_active(account: Account) -> None:
    if account.deactivated_at is not None:
        raise UnauthenticatedError("This account is deactivated: ask those who run this site.")


def _new_account(name: str, email: str, *, email_confirmed: bool = False) -> Account:
    return Account(PersonId(uuid4().hex), name, email, clock.now_ms(), email_confirmed=email_confirmed)


def _signed_in(account: Account, session: Session) -> SignedIn:
    token = issue_access_token(account.person_id, session.log_in_id)
    return SignedIn(account, token, ACCESS_SECONDS, session.refresh_token)
