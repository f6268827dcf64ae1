"""My account: name, e-mail address, password, where I am logged in, and leaving for good."""

from chalice.app import Blueprint, Request, Response

from chalicelib.api.authentication import identity_claimed, log_in_asking, person_asking
from chalicelib.api.operations import Credential, NoContent
from chalicelib.api.requests import Body, EmailText, NameText, NewPasswordText, PasswordText, read_body
from chalicelib.api.responses import Answer, Profile, answer, nothing, refresh_cookie
from chalicelib.api.routing import route
from chalicelib.domain.errors import ConflictError, MailNotSentError, TooManyAttemptsError
from chalicelib.services import leaving, profile, sessions

blueprint = Blueprint(__name__)


class NameBody(Body):
    name: NameText


class EmailBody(Body):
    """`password` is the present one."""

    email: EmailText
    password: PasswordText


class PasswordBody(Body):
    """`current` is the present password, `password` the new one."""

    current: PasswordText
    password: NewPasswordText


class DeletionBody(Body):
    password: PasswordText


class Device(Answer):
    """One log-in. `used_at` is when its session was last renewed, which happens every quarter of an hour."""

    session_id: str
    device: str
    began_at: int
    used_at: int
    current: bool


class AccountOverview(Answer):
    """`pending_email` becomes the address once it is confirmed; the session used last comes first."""

    profile: Profile
    pending_email: str | None
    sessions: list[Device]


@route(blueprint, "GET", "/me/account", needs=Credential.ACCESS_TOKEN, answers=AccountOverview)
def my_account(request: Request) -> Response:
    """My account, and where I am logged in."""
    found = profile.overview(person_asking(request))
    here = log_in_asking(request)
    return answer(
        AccountOverview(
            profile=Profile.of(found.account),
            pending_email=found.pending_email,
            sessions=[
                Device(
                    session_id=one.log_in_id,
                    device=one.device,
                    began_at=one.began_at,
                    used_at=one.used_at,
                    current=one.log_in_id == here,
                )
                for one in found.log_ins
            ],
        )
    )


@route(blueprint, "PUT", "/me/name", needs=Credential.ACCESS_TOKEN, body=NameBody, answers=Profile)
def rename(request: Request) -> Response:
    """Call me otherwise."""
    person_id = person_asking(request)
    return answer(Profile.of(profile.rename(person_id, read_body(request, NameBody).name)))


@route(
    blueprint,
    "PUT",
    "/me/password",
    needs=Credential.ACCESS_TOKEN,
    body=PasswordBody,
    answers=NoContent,
    raises=(ConflictError, TooManyAttemptsError),
)
def change_password(request: Request) -> Response:
    """Change my password, and log me out everywhere but here."""
    person_id = person_asking(request)
    body = read_body(request, PasswordBody)
    profile.change_password(person_id, log_in_asking(request), body.current, body.password)
    return nothing()


@route(
    blueprint,
    "PUT",
    "/me/email",
    needs=Credential.ACCESS_TOKEN,
    body=EmailBody,
    answers=NoContent,
    raises=(ConflictError, MailNotSentError, TooManyAttemptsError),
)
def change_email(request: Request) -> Response:
    """Change my e-mail address, once the link in a mail to the new one was followed.

    The old address is told. Until then I log in with the old one.
    """
    person_id = person_asking(request)
    body = read_body(request, EmailBody)
    profile.change_email(person_id, body.email, body.password)
    return nothing()


@route(blueprint, "DELETE", "/me/pending-email", needs=Credential.ACCESS_TOKEN, answers=NoContent)
def keep_email(request: Request) -> Response:
    """Keep my e-mail address after all: the link to the new one is worthless then."""
    profile.cancel_email_change(person_asking(request))
    return nothing()


@route(
    blueprint,
    "POST",
    "/me/confirmation",
    needs=Credential.ACCESS_TOKEN,
    answers=NoContent,
    raises=(MailNotSentError, TooManyAttemptsError),
)
def ask_for_confirmation(request: Request) -> Response:
    """Send me the link that confirms my e-mail address, anew; none if it is confirmed.

    To be asked for after signing up, which does not wait for mail to be sent.
    """
    profile.ask_for_confirmation(person_asking(request))
    return nothing()


@route(blueprint, "DELETE", "/me/sessions", needs=Credential.ACCESS_TOKEN, answers=NoContent)
def end_other_sessions(request: Request) -> Response:
    """Log me out everywhere but here."""
    sessions.end_other_log_ins(person_asking(request), log_in_asking(request))
    return nothing()


@route(blueprint, "DELETE", "/me/sessions/{session_id}", needs=Credential.ACCESS_TOKEN, answers=NoContent)
def end_session(request: Request, session_id: str) -> Response:
    """Log one device out, at once."""
    sessions.end_log_in(person_asking(request), session_id)
    return nothing()


@route(
    blueprint,
    "POST",
    "/me/deletion",
    needs=Credential.ACCESS_TOKEN,
    body=DeletionBody,
    answers=NoContent,
    raises=(TooManyAttemptsError,),
)
def delete_account(request: Request) -> Response:
    """Delete my account and all that is kept about me.

    The models forget my ratings at the next training. If this is interrupted, asking again finishes it.
    """
    identity = identity_claimed(request)
    body = read_body(request, DeletionBody)
    leaving.delete_account(identity.person_id, identity.log_in_id, body.password)
    return nothing(headers={"Set-Cookie": refresh_cookie("", max_age=0)})
