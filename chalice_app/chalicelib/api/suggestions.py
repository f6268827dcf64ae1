"""What to see next."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field, TypeAdapter

from chalicelib.api.authentication import person_asking
from chalicelib.api.cursors import read_cursor, write_cursor
from chalicelib.api.operations import Credential
from chalicelib.api.requests import DialsQuery, SuggestionsQuery, read_query
from chalicelib.api.responses import (
    Answer,
    MovieCard,
    Reason,
    SuggestedMovie,
    Suggestions,
    answer,
)
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotReadyError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import MOST_SUGGESTIONS, Suggestion
from chalicelib.services.movies import titled
from chalicelib.storage.catalogue import ListedMovie, open_catalogue

if TYPE_CHECKING:
    from chalicelib.recommending.rows import Row
    from chalicelib.services.suggesting import PersonRows, PersonSuggestions

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
    """What to see next, best first, with predicted stars and reasons.

    Filters narrow what is looked at, not what comes out: a narrow one still fills the list.
    """
    from chalicelib.services.suggesting import suggestions_for  # it imports numpy

    person_id = person_asking(request)
    query = read_query(request, SuggestionsQuery)
    wish, listing = query.wish(), query.listing()
    made = suggestions_for(person_id, wish, listing)
    asked, edition = f"suggestions for {person_id}: {wish}, {listing}", _edition(made.suggestions)
    start = read_cursor(query.cursor, asked, edition, _START) if query.cursor else 0
    end = start + query.limit
    page = made.suggestions[start:end]

    return answer(
        suggested(made, page, write_cursor(asked, edition, end) if end < len(made.suggestions) else None)
    )


def suggested(made: "PersonSuggestions", page: Sequence[Suggestion], next_cursor: str | None) -> Suggestions:
    """A page of the suggestions, each with its movie and the rating that speaks for it."""
    return Suggestions(
        items=_items(page, made.ratings, predicted=made.predicted),
        next_cursor=next_cursor,
        model_version=made.model_version,
        created_at=made.created_at,
        source=made.source,
        milliseconds=made.milliseconds,
    )


class SuggestionRow(Answer):
    """`kind` and `subject` together are the row's identity: the subject of `because` is the movie that was
    rated, of `genre` its name, of `decade` and `new-decade` the first year, of other rows nothing."""

    kind: str
    subject: str | None
    title: str
    why: str
    items: list[SuggestedMovie]


class SuggestionRows(Answer):
    rows: list[SuggestionRow]
    model_version: str | None
    source: str
    milliseconds: float


@route(
    blueprint,
    "GET",
    "/me/suggestions/rows",
    needs=Credential.ACCESS_TOKEN,
    query=DialsQuery,
    answers=SuggestionRows,
    raises=(NotReadyError,),
)
def suggestion_rows(request: Request) -> Response:
    """What to see next, in rows that say why they are there; no movie is in two of them."""
    from chalicelib.services.suggesting import rows_for  # it imports numpy

    made = rows_for(person_asking(request), read_query(request, DialsQuery).wish())
    return answer(in_rows(made))


def in_rows(made: "PersonRows") -> SuggestionRows:
    """The rows, each with its words, its movies and what speaks for them."""
    everything = [one for row in made.rows for one in row.suggestions]
    items = _items(everything, made.ratings, predicted=made.model_version is not None)
    by_id = {item.movie.movie_id: item for item in items}
    reasons = titled(open_catalogue(), [row.because_of for row in made.rows if row.because_of])
    rows = []
    for row in made.rows:
        title, why = _words(row, made.ratings, reasons[row.because_of] if row.because_of else None)
        subject = str(row.because_of) if row.because_of else row.group
        shown = [by_id[one.movie_id] for one in row.suggestions if one.movie_id in by_id]
        rows.append(SuggestionRow(kind=row.kind, subject=subject, title=title, why=why, items=shown))
    return SuggestionRows(
        rows=rows,
        model_version=made.model_version,
        source=made.source,
        milliseconds=round(made.milliseconds, 2),
    )


_WORDS = {
    "for-you": ("For you", "From all that you rated, taken together."),
    "because": ("Because you gave {reason}", "It speaks louder for these than anything else you rated."),
    "watchlist": ("From your watchlist", "What we think you would enjoy most comes first."),
    "gems": ("Hidden gems", "Films that few know, and for which we guess more stars than your average."),
    "genre": ("{row.group}", "You liked {counts}."),
    "decade": ("The {row.group}s", "You liked {counts}."),
    "new-decade": ("New to you: the {row.group}s", "You have not rated a film of that decade yet."),
}
_WORDS_FOR_NEWCOMERS = ("Well-loved films", "What most people like, until you have rated something.")


def _words(row: "Row", ratings: Mapping[MovieId, float], reason: ListedMovie | None) -> tuple[str, str]:
    """What a row is called and why it is there; `reason` is the movie it is because of."""
    if row.kind == "for-you" and not ratings:
        return _WORDS_FOR_NEWCOMERS
    given = f"“{reason.movie.title}” {_stars(ratings[reason.movie.movie_id])}" if reason else ""
    if row.liked < row.rated:
        counts = f"{row.liked} of the {row.rated} you rated"
    else:
        counts = "the one you rated" if row.rated == 1 else f"all {row.rated} you rated"
    title, why = _WORDS[row.kind]
    return title.format(row=row, reason=given), why.format(counts=counts)


def _stars(stars: float) -> str:
    return "1 star" if stars == 1 else f"{stars:g} stars"


def _items(
    suggestions: Sequence[Suggestion], ratings: Mapping[MovieId, float], *, predicted: bool
) -> list[SuggestedMovie]:
    """Without those that have left the catalogue."""
    movies = open_catalogue().movies([one.movie_id for one in suggestions])
    reasons = _reasons(ratings, suggestions)
    return [
        SuggestedMovie(
            movie=MovieCard.of(movies[one.movie_id]),
            **SuggestedMovie.fields_of(one.prediction if predicted else None),
            because_of=reasons.get(one.because_of) if one.because_of else None,
        )
        for one in suggestions
        if one.movie_id in movies
    ]


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
