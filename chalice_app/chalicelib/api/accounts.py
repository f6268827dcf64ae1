"""Signing up, logging in, staying logged in, logging out."""

from chalice.app import Blueprint, Request, Response

from chalicelib.api.authentication import person_asking
from chalicelib.api.operations import Credential, NoContent
from chalicelib.api.requests import (
    LogInBody,
    RefreshQuery,
    SignUpBody,
    address_of,
    read_body,
    read_query,
    read_refresh_cookie,
)
from chalicelib.api.responses import Library, Profile, Session, answer, nothing, refresh_cookie
from chalicelib.api.routing import route
from chalicelib.domain.device import device_of
from chalicelib.domain.errors import ConflictError, TooManyAttemptsError, UnauthenticatedError
from chalicelib.domain.log_ins import REFRESH_SECONDS
from chalicelib.services import accounts
from chalicelib.services.accounts import SignedIn
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import ratings_of

blueprint = Blueprint(__name__)


@route(
    blueprint,
    "POST",
    "/auth/sign-up",
    body=SignUpBody,
    answers=Session,
    status=201,
    raises=(ConflictError, TooManyAttemptsError, UnauthenticatedError),
)
def sign_up(request: Request) -> Response:
    """Make an account and log in.

    The access token is for the page's memory; the refresh token comes as a cookie that no script can read.
    """
    body = read_body(request, SignUpBody)
    signed_in = accounts.sign_up(
        body.name, body.email, body.password, address_of(request), device_asking(request)
    )
    return _session(signed_in, status=201)


@route(
    blueprint,
    "POST",
    "/auth/log-in",
    body=LogInBody,
    answers=Session,
    raises=(UnauthenticatedError, TooManyAttemptsError),
)
def log_in(request: Request) -> Response:
    """Log in."""
    body = read_body(request, LogInBody)
    return _session(accounts.log_in(body.email, body.password, address_of(request), device_asking(request)))


@route(
    blueprint,
    "POST",
    "/auth/refresh",
    needs=Credential.REFRESH_COOKIE,
    query=RefreshQuery,
    answers=Session,
    raises=(UnauthenticatedError,),
)
def refresh(request: Request) -> Response:
    """Trade the refresh cookie for a new access token and a new cookie.

    A cookie is good for one use: one that comes back later ends the session. With `library` all my stars and
    marks come along, which is what a page begins with.
    """
    query = read_query(request, RefreshQuery)
    token = read_refresh_cookie(request)
    if token is None:
        raise UnauthenticatedError("There is no session: log in first.")
    signed_in = accounts.refresh(token)
    person_id = signed_in.account.person_id
    library = Library.of(ratings_of(person_id), marks_of(person_id)) if query.library else None
    return _session(signed_in, library=library)


@route(blueprint, "POST", "/auth/log-out", needs=Credential.REFRESH_COOKIE, answers=NoContent)
def log_out(request: Request) -> Response:
    """End the session of the refresh cookie, if there is one, and clear the cookie."""
    token = read_refresh_cookie(request)
    if token is not None:
        accounts.log_out(token)
    return nothing(headers={"Set-Cookie": refresh_cookie("", max_age=0)})


@route(blueprint, "GET", "/me", needs=Credential.ACCESS_TOKEN, answers=Profile)
def me(request: Request) -> Response:
    """Who is asking."""
    return answer(Profile.of(accounts.account_of(person_asking(request))))


def device_asking(request: Request) -> str:
    return device_of(str(request.headers.get("user-agent", "")))


def _session(signed_in: SignedIn, status: int = 200, library: Library | None = None) -> Response:
    return answer(
        Session(
            access_token=signed_in.access_token,
            expires_in=signed_in.expires_in,
            account=Profile.of(signed_in.account),
            library=library,
        ),
        status,
        {"Set-Cookie": refresh_cookie(signed_in.refresh_token, REFRESH_SECONDS)},
    )
