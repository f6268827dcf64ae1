"""Errors as `application/problem+json` (RFC 9457), whoever raised them."""

import inspect
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import ClassVar, ParamSpec

from chalice.app import Request, Response
from pydantic import Field

from chalicelib.api.responses import Answer
from chalicelib.domain.errors import (
    DomainError,
    FieldProblem,
    InvalidInputError,
    NotReadyError,
    TooManyAttemptsError,
    UnauthenticatedError,
)

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = 10

log = logging.getLogger("movies.api")

_REMEDIES = {
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not answer to that method.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side; try again in a moment.",
}

P = ParamSpec("P")


class UnsupportedMediaTypeError(DomainError):
    """The body does not say that it is JSON."""

    status: ClassVar[int] = 415
    slug: ClassVar[str] = "unsupported-media-type"
    title: ClassVar[str] = "Unsupported media type"


class MalformedJsonError(DomainError):
    """The body is no JSON at all."""

    slug: ClassVar[str] = "malformed-json"
    title: ClassVar[str] = "Malformed JSON"


class BadCursorError(DomainError):
    """The cursor does not belong to this list: it was changed, or the rest of the query was."""

    slug: ClassVar[str] = "bad-cursor"
    title: ClassVar[str] = "Bad cursor"


class FieldError(Answer):
    """What is wrong with one field of the input."""

    field: str
    message: str


class Problem(Answer):
    """What went wrong. `type` is for programs and stays what it is, `detail` is for people.

    `errors` is there where fields of the input are to blame.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = Field(default=[], exclude_if=lambda errors: not errors)


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem, as clients know it: `type` is its stable URI."""

    name: str
    slug: str
    title: str
    status: int
    meaning: str

    @property
    def type(self) -> str:
        return f"/problems/{self.slug}"


def kind_of(error: type[DomainError]) -> ProblemKind:
    meaning = " ".join((inspect.getdoc(error) or "").split())
    return ProblemKind(error.__name__.removesuffix("Error"), error.slug, error.title, error.status, meaning)


def kinds_of_any_route() -> list[ProblemKind]:
    """The problems that need no view to arise."""
    return [_kind_of_status(status) for status in _REMEDIES]


def _kind_of_status(status: HTTPStatus) -> ProblemKind:
    words = status.phrase.split()
    meaning = _REMEDIES.get(status, status.description)
    return ProblemKind("".join(words), "-".join(words).lower(), status.phrase, int(status), meaning)


def answering_problems(view: Callable[P, Response]) -> Callable[P, Response]:
    """Turn whatever a view raises into a problem. Chalice's middleware would never see it."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except DomainError as error:
            return _of_domain_error(error)
        except Exception:
            log.exception("unexpected error")
            return _of_status(HTTPStatus.INTERNAL_SERVER_ERROR)

    return answer


def chalice_errors_as_problems(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: rewrite the errors that Chalice itself answers with, such as 405."""
    response = get_response(request)
    if isinstance(response.body, dict) and response.body.keys() == {"Code", "Message"}:
        problem = _of_status(HTTPStatus(response.status_code))
        problem.headers.update({k: v for k, v in response.headers.items() if k.lower() == "allow"})
        return problem
    return response


def _of_domain_error(error: DomainError) -> Response:
    headers: dict[str, str] = {}
    problems: Sequence[FieldProblem] = ()
    if isinstance(error, InvalidInputError):
        problems = error.problems
    elif isinstance(error, TooManyAttemptsError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif isinstance(error, NotReadyError):
        headers["Retry-After"] = str(RETRY_SECONDS)
    elif isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = 'Bearer realm="movies"'
    return _problem(kind_of(type(error)), str(error), problems, headers)


def _of_status(status: HTTPStatus) -> Response:
    kind = _kind_of_status(status)
    return _problem(kind, kind.meaning)


def _problem(
    kind: ProblemKind,
    detail: str,
    problems: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=detail,
        errors=[FieldError(field=one.field, message=one.message) for one in problems],
    )
    return Response(problem.model_dump_json(), {"Content-Type": PROBLEM_TYPE, **(headers or {})}, kind.status)
