"""Staying logged in: a refresh token that is good for one use and is replaced at each.

A used token that comes back means that somebody else has a copy, so the whole family of tokens ends.
One exception: for `GRACE_MS` after its use a token still gets a successor, because two tabs that wake
up together send the same one. The price is that a thief who is that quick is noticed only later, when
either of the two tokens is used twice.
"""

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import uuid4

from chalicelib import clock
from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.rating import PersonId
from chalicelib.storage.sessions import (
    Session,
    begin_family,
    end_family,
    family_lives,
    find_session,
    succeed,
)

REFRESH_SECONDS = 30 * 24 * 60 * 60
GRACE_MS = 10_000

_TOKEN_BYTES = 32
_MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Renewal:
    """Whose session it is, and the token that replaces the one that was used."""

    person_id: PersonId
    refresh_token: str


def begin_session(person_id: PersonId) -> str:
    """Start a new family for a log-in and return its first refresh token."""
    token = _new_token()
    begin_family(Session(_hash(token), uuid4().hex, person_id, clock.now_s() + REFRESH_SECONDS))
    return token


def renew_session(refresh_token: str) -> Renewal:
    """Use a refresh token up. Raises UnauthenticatedError if it is unknown, expired, ended or reused."""
    for _ in range(_MOST_TRIES):
        session = find_session(_hash(refresh_token))
        if session is None or session.expires_at <= clock.now_s() or not family_lives(session.family_id):
            break
        if session.used_at is not None and clock.now_ms() - session.used_at > GRACE_MS:
            end_family(session.family_id)
            break
        token = _new_token()
        successor = replace(
            session, token_hash=_hash(token), expires_at=clock.now_s() + REFRESH_SECONDS, used_at=None
        )
        if succeed(session, successor, clock.now_ms()):
            return Renewal(session.person_id, token)
    raise UnauthenticatedError("The session has ended: log in again.")


def end_session(refresh_token: str) -> None:
    """Log out: end the token's whole family. Unknown tokens change nothing."""
    session = find_session(_hash(refresh_token))
    if session is not None:
        end_family(session.family_id)


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
