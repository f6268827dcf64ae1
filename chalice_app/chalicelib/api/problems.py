"""Errors as `application/problem+json` (RFC 9457), whoever raised them."""

import json
import logging
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import ClassVar, ParamSpec

from chalice.app import Request, Response

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
    status: ClassVar[int] = 415
    slug: ClassVar[str] = "unsupported-media-type"
    title: ClassVar[str] = "Unsupported media type"


class MalformedJsonError(DomainError):
    slug: ClassVar[str] = "malformed-json"
    title: ClassVar[str] = "Malformed JSON"


class BadCursorError(DomainError):
    slug: ClassVar[str] = "bad-cursor"
    title: ClassVar[str] = "Bad cursor"


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
    return _problem(error.slug, error.title, error.status, str(error), problems=problems, headers=headers)


def _of_status(status: HTTPStatus) -> Response:
    slug = status.phrase.lower().replace(" ", "-")
    return _problem(slug, status.phrase, status, _REMEDIES.get(status, status.description))


def _problem(
    slug: str,
    title: str,
    status: int,
    detail: str,
    *,
    problems: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    body: dict[str, object] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": int(status),
        "detail": detail,
    }
    if problems:
        body["errors"] = [{"field": one.field, "message": one.message} for one in problems]
    return Response(
        json.dumps(body, ensure_ascii=False), {"Content-Type": PROBLEM_TYPE, **(headers or {})}, int(status)
    )
