"""Importing ratings from other services.

The body is the file itself, as a binary type that API Gateway hands over byte by byte: a text type would
be read as UTF-8 on the way, which older exports are not, and a JSON envelope would limit its size further.
"""

from typing import Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.authentication import person_asking
from chalicelib.api.operations import Credential
from chalicelib.api.problems import UnsupportedMediaTypeError
from chalicelib.api.requests import Query, read_query
from chalicelib.api.responses import Answer, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import InvalidInputError, NotReadyError, TooLargeError, TooManyAttemptsError
from chalicelib.services import imports as service

BINARY_TYPES = ("application/octet-stream", "application/zip")

blueprint = Blueprint(__name__)


class ImportQuery(Query):
    """`name` is what the file is called; it tells Letterboxd's watchlist from its list of films watched."""

    dry_run: bool = False
    name: Annotated[str, Field(max_length=200)] = ""


class UnmatchedRow(Answer):
    """`list` is `ratings` or `watchlist`; `stars` and `rated_at` are null where the file does not say."""

    title: str
    year: int | None
    stars: float | None
    rated_at: int | None
    reason: str
    list: str


class ImportedWatchlist(Answer):
    read: int
    new: int


class ImportReport(Answer):
    """`read` = `matched` + those `unmatched` of the ratings;
    `matched` = `duplicates_resolved` + `new` + `changed` + `unchanged`."""

    dry_run: bool
    source: str
    read: int
    matched: int
    unmatched: list[UnmatchedRow]
    duplicates_resolved: int
    new: int
    changed: int
    unchanged: int
    watchlist: ImportedWatchlist


@route(
    blueprint,
    "POST",
    "/me/imports",
    needs=Credential.ACCESS_TOKEN,
    query=ImportQuery,
    body=BINARY_TYPES,
    answers=ImportReport,
    raises=(InvalidInputError, NotReadyError, TooLargeError, TooManyAttemptsError, UnsupportedMediaTypeError),
)
def import_ratings(request: Request) -> Response:
    """Import ratings and a watchlist from an export of Letterboxd, IMDb, MovieLens or this service.

    With `dry_run` nothing is written: the report says what would be. Of two ratings of a film the newer
    counts.
    """
    person_id = person_asking(request)
    query = read_query(request, ImportQuery)
    content = read_file(request)
    done = service.import_lists(person_id, content, query.name, dry_run=query.dry_run)
    return answer(
        ImportReport(
            dry_run=query.dry_run,
            source=done.source,
            read=done.read,
            matched=done.matched,
            unmatched=[
                UnmatchedRow(
                    title=one.title,
                    year=one.year,
                    stars=one.stars,
                    rated_at=one.rated_at,
                    reason=one.reason,
                    list="watchlist" if one.wish else "ratings",
                )
                for one in done.unmatched
            ],
            duplicates_resolved=done.duplicates_resolved,
            new=done.new,
            changed=done.changed,
            unchanged=done.unchanged,
            watchlist=ImportedWatchlist(read=done.wishes, new=done.wished),
        )
    )


def read_file(request: Request) -> bytes:
    """The body as the bytes of a file. Raises UnsupportedMediaTypeError."""
    content_type = str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()
    try:
        if content_type in BINARY_TYPES:
            raw = request.raw_body
            return raw if isinstance(raw, bytes) else raw.encode()
    except ValueError:  # base64 that is none
        pass
    raise UnsupportedMediaTypeError(
        f"Send the file itself, with the content type {BINARY_TYPES[0]} or {BINARY_TYPES[1]}."
    )
