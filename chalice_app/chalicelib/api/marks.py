"""A person's marks: the watchlist, and what they are not interested in."""

from chalice.app import Blueprint, Request, Response

from chalicelib.api.authentication import person_asking
from chalicelib.api.requests import MarkBody, MarksQuery, read_body, read_query
from chalicelib.api.responses import MarkedMovie, MarkedMovies, MovieCard, MovieMark, answer, nothing
from chalicelib.api.routing import route
from chalicelib.domain.movie import parse_movie_id
from chalicelib.services import rating as service
from chalicelib.storage.marks import delete_mark

blueprint = Blueprint(__name__)


@route(blueprint, "GET", "/me/marks")
def my_marks(request: Request) -> Response:
    person_id = person_asking(request)
    kind = read_query(request, MarksQuery).kind
    return answer(
        MarkedMovies(
            items=[
                MarkedMovie(movie=MovieCard.of(listed), kind=mark.kind, marked_at=mark.marked_at)
                for mark, listed in service.marked_movies(person_id, kind)
            ]
        )
    )


@route(blueprint, "PUT", "/me/marks/{movie_id}")
def mark(request: Request, movie_id: str) -> Response:
    person_id = person_asking(request)
    made = service.mark(person_id, parse_movie_id(movie_id), read_body(request, MarkBody).kind)
    return answer(MovieMark(movie_id=made.movie_id, kind=made.kind, marked_at=made.marked_at))


@route(blueprint, "DELETE", "/me/marks/{movie_id}")
def unmark(request: Request, movie_id: str) -> Response:
    delete_mark(person_asking(request), parse_movie_id(movie_id))
    return nothing()
