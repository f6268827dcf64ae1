"""What a route promises to those who call it; the API's description is made from these promises."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from chalicelib.api.problems import BadCursorError, MalformedJsonError, UnsupportedMediaTypeError
from chalicelib.api.requests import Body, Query
from chalicelib.api.responses import Answer
from chalicelib.domain.errors import (
    DomainError,
    InvalidInputError,
    StaleCursorError,
    TooLargeError,
    UnauthenticatedError,
)


class Credential(StrEnum):
    """How a request shows whose it is."""

    ACCESS_TOKEN = "accessToken"  # noqa: S105 - the name of a security scheme
    REFRESH_COOKIE = "refreshCookie"


class NoContent(Answer):
    """What a route answers with that has nothing to say but that it is done."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a view declares beside it, in `route`; what follows from that is not declared.

    `answers` is the model of a good answer, `NoContent`, or the media type of an answer that is no JSON of
    ours; None while nothing has been declared. `or_as` is a media type that it comes as where the query asks
    for that. `body` is a model, or the media types that are taken.
    `cached` routes answer HEAD as well and carry an `ETag`. `raises` are the problems that only the view
    knows of.
    """

    view: Callable[..., object]
    answers: type[Answer] | str | None = None
    or_as: str | None = None
    status: int = HTTPStatus.OK
    body: type[Body] | tuple[str, ...] | None = None
    query: type[Query] | None = None
    needs: Credential | None = None
    cached: bool = False
    raises: tuple[type[DomainError], ...] = ()

    def problems(self, path: str) -> list[type[DomainError]]:
        """Every problem that the route may answer with, by status."""
        kinds = set(self.raises)
        if self.needs is Credential.ACCESS_TOKEN:
            kinds.add(UnauthenticatedError)
        if isinstance(self.body, type):
            kinds |= {UnsupportedMediaTypeError, TooLargeError, MalformedJsonError, InvalidInputError}
        if self.query is not None:
            kinds.add(InvalidInputError)
            if "cursor" in self.query.model_fields:
                kinds |= {BadCursorError, StaleCursorError}
        if "{movie_id}" in path:
            kinds.add(InvalidInputError)
        return sorted(kinds, key=lambda kind: (kind.status, kind.slug))
