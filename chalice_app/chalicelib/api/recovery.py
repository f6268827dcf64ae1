"""What links in mails are for: a new password, and confirming an address."""

from typing import Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.operations import NoContent
from chalicelib.api.requests import Body, EmailText, NewPasswordText, address_of, read_body
from chalicelib.api.responses import Answer, answer, nothing
from chalicelib.api.routing import route
from chalicelib.domain.errors import ConflictError, LinkExpiredError, TooManyAttemptsError
from chalicelib.services import profile, recovery

blueprint = Blueprint(__name__)

_Token = Annotated[str, Field(description="What the link in the mail has as `token`.")]


class ForgotBody(Body):
    email: EmailText


class ResetBody(Body):
    token: _Token
    password: NewPasswordText


class ConfirmationBody(Body):
    token: _Token


class Confirmed(Answer):
    """The address that one logs in with from now on."""

    email: str


@route(
    blueprint,
    "POST",
    "/auth/forgot",
    body=ForgotBody,
    answers=NoContent,
    raises=(TooManyAttemptsError,),
)
def forgot(request: Request) -> Response:
    """Send a link that sets a new password.

    The answer is the same, and comes at the same time, whether or not anybody has that address.
    """
    recovery.forgot_password(read_body(request, ForgotBody).email, address_of(request))
    return nothing()


@route(
    blueprint,
    "POST",
    "/auth/reset",
    body=ResetBody,
    answers=NoContent,
    raises=(ConflictError, LinkExpiredError),
)
def reset(request: Request) -> Response:
    """Set a new password with the link from a mail, and log out everywhere."""
    body = read_body(request, ResetBody)
    recovery.reset_password(body.token, body.password)
    return nothing()


@route(
    blueprint,
    "POST",
    "/auth/confirm",
    body=ConfirmationBody,
    answers=Confirmed,
    raises=(ConflictError, LinkExpiredError),
)
def confirm(request: Request) -> Response:
    """Confirm an e-mail address with the link from a mail."""
    return answer(Confirmed(email=profile.confirm(read_body(request, ConfirmationBody).token)))
