"""Signing up, logging in, staying logged in and logging out."""

from dataclasses import dataclass
from uuid import uuid4

from chalicelib import clock
from chalicelib.domain.account import Account, Registration, normal_email, normal_password, registration
from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.rating import PersonId
from chalicelib.services import attempts
from chalicelib.services.passwords import hash_password, is_outdated, password_matches
from chalicelib.services.sessions import begin_session, end_session, renew_session
from chalicelib.services.tokens import ACCESS_SECONDS, issue_access_token
from chalicelib.storage import accounts as storage


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a browser gets: the access token for its memory, the refresh token for its cookie."""

    account: Account
    access_token: str
    expires_in: int
    refresh_token: str


def create_account(name: str, email: str, password: str) -> Account:
    """Make an account, without logging in. Nothing limits how many.

    Raises InvalidInputError naming each unfit field, ConflictError if the e-mail address is taken.
    """
    return _create(registration(name, email, password))


def sign_up(name: str, email: str, password: str, address: str) -> SignedIn:
    """Make an account and log in; `address` is where the request comes from.

    Raises what `create_account` raises, and TooManyAttemptsError.
    """
    checked = registration(name, email, password)
    attempts.count_attempt(attempts.sign_ups_from_address(), address)
    account = _create(checked)
    return _signed_in(account, begin_session(account.person_id))


def log_in(email: str, password: str, address: str) -> SignedIn:
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
    if claim is None or not matches:
        raise UnauthenticatedError("The e-mail address and the password do not belong together.")
    attempts.forget(attempts.FAILED_LOG_INS_OF_ACCOUNT, email)
    attempts.take_back(attempts.FAILED_LOG_INS_FROM_ADDRESS, address)
    if is_outdated(claim.password_hash):
        storage.replace_password_hash(email, claim.password_hash, hash_password(password))
    account = account_of(claim.person_id)
    return _signed_in(account, begin_session(account.person_id))


def refresh(refresh_token: str) -> SignedIn:
    """Swap a refresh token for a new pair. Raises UnauthenticatedError if it is no longer good.

    The session of a deactivated account ends here, for good.
    """
    renewal = renew_session(refresh_token)
    try:
        account = account_of(renewal.person_id)
    except UnauthenticatedError:
        end_session(renewal.refresh_token)
        raise
    return _signed_in(account, renewal.refresh_token)


def log_out(refresh_token: str) -> None:
    """End the session; one that has ended already is fine."""
    end_session(refresh_token)


def account_of(person_id: PersonId) -> Account:
    """Raises UnauthenticatedError if the account is gone or deactivated."""
    account = storage.account_of(person_id)
    if account is None:
        raise UnauthenticatedError("This account no longer exists.")
    if account.deactivated_at is not None:
        raise UnauthenticatedError("This account is deactivated: ask those who run this site.")
    return account


def _create(checked: Registration) -> Account:
    account = Account(PersonId(uuid4().hex), checked.name, checked.email, clock.now_ms())
    storage.add_account(account, hash_password(checked.password))
    return account


def _signed_in(account: Account, refresh_token: str) -> SignedIn:
    return SignedIn(account, issue_access_token(account.person_id), ACCESS_SECONDS, refresh_token)
