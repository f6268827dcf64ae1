"""For operators: looking people and films up, and keeping accounts and ratings out of what models learn."""

from typing import Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.authentication import operator_asking
from chalicelib.api.operations import Credential, NoContent
from chalicelib.api.requests import Body, read_body
from chalicelib.api.responses import Answer, MovieCard, MovieDetail, answer, nothing
from chalicelib.api.routing import route
from chalicelib.domain.errors import ConflictError, ForbiddenError, NotFoundError, NotReadyError
from chalicelib.domain.movie import parse_movie_id
from chalicelib.domain.rating import PersonId
from chalicelib.services import people as service

blueprint = Blueprint(__name__)


class FindPersonBody(Body):
    """An e-mail address or an id. It comes in a body because addresses are logged and bodies are not."""

    who: Annotated[str, Field(min_length=1, max_length=254)]


class PersonFound(Answer):
    person_id: str


class RatingSeen(Answer):
    movie: MovieCard
    stars: float
    rated_at: int
    deactivated_at: int | None


class StoredList(Answer):
    """The suggestions that are stored for a person."""

    count: int
    model_version: str
    created_at: int


class PersonForOperator(Answer):
    """`ratings` and `deactivated_ratings` count all; `latest` are the newest of them."""

    person_id: str
    name: str
    joined_at: int
    operator: bool
    deactivated_at: int | None
    ratings: int
    deactivated_ratings: int
    watchlist: int
    not_interested: int
    suggestions: StoredList | None
    latest: list[RatingSeen]


class FilmForOperator(Answer):
    """`likes` is how many the current model learnt from; null where it does not know the film."""

    movie: MovieDetail
    model_version: str | None
    likes: int | None
    suggestible: bool


@route(
    blueprint,
    "POST",
    "/ops/people/find",
    needs=Credential.ACCESS_TOKEN,
    body=FindPersonBody,
    answers=PersonFound,
    raises=(ForbiddenError, NotFoundError),
)
def find_person(request: Request) -> Response:
    """Find a person by e-mail address or id."""
    operator_asking(request)
    return answer(PersonFound(person_id=service.find_person(read_body(request, FindPersonBody).who)))


@route(
    blueprint,
    "GET",
    "/ops/people/{person_id}",
    needs=Credential.ACCESS_TOKEN,
    answers=PersonForOperator,
    raises=(ForbiddenError, NotFoundError, NotReadyError),
)
def ops_person(request: Request, person_id: str) -> Response:
    """A person: since when, how active, and their newest ratings."""
    operator_asking(request)
    seen = service.person_seen(PersonId(person_id))
    stored = seen.suggestions
    return answer(
        PersonForOperator(
            person_id=seen.account.person_id,
            name=seen.account.name,
            joined_at=seen.account.joined_at,
            operator=seen.account.is_operator,
            deactivated_at=seen.account.deactivated_at,
            ratings=seen.ratings,
            deactivated_ratings=seen.deactivated_ratings,
            watchlist=seen.watchlist,
            not_interested=seen.not_interested,
            suggestions=StoredList(
                count=len(stored.suggestions),
                model_version=stored.model_version,
                created_at=stored.created_at,
            )
            if stored
            else None,
            latest=[
                RatingSeen(
                    movie=MovieCard.of(listed),
                    stars=rating.stars,
                    rated_at=rating.rated_at,
                    deactivated_at=rating.deactivated_at,
                )
                for rating, listed in seen.latest
            ],
        )
    )


@route(
    blueprint,
    "PUT",
    "/ops/people/{person_id}/deactivation",
    needs=Credential.ACCESS_TOKEN,
    answers=NoContent,
    raises=(ForbiddenError, NotFoundError, ConflictError),
)
def deactivate_account(request: Request, person_id: str) -> Response:
    """Deactivate an account: every log-in ends, no new one begins, and the next export omits its ratings."""
    operator = operator_asking(request)
    service.set_account_active(operator, PersonId(person_id), active=False)
    return nothing()


@route(
    blueprint,
    "DELETE",
    "/ops/people/{person_id}/deactivation",
    needs=Credential.ACCESS_TOKEN,
    answers=NoContent,
    raises=(ForbiddenError, NotFoundError),
)
def activate_account(request: Request, person_id: str) -> Response:
    """Activate an account again."""
    operator = operator_asking(request)
    service.set_account_active(operator, PersonId(person_id), active=True)
    return nothing()


@route(
    blueprint,
    "PUT",
    "/ops/people/{person_id}/ratings/{movie_id}/deactivation",
    needs=Credential.ACCESS_TOKEN,
    answers=NoContent,
    raises=(ForbiddenError, NotFoundError),
)
def deactivate_rating(request: Request, person_id: str, movie_id: str) -> Response:
    """Deactivate a rating: the next run leaves it out of training and averages.

    A new rating of the same film by the same person takes its place.
    """
    operator = operator_asking(request)
    service.set_rating_active(operator, PersonId(person_id), parse_movie_id(movie_id), active=False)
    return nothing()


@route(
    blueprint,
    "DELETE",
    "/ops/people/{person_id}/ratings/{movie_id}/deactivation",
    needs=Credential.ACCESS_TOKEN,
    answers=NoContent,
    raises=(ForbiddenError, NotFoundError),
)
def activate_rating(request: Request, person_id: str, movie_id: str) -> Response:
    """Let a rating count again."""
    operator = operator_asking(request)
    service.set_rating_active(operator, PersonId(person_id), parse_movie_id(movie_id), active=True)
    return nothing()


@route(
    blueprint,
    "GET",
    "/ops/films/{movie_id}",
    needs=Credential.ACCESS_TOKEN,
    answers=FilmForOperator,
    raises=(ForbiddenError, NotFoundError, NotReadyError),
)
def ops_film(request: Request, movie_id: str) -> Response:
    """A film, and what the current model knows of it."""
    operator_asking(request)
    seen = service.film_seen(parse_movie_id(movie_id))
    return answer(
        FilmForOperator(
            movie=MovieDetail.of(seen.listed),
            model_version=seen.model_version,
            likes=seen.likes,
            suggestible=seen.suggestible,
        )
    )
