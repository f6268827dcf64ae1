"""What is trending. The same for everybody, so caches may keep it for a minute."""

from datetime import date
from typing import Annotated, Literal

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.requests import Query, read_query
from chalicelib.api.responses import (
    Answer,
    MovieCard,
    answer,
    etag_of,
    is_known,
    nothing,
    public_headers,
)
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotReadyError
from chalicelib.services.trending import MOST, trending_movies
from chalicelib.storage.catalogue import open_catalogue

blueprint = Blueprint(__name__)


class TrendingQuery(Query):
    limit: Annotated[int, Field(ge=1, le=MOST)] = 24


class TrendingMovies(Answer):
    """`basis` is `recent` where ratings between `first_day` and `last_day`, the latest days of the data, put
    these films first; where there are too few of them the most popular films stand in, and no days."""

    items: list[MovieCard]
    basis: Literal["recent", "popular"]
    first_day: date | None
    last_day: date | None


@route(
    blueprint,
    "GET",
    "/movies/trending",
    query=TrendingQuery,
    answers=TrendingMovies,
    cached=True,
    raises=(NotReadyError,),
)
def trending(request: Request) -> Response:
    """Films that are rated more than they usually are, the most surprising first."""
    query = read_query(request, TrendingQuery)
    etag = etag_of(open_catalogue().edition, f"trending&limit={query.limit}")
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    found = trending_movies(query.limit)
    return answer(
        TrendingMovies(
            items=[MovieCard.of(listed) for listed in found.movies],
            basis="recent" if found.first_day else "popular",
            first_day=found.first_day,
            last_day=found.last_day,
        ),
        headers=public_headers(etag),
    )
