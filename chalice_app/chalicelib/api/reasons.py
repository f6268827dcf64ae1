"""Why a movie is suggested, or is not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalice.app import Blueprint, Request, Response

from chalicelib.api.authentication import person_asking
from chalicelib.api.operations import Credential
from chalicelib.api.responses import Answer, Reason, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotFoundError, NotReadyError
from chalicelib.domain.movie import parse_movie_id
from chalicelib.services.movies import known_movie, titled
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.ratings import rating_of

if TYPE_CHECKING:
    from chalicelib.recommending.reasons import Share

SHOWN = 4
"""Ratings of mine that are told one by one, for the movie and against it; the rest is told in one number."""

blueprint = Blueprint(__name__)


class RatingCounts(Reason):
    """`adds` is less than 0 where the rating takes away."""

    adds: float


class WhyMovie(Answer):
    """`score` decides the place among the suggestions and has no unit. It is the sum of `average` (what most
    people like), of what single ratings of mine have `added` and `taken`, strongest first, and of `others`,
    all my other ratings together."""

    score: float
    average: float
    added: list[RatingCounts]
    taken: list[RatingCounts]
    others: float


class Why(Answer):
    """`why` is null while there is no model, and for a movie that is new to it."""

    why: WhyMovie | None


@route(
    blueprint,
    "GET",
    "/me/movies/{movie_id}/why",
    needs=Credential.ACCESS_TOKEN,
    answers=Why,
    raises=(NotFoundError, NotReadyError),
)
def why(request: Request, movie_id: str) -> Response:
    """Why a movie stands where it does among my suggestions, or stood before I rated it."""
    from chalicelib.services.suggesting import why as service  # it imports numpy

    person_id, number = person_asking(request), parse_movie_id(movie_id)
    if rating_of(person_id, number) is None:
        known_movie(number)
    found = service(person_id, number, SHOWN)
    if found is None:
        return answer(Why(why=None))
    reasons = found.reasons
    movies = titled(open_catalogue(), (one.movie_id for one in (*reasons.added, *reasons.taken)))

    def told(shares: "Sequence[Share]") -> list[RatingCounts]:
        return [
            RatingCounts(
                movie_id=one.movie_id,
                title=movies[one.movie_id].movie.title,
                stars=found.ratings[one.movie_id],
                adds=one.adds,
            )
            for one in shares
        ]

    return answer(
        Why(
            why=WhyMovie(
                score=reasons.score,
                average=reasons.average,
                added=told(reasons.added),
                taken=told(reasons.taken),
                others=reasons.others,
            )
        )
    )
