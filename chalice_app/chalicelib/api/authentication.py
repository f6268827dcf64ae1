"""Who is asking."""

from chalice.app import Request

from chalicelib import measuring
from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.rating import PersonId
from chalicelib.services.operators import operator_of
from chalicelib.services.sessions import ENDED, is_logged_in
from chalicelib.services.tokens import Identity, read_access_token


def person_asking(request: Request) -> PersonId:
    """The person whose access token the request carries. Raises UnauthenticatedError without a good one.

    A token counts only as long as the log-in that it came of: a device that was logged out, and an account
    that was deleted, is out at once. This reads one row by its key.
    """
    identity = identity_claimed(request)
    if not is_logged_in(identity.person_id, identity.log_in_id):
        raise UnauthenticatedError(ENDED)
    return identity.person_id


def operator_asking(request: Request) -> PersonId:
    """The same, if they are an operator at this moment. Raises ForbiddenError if not."""
    return operator_of(person_asking(request))


def identity_claimed(request: Request) -> Identity:
    """What the request's access token says, whether or not its log-in has ended meanwhile.

    Raises UnauthenticatedError without a good one.
    """
    scheme, _, token = str(request.headers.get("authorization", "")).strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("Log in first: this needs an access token.")
    identity = read_access_token(token.strip())
    measuring.note_person(identity.person_id)
    return identity


def log_in_asking(request: Request) -> str:
    """Which of the person's log-ins the access token came of. Raises UnauthenticatedError."""
    return identity_claimed(request).log_in_id
