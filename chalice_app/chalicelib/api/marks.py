"""A person's marks: the watchlist, and what they are not interested in."""

from chalice.app import Blueprint, Request, Response
from pydantic import TypeAdapter

from chalicelib.api.authentication import person_asking
from chalicelib.api.cursors import Number, read_cursor, write_cursor
from chalicelib.api.operations import Credential, NoContent
from chalicelib.api.requests import MarkBody, MarksQuery, read_body, read_query
from chalicelib.api.responses import MarkedMovie, MarkedPage, MovieCard, MovieMark, answer, nothing
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotFoundError, NotReadyError
from chalicelib.domain.movie import parse_movie_id
from chalicelib.services import rating as service
from chalicelib.storage.marks import delete_mark

blueprint = Blueprint(__name__)

_PLACE = TypeAdapter[tuple[float, ...]](tuple[Number, ...])


@route(
    blueprint,
    "GET",
    "/me/marks",
    needs=Credential.ACCESS_TOKEN,
    query=MarksQuery,
    answers=MarkedPage,
    raises=(NotReadyError,),
)
def my_marks(request: Request) -> Response:
    """My marks, newest first, each with its movie."""
    person_id = person_asking(request)
    query = read_query(request, MarksQuery)
    # As with ratings, the place of each mark stays what it is.
    asked, edition = f"marks of {person_id}: {query.kind}", ""
    after = read_cursor(query.cursor, asked, edition, _PLACE) if query.cursor else None
    page = service.marked_movies(person_id, query.kind, after, query.limit)
    return answer(
        MarkedPage(
            items=[
                MarkedMovie(movie=MovieCard.of(listed), kind=mark.kind, marked_at=mark.marked_at)
                for mark, listed in page.items
            ],
            next_cursor=write_cursor(asked, edition, page.following) if page.following else None,
            total=page.total,
        )
    )


@route(
    blueprint,
    "PUT",
    "/me/marks/{movie_id}",
    needs=Credential.ACCESS_TOKEN,
    body=MarkBody,
    answers=MovieMark,
    raises=(NotFoundError, NotReadyError),
)
def mark(request: Request, movie_id: str) -> Response:
    """Mark a movie, anew or otherwise."""
    person_id = person_asking(request)
    made = service.mark(person_id, parse_movie_id(movie_id), read_body(request, MarkBody).kind)
    return answer(MovieMark(movie_id=made.movie_id, kind=made.kind, marked_at=made.marked_at))


@route(blueprint, "DELETE", "/me/marks/{movie_id}", needs=Credential.ACCESS_TOKEN, answers=NoContent)
def unmark(request: Request, movie_id: str) -> Response:
    """Take my mark on a movie back."""
    delete_mark(person_asking(request), parse_movie_id(movie_id))
    return nothing()
