"""Trying the service out without an account, and keeping all of that once there is one."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from chalice.app import Blueprint, Request, Response
from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from chalicelib.api.authentication import person_asking
from chalicelib.api.operations import Credential
from chalicelib.api.requests import Body, NextToRateQuery, Query, address_of, read_body, read_query
from chalicelib.api.responses import (
    Answer,
    MovieCard,
    MovieDetail,
    NextToRate,
    Predicted,
    Suggestions,
    answer,
    etag_of,
    is_known,
    nothing,
    public_headers,
)
from chalicelib.api.routing import route
from chalicelib.api.suggestions import SuggestionRows, in_rows, suggested
from chalicelib.domain.errors import InvalidInputError, NotFoundError, NotReadyError, TooManyAttemptsError
from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import LARGEST_MOVIE_ID, MovieId, parse_movie_id
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS, Rating, check_stars
from chalicelib.domain.suggestion import MOST_SUGGESTIONS
from chalicelib.domain.wish import Wish, WishedOrder
from chalicelib.services import trying
from chalicelib.services.movies import known_movie
from chalicelib.services.rating import next_to_rate
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import ratings_of

MOST_TRIED_OUT = 300
"""How many ratings, and how many marks, one request may carry."""

_LAST_MOMENT = 9_999_999_999_999  # the year 2286: a number of milliseconds that every store holds exactly

blueprint = Blueprint(__name__)


def _on_the_grid(stars: float) -> float:
    try:
        return check_stars(stars)
    except InvalidInputError:
        raise PydanticCustomError("stars", "A rating is half a star to five, in halves.") from None


_Movie = Annotated[int, Field(ge=1, le=LARGEST_MOVIE_ID)]
_Moment = Annotated[int, Field(ge=0, le=_LAST_MOMENT, description="Milliseconds since 1970, UTC.")]
_Stars = Annotated[
    float,
    AfterValidator(_on_the_grid),
    WithJsonSchema({"type": "number", "minimum": FEWEST_STARS, "maximum": MOST_STARS, "multipleOf": 0.5}),
]


class TriedRating(Body):
    movie_id: _Movie
    stars: _Stars
    rated_at: _Moment


class TriedMark(Body):
    movie_id: _Movie
    kind: Annotated[MarkKind, Field(strict=False)]
    marked_at: _Moment


class TriedOut(Body):
    """What somebody said of movies; of two things said of one movie the newer counts."""

    ratings: Annotated[tuple[TriedRating, ...], Field(max_length=MOST_TRIED_OUT)] = ()
    marks: Annotated[tuple[TriedMark, ...], Field(max_length=MOST_TRIED_OUT)] = ()

    def stars_by_movie(self) -> dict[MovieId, float]:
        """Oldest first."""
        return {MovieId(one.movie_id): one.stars for one in _newest(self.ratings)}

    def kinds_by_movie(self) -> dict[MovieId, MarkKind]:
        """Oldest first."""
        return {MovieId(one.movie_id): one.kind for one in _newest(self.marks)}


class TryingRowsBody(TriedOut):
    """`adventure` leads away from what everybody knows; `order` is what they would enjoy next, or the
    highest predicted stars."""

    adventure: Annotated[float, Field(ge=0, le=1)] = 0.0
    order: WishedOrder = "ranking"

    def wish(self) -> Wish:
        return Wish(self.adventure, self.order)


class TryingBody(TryingRowsBody):
    limit: Annotated[int, Field(ge=1, le=MOST_SUGGESTIONS)] = 24


class PredictedMovie(Predicted):
    """Nothing is predicted without a model, or of a movie that it has never met."""


class BeginningQuery(Query):
    limit: Annotated[int, Field(ge=1, le=60)] = 40


class MoviesToBeginWith(Answer):
    items: list[MovieCard]


class KeptLibrary(Answer):
    """Everything the person has said by now, by movie id; how much of what was sent is part of it."""

    ratings: dict[int, float]
    marks: dict[int, MarkKind]
    kept_ratings: int
    kept_marks: int


Said = TypeVar("Said", TriedRating, TriedMark)


@route(
    blueprint,
    "GET",
    "/movies/to-begin-with",
    query=BeginningQuery,
    answers=MoviesToBeginWith,
    cached=True,
    raises=(NotReadyError,),
)
def to_begin_with(request: Request) -> Response:
    """Well-known movies whose stars tell most about a new person's taste, the most telling first."""
    from chalicelib.services.suggesting import current_model_version, movies_to_begin_with  # numpy

    query = read_query(request, BeginningQuery)
    catalogue = open_catalogue()
    etag = etag_of(catalogue.version, f"to begin with, by {current_model_version()}&limit={query.limit}")
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    movies = catalogue.movies(movies_to_begin_with(query.limit))
    items = [MovieCard.of(listed) for listed in movies.values()]
    return answer(MoviesToBeginWith(items=items), headers=public_headers(etag))


@route(
    blueprint,
    "POST",
    "/suggestions",
    body=TryingBody,
    answers=Suggestions,
    raises=(NotReadyError, TooManyAttemptsError),
)
def suggestions_without_account(request: Request) -> Response:
    """What to see next, for somebody without an account, from what they say here. Nothing of it is kept."""
    from chalicelib.services.suggesting import suggestions_from  # it imports numpy

    body = read_body(request, TryingBody)
    trying.count_suggestions(address_of(request))
    made = suggestions_from(body.stars_by_movie(), body.kinds_by_movie(), body.wish())
    return answer(suggested(made, made.suggestions[: body.limit], None))


@route(
    blueprint,
    "POST",
    "/suggestions/rows",
    body=TryingRowsBody,
    answers=SuggestionRows,
    raises=(NotReadyError, TooManyAttemptsError),
)
def rows_without_account(request: Request) -> Response:
    """The same in rows that say why they are there; no movie is in two of them."""
    from chalicelib.services.suggesting import rows_from  # it imports numpy

    body = read_body(request, TryingRowsBody)
    trying.count_suggestions(address_of(request))
    return answer(in_rows(rows_from(body.stars_by_movie(), body.kinds_by_movie(), body.wish())))


@route(
    blueprint,
    "POST",
    "/movies/{movie_id}/predicted-stars",
    body=TriedOut,
    answers=PredictedMovie,
    raises=(NotFoundError, NotReadyError, TooManyAttemptsError),
)
def predicted_without_account(request: Request, movie_id: str) -> Response:
    """How many stars somebody without an account is expected to give a movie, from what they say here."""
    from chalicelib.services.suggesting import prediction_from  # it imports numpy

    number = parse_movie_id(movie_id)
    body = read_body(request, TriedOut)
    trying.count_suggestions(address_of(request))
    known_movie(number)
    found = prediction_from(body.stars_by_movie(), number)
    return answer(PredictedMovie(**PredictedMovie.fields_of(found)))


@route(blueprint, "GET", "/next-to-rate", query=NextToRateQuery, answers=NextToRate, raises=(NotReadyError,))
def next_without_account(request: Request) -> Response:
    """A movie to ask somebody about who has no account; `skip` says which ones they know of already."""
    query = read_query(request, NextToRateQuery)
    listed = next_to_rate(None, popular=query.popular, skipped=query.skip)
    return answer(NextToRate(movie=MovieDetail.of(listed) if listed else None))


@route(
    blueprint,
    "POST",
    "/me/library",
    needs=Credential.ACCESS_TOKEN,
    body=TriedOut,
    answers=KeptLibrary,
    raises=(NotReadyError,),
)
def keep(request: Request) -> Response:
    """Add what I said before I logged in to my ratings and marks.

    The newest wins, so sending the same again changes nothing. Movies that the catalogue lacks are passed
    over.
    """
    person_id = person_asking(request)
    body = read_body(request, TriedOut)
    trying.keep_tried_out(
        person_id,
        [Rating(person_id, MovieId(one.movie_id), one.stars, one.rated_at) for one in _newest(body.ratings)],
        [Mark(person_id, MovieId(one.movie_id), one.kind, one.marked_at) for one in _newest(body.marks)],
    )
    ratings = {int(one.movie_id): one.stars for one in ratings_of(person_id)}
    marks = {int(one.movie_id): one.kind for one in marks_of(person_id)}
    return answer(
        KeptLibrary(
            ratings=ratings,
            marks=marks,
            kept_ratings=sum(ratings.get(one.movie_id) == one.stars for one in _newest(body.ratings)),
            kept_marks=sum(marks.get(one.movie_id) == one.kind for one in _newest(body.marks)),
        )
    )


def _newest(said: Sequence[Said]) -> list[Said]:
    """The newest of each movie, oldest first; of one moment the later in the list."""

    def moment(one: Said) -> int:
        return one.rated_at if isinstance(one, TriedRating) else one.marked_at

    newest: dict[int, Said] = {}
    for one in sorted(said, key=moment):
        newest.pop(one.movie_id, None)
        newest[one.movie_id] = one
    return list(newest.values())
