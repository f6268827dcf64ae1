"""What can go wrong in the domain's own words.

Each error knows the HTTP status that a web API answers with and a stable `slug` that clients may
switch on; its message is one sentence that says what is wrong and how to mend it.
"""

from dataclasses import dataclass
from typing import ClassVar


class DomainError(Exception):
    """Base of every error a person can cause or meet."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "Bad request"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of the input."""

    field: str
    message: str


class InvalidInputError(DomainError):
    """The input does not have the form that was asked for; `errors` names the fields."""

    status = 422
    slug = "invalid-input"
    title = "Some of the input needs changing"

    def __init__(self, message: str, problems: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class NotFoundError(DomainError):
    """There is nothing of that name here."""

    status = 404
    slug = "not-found"
    title = "Not found"


class UnauthenticatedError(DomainError):
    """The credential is missing, expired or not one of ours: refresh the session or log in."""

    status = 401
    slug = "not-signed-in"
    title = "Not signed in"


class ForbiddenError(DomainError):
    """This is for operators only."""

    status = 403
    slug = "forbidden"
    title = "Not allowed"


class ConflictError(DomainError):
    """Somebody else was first."""

    status = 409
    slug = "conflict"
    title = "Already taken"


class StaleCursorError(DomainError):
    """The list has changed since the cursor was given: start again from its beginning."""

    status = 410
    slug = "stale-cursor"
    title = "The list has changed"


class LinkExpiredError(DomainError):
    """The link from a mail was used before, replaced by a newer one, or is too old: ask for another."""

    status = 410
    slug = "link-expired"
    title = "The link is no longer good"


class TooLargeError(DomainError):
    """The body is larger than what is read."""

    status = 413
    slug = "too-large"
    title = "Too large"


class TooManyAttemptsError(DomainError):
    """A limit on attempts was reached: `Retry-After` says for how long."""

    status = 429
    slug = "too-many-attempts"
    title = "Too many attempts"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NotReadyError(DomainError):
    """Something that jobs publish (the catalogue, a model) is not there yet."""

    status = 503
    slug = "not-ready"
    title = "Not ready yet"


class MailNotSentError(NotReadyError):
    """A mail could not be sent, and nothing was changed."""

    slug = "mail-not-sent"
    title = "The mail was not sent"
