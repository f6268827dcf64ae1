"""Staying logged in: a refresh token that is good for one use and is replaced at each.

A token is `PERSON.LOG-IN.SECRET`, so that the row it belongs to is known. What it is good for is said in
`chalicelib.domain.log_ins`.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from chalicelib import clock
from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.log_ins import LogIns, begun, find, only, renewed, without
from chalicelib.domain.rating import PersonId
from chalicelib.storage.accounts import begin_log_in
from chalicelib.storage.log_ins import log_ins_of, replace_log_ins

_TOKEN = re.compile(r"([\w-]{1,64})\.([0-9a-f]{32})\.[\w-]{43}", re.ASCII)
_MOST_TRIES = 25
ENDED = "The session has ended: log in again."


@dataclass(frozen=True, slots=True)
class Session:
    """Whose session it is, which log-in it belongs to, and the token that renews it next."""

    person_id: PersonId
    log_in_id: str
    refresh_token: str


def begin_session(person_id: PersonId, email: str, password_hash: str, device: str) -> Session:
    """Log in on a device, by the password of that hash.

    Raises UnauthenticatedError if the account is gone, or its password was changed since it was checked.
    """
    session = _new_session(person_id, uuid4().hex)
    for _ in range(_MOST_TRIES):
        former = log_ins_of(person_id)
        log_ins = begun(
            former.log_ins, session.log_in_id, device, _hash(session.refresh_token), clock.now_ms()
        )
        if begin_log_in(former, log_ins, email, password_hash):
            return session
        if log_ins_of(person_id).version == former.version:
            break
    raise UnauthenticatedError("The account has changed in the meantime: log in again.")


def renew_session(refresh_token: str) -> Session:
    """Use a refresh token up. Raises UnauthenticatedError if it is unknown, expired, ended or reused."""
    person_id, log_in_id = _parts(refresh_token)
    for _ in range(_MOST_TRIES):
        former = log_ins_of(person_id)
        session = _new_session(person_id, log_in_id)
        log_ins = renewed(
            former.log_ins, log_in_id, _hash(refresh_token), _hash(session.refresh_token), clock.now_ms()
        )
        if log_ins is None:
            end_log_in(person_id, log_in_id)
            break
        if replace_log_ins(former, log_ins):
            return session
    raise UnauthenticatedError(ENDED)


def end_session(refresh_token: str) -> None:
    """Log out: end the token's whole log-in. Raises UnauthenticatedError if it is none of ours."""
    end_log_in(*_parts(refresh_token))


def end_log_in(person_id: PersonId, log_in_id: str) -> None:
    """End one log-in; without it this changes nothing."""
    _keep(person_id, lambda log_ins: without(log_ins, log_in_id))


def end_other_log_ins(person_id: PersonId, log_in_id: str) -> None:
    """End every log-in but one."""
    _keep(person_id, lambda log_ins: only(log_ins, log_in_id))


def end_every_log_in(person_id: PersonId) -> None:
    _keep(person_id, lambda _: ())


def is_logged_in(person_id: PersonId, log_in_id: str) -> bool:
    """Whether the log-in has not ended; that of a deleted account has."""
    log_in = find(log_ins_of(person_id).log_ins, log_in_id)
    return log_in is not None and log_in.lives(clock.now_ms())


def _keep(person_id: PersonId, choose: Callable[[LogIns], LogIns]) -> None:
    for _ in range(_MOST_TRIES):
        former = log_ins_of(person_id)
        log_ins = choose(former.log_ins)
        if log_ins == former.log_ins or replace_log_ins(former, log_ins):
            return
    raise RuntimeError("the log-ins of somebody never stopped changing")


def _new_session(person_id: PersonId, log_in_id: str) -> Session:
    return Session(person_id, log_in_id, f"{person_id}.{log_in_id}.{secrets.token_urlsafe(32)}")


def _parts(refresh_token: str) -> tuple[PersonId, str]:
    """Whom and which log-in a token names. Raises UnauthenticatedError if it is none of ours."""
    match = _TOKEN.fullmatch(refresh_token)
    if match is None:
        raise UnauthenticatedError(ENDED)
    return PersonId(match[1]), match[2]


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
