"""What to see next."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field, TypeAdapter

from chalicelib.api.authentication import person_asking
from chalicelib.api.cursors import read_cursor, write_cursor
from chalicelib.api.operations import Credential
from chalicelib.api.requests import SuggestionsQuery, read_query
from chalicelib.api.responses import MovieCard, Reason, SuggestedMovie, Suggestions, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotReadyError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import MOST_SUGGESTIONS, Suggestion
from chalicelib.services.movies import titled
from chalicelib.storage.catalogue import open_catalogue

if TYPE_CHECKING:
    from chalicelib.services.suggesting import PersonSuggestions

blueprint = Blueprint(__name__)

_START = TypeAdapter[int](Annotated[int, Field(strict=True, ge=0, le=MOST_SUGGESTIONS)])


@route(
    blueprint,
    "GET",
    "/me/suggestions",
    needs=Credential.ACCESS_TOKEN,
    query=SuggestionsQuery,
    answers=Suggestions,
    raises=(NotReadyError,),
)
def suggestions(request: Request) -> Response:
    """What to see next, best first, with predicted stars and reasons."""
    from chalicelib.services.suggesting import suggestions_for  # it imports numpy

    person_id = person_asking(request)
    query = read_query(request, SuggestionsQuery)
    wish = query.wish()
    made = suggestions_for(person_id, wish)
    asked, edition = f"suggestions for {person_id}: {wish}", _edition(made.suggestions)
    start = read_cursor(query.cursor, asked, edition, _START) if query.cursor else 0
    end = start + query.limit
    page = made.suggestions[start:end]

    return answer(
        suggested(made, page, write_cursor(asked, edition, end) if end < len(made.suggestions) else None)
    )


def suggested(made: "PersonSuggestions", page: Sequence[Suggestion], next_cursor: str | None) -> Suggestions:
    """A page of the suggestions, each with its movie and the rating that speaks for it."""
    movies = open_catalogue().movies([suggestion.movie_id for suggestion in page])
    reasons = _reasons(made.ratings, page)
    return Suggestions(
        items=[
            SuggestedMovie(
                movie=MovieCard.of(movies[one.movie_id]),
                predicted_stars=one.predicted_stars if made.predicted else None,
                because_of=reasons.get(one.because_of) if one.because_of else None,
            )
            for one in page
            if one.movie_id in movies
        ],
        next_cursor=next_cursor,
        model_version=made.model_version,
        created_at=made.created_at,
        source=made.source,
        milliseconds=made.milliseconds,
    )


def _edition(suggestions: Sequence[Suggestion]) -> str:
    """The list itself decides whether it has changed: some lists are made anew at each request."""
    return blake2b(repr([one.movie_id for one in suggestions]).encode(), digest_size=8).hexdigest()


def _reasons(ratings: Mapping[MovieId, float], page: Sequence[Suggestion]) -> Mapping[MovieId, Reason]:
    """The ratings that speak for these suggestions, as far as the person still has them."""
    reasons = {one.because_of for one in page if one.because_of is not None and one.because_of in ratings}
    return {
        movie_id: Reason(movie_id=movie_id, title=listed.movie.title, stars=ratings[movie_id])
        for movie_id, listed in titled(open_catalogue(), reasons).items()
    }
