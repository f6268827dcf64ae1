"""Who is asking."""

from chalice.app import Request

from chalicelib import measuring
from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.rating import PersonId
from chalicelib.services.tokens import read_access_token


def person_asking(request: Request) -> PersonId:
    """The person whose access token the request carries. Raises UnauthenticatedError without a good one."""
    scheme, _, token = str(request.headers.get("authorization", "")).strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("Log in first: this needs an access token.")
    person_id = read_access_token(token.strip())
    measuring.note_person(person_id)
    return person_id
