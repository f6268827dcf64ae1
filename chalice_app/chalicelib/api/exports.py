"""Exporting all that is kept about a person: JSON with everything, CSV with the ratings."""

import csv
import io
from datetime import UTC, datetime
from enum import StrEnum

from chalice.app import Blueprint, Request, Response

from chalicelib import clock
from chalicelib.api.authentication import person_asking
from chalicelib.api.operations import Credential
from chalicelib.api.requests import Query, read_query
from chalicelib.api.responses import Answer, Profile, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotReadyError
from chalicelib.domain.foreign_ratings import as_text
from chalicelib.domain.mark import MarkKind
from chalicelib.domain.movie import MovieId, imdb_tag
from chalicelib.services.exports import PersonalData, personal_data

CSV_TYPE = "text/csv"
CSV_COLUMNS = ("imdb_id", "title", "year", "stars", "rated_at")
"""What `domain.foreign_ratings` knows as an export from here."""

blueprint = Blueprint(__name__)


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"


class ExportQuery(Query):
    format: Format = Format.JSON


class ExportedRating(Answer):
    imdb_id: str
    title: str
    year: int | None
    stars: float
    rated_at: str


class ExportedMark(Answer):
    imdb_id: str
    title: str
    year: int | None
    marked_at: str


class Export(Answer):
    """Times are in ISO 8601, UTC."""

    exported_at: str
    profile: Profile
    ratings: list[ExportedRating]
    watchlist: list[ExportedMark]
    not_interested: list[ExportedMark]


@route(
    blueprint,
    "GET",
    "/me/export",
    needs=Credential.ACCESS_TOKEN,
    query=ExportQuery,
    answers=Export,
    or_as=CSV_TYPE,
    raises=(NotReadyError,),
)
def export(request: Request) -> Response:
    """All that is kept about you as JSON, or your ratings as CSV, which can be imported again."""
    person_id = person_asking(request)
    chosen = read_query(request, ExportQuery).format
    data = personal_data(person_id)
    if chosen is Format.CSV:
        # A text type that browsers download because of the header: API Gateway would pass bytes on as base64.
        body, headers = _as_csv(_ratings(data)), _headers(f"{CSV_TYPE}; charset=utf-8", "my-ratings.csv")
        return Response(body, {**headers}, 200)
    return answer(
        Export(
            exported_at=_iso(clock.now_ms()),
            profile=Profile.of(data.account),
            ratings=_ratings(data),
            watchlist=_marks(data, MarkKind.WATCHLIST),
            not_interested=_marks(data, MarkKind.NOT_INTERESTED),
        ),
        headers=_headers("application/json", "my-data.json"),
    )


def _ratings(data: PersonalData) -> list[ExportedRating]:
    return [
        ExportedRating(
            imdb_id=imdb_tag(rating.movie_id),
            title=_title(data, rating.movie_id),
            year=data.movies[rating.movie_id].movie.year,
            stars=rating.stars,
            rated_at=_iso(rating.rated_at),
        )
        for rating in data.ratings
    ]


def _marks(data: PersonalData, kind: MarkKind) -> list[ExportedMark]:
    return [
        ExportedMark(
            imdb_id=imdb_tag(mark.movie_id),
            title=_title(data, mark.movie_id),
            year=data.movies[mark.movie_id].movie.year,
            marked_at=_iso(mark.marked_at),
        )
        for mark in data.marks
        if mark.kind is kind
    ]


def _title(data: PersonalData, movie_id: MovieId) -> str:
    return data.movies[movie_id].movie.title


def _as_csv(ratings: list[ExportedRating]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, CSV_COLUMNS)
    writer.writeheader()
    writer.writerows(rating.model_dump() | {"title": as_text(rating.title)} for rating in ratings)
    return text.getvalue()


def _iso(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def _headers(content_type: str, name: str) -> dict[str, str]:
    return {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}"'}
