"""Searching as one types: a few films and people at once."""

from typing import Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.requests import Query, SearchText, read_query
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
from chalicelib.storage.catalogue import open_catalogue

blueprint = Blueprint(__name__)


class SearchQuery(Query):
    q: SearchText = ""
    films: Annotated[int, Field(ge=0, le=20)] = 6
    people: Annotated[int, Field(ge=0, le=20)] = 3


class FoundPerson(Answer):
    """`best_known` is the title of the film of theirs that most people rated."""

    name: str
    best_known: str


class Found(Answer):
    films: list[MovieCard]
    people: list[FoundPerson]


@route(blueprint, "GET", "/search", query=SearchQuery, answers=Found, cached=True, raises=(NotReadyError,))
def search(request: Request) -> Response:
    """The films and people that somebody who has typed this is most likely after."""
    query = read_query(request, SearchQuery)
    catalogue = open_catalogue()
    etag = etag_of(catalogue.version, f"search?{query.model_dump_json()}")
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    found = catalogue.complete(query.q, query.films, query.people)
    return answer(
        Found(
            films=[MovieCard.of(listed) for listed in found.movies],
            people=[FoundPerson(name=one.name, best_known=one.best_known) for one in found.people],
        ),
        headers=public_headers(etag),
    )
