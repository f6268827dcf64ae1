"""One movie as I see it: what I said of it, what I am expected to, and why."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalice.app import Blueprint, Request, Response

from chalicelib.api.authentication import person_asking
from chalicelib.api.operations import Credential
from chalicelib.api.responses import Answer, Predicted, Reason, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotFoundError, NotReadyError
from chalicelib.domain.mark import MarkKind
from chalicelib.domain.movie import parse_movie_id
from chalicelib.services.movies import known_movie, titled
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.marks import mark_of
from chalicelib.storage.ratings import rating_of

if TYPE_CHECKING:
    from chalicelib.recommending.reasons import Share
    from chalicelib.services.suggesting import Standing

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


class MyMovie(Predicted):
    """The prediction, and `why`, go by everything that the person rated but this movie. `why` says what its
    place among the suggestions is made of; null while there is no model, and for a movie that is new to it.
    """

    stars: float | None
    mark: MarkKind | None
    why: WhyMovie | None


@route(
    blueprint,
    "GET",
    "/me/movies/{movie_id}",
    needs=Credential.ACCESS_TOKEN,
    answers=MyMovie,
    raises=(NotFoundError, NotReadyError),
)
def my_movie(request: Request, movie_id: str) -> Response:
    """What I said of a movie, how many stars I am expected to give it, as far as that is sure, and why it
    stands where it does among my suggestions, or stood before I rated it."""
    from chalicelib.services.suggesting import standing_of  # it imports numpy

    person_id, number = person_asking(request), parse_movie_id(movie_id)
    rating, mark = rating_of(person_id, number), mark_of(person_id, number)
    if rating is None and mark is None:
        known_movie(number)
    standing = standing_of(person_id, number, SHOWN)
    return answer(
        MyMovie(
            stars=rating.stars if rating else None,
            mark=mark.kind if mark else None,
            why=_why(standing),
            **MyMovie.fields_of(standing.prediction),
        )
    )


def _why(standing: "Standing") -> WhyMovie | None:
    reasons = standing.reasons
    if reasons is None:
        return None
    movies = titled(open_catalogue(), (one.movie_id for one in (*reasons.added, *reasons.taken)))

    def told(shares: "Sequence[Share]") -> list[RatingCounts]:
        return [
            RatingCounts(
                movie_id=one.movie_id,
                title=movies[one.movie_id].movie.title,
                stars=standing.ratings[one.movie_id],
                adds=one.adds,
            )
            for one in shares
        ]

    return WhyMovie(
        score=reasons.score,
        average=reasons.average,
        added=told(reasons.added),
        taken=told(reasons.taken),
        others=reasons.others,
    )
