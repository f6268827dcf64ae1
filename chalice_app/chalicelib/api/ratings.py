"""A person's ratings."""

from chalice.app import Blueprint, Request, Response
from pydantic import TypeAdapter

from chalicelib.api.authentication import person_asking
from chalicelib.api.cursors import MovieNumber, Number, ShortText, read_cursor, write_cursor
from chalicelib.api.operations import Credential, NoContent
from chalicelib.api.requests import NextToRateQuery, RatingBody, RatingsQuery, read_body, read_query
from chalicelib.api.responses import (
    Genre,
    Library,
    MovieCard,
    MovieDetail,
    MovieRating,
    NextToRate,
    RatedMovie,
    RatedPage,
    answer,
    nothing,
)
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotFoundError, NotReadyError
from chalicelib.domain.movie import parse_movie_id
from chalicelib.services import rating as service
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import delete_rating, ratings_of

blueprint = Blueprint(__name__)

_PLACE = TypeAdapter[service.Place](tuple[Number, ...])
_PLACE_BY_TITLE = TypeAdapter[service.Place](tuple[ShortText, Number, MovieNumber])


@route(blueprint, "GET", "/me/library", needs=Credential.ACCESS_TOKEN, answers=Library)
def library(request: Request) -> Response:
    """All my stars and marks, by movie id."""
    person_id = person_asking(request)
    return answer(Library.of(ratings_of(person_id), marks_of(person_id)))


@route(
    blueprint,
    "GET",
    "/me/ratings",
    needs=Credential.ACCESS_TOKEN,
    query=RatingsQuery,
    answers=RatedPage,
    raises=(NotReadyError,),
)
def my_ratings(request: Request) -> Response:
    """My ratings, each with its movie."""
    person_id = person_asking(request)
    query = read_query(request, RatingsQuery)
    # Other ratings may come and go between two pages; the place of each stays what it is.
    asked, edition = f"ratings of {person_id}: {query.model_dump_json(exclude={'limit', 'cursor'})}", ""
    form = _PLACE_BY_TITLE if query.sort is service.Order.TITLE else _PLACE
    after = read_cursor(query.cursor, asked, edition, form) if query.cursor else None
    page = service.rated_movies(person_id, query.sort, query.wanted(), after, query.limit)
    return answer(
        RatedPage(
            items=[
                RatedMovie(movie=MovieCard.of(listed), stars=rating.stars, rated_at=rating.rated_at)
                for rating, listed in page.items
            ],
            next_cursor=write_cursor(asked, edition, page.following) if page.following else None,
            total=page.total,
            genres=[Genre(name=name, count=count) for name, count in page.genres],
        )
    )


@route(
    blueprint,
    "PUT",
    "/me/ratings/{movie_id}",
    needs=Credential.ACCESS_TOKEN,
    body=RatingBody,
    answers=MovieRating,
    raises=(NotFoundError, NotReadyError),
)
def rate(request: Request, movie_id: str) -> Response:
    """Rate a movie, anew or again."""
    person_id = person_asking(request)
    rating = service.rate(person_id, parse_movie_id(movie_id), read_body(request, RatingBody).stars)
    return answer(MovieRating(movie_id=rating.movie_id, stars=rating.stars, rated_at=rating.rated_at))


@route(blueprint, "DELETE", "/me/ratings/{movie_id}", needs=Credential.ACCESS_TOKEN, answers=NoContent)
def unrate(request: Request, movie_id: str) -> Response:
    """Take my rating of a movie back."""
    delete_rating(person_asking(request), parse_movie_id(movie_id))
    return nothing()


@route(
    blueprint,
    "GET",
    "/me/next-to-rate",
    needs=Credential.ACCESS_TOKEN,
    query=NextToRateQuery,
    answers=NextToRate,
    raises=(NotReadyError,),
)
def next_to_rate(request: Request) -> Response:
    """A movie that I have said nothing about yet, to ask me about."""
    person_id = person_asking(request)
    query = read_query(request, NextToRateQuery)
    listed = service.next_to_rate(person_id, popular=query.popular, skipped=query.skip)
    return answer(NextToRate(movie=MovieDetail.of(listed) if listed else None))
