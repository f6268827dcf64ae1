"""What my ratings say about me."""

from chalice.app import Blueprint, Request, Response

from chalicelib.api.authentication import person_asking
from chalicelib.api.operations import Credential
from chalicelib.api.responses import Answer, Hundredths, MovieCard, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotReadyError

blueprint = Blueprint(__name__)


class StarsOf(Answer):
    """My ratings of one kind. `difference` is how many more stars I gave than everybody gave these films."""

    name: str
    count: int
    mean: Hundredths
    difference: Hundredths | None


class RatedInMonth(Answer):
    """`month` is like `2024-05`, UTC."""

    month: str
    count: int


class PredictedAbout(Answer):
    """The ratings that were predicted at about `stars`: what they were on average, and their middle half."""

    stars: float
    count: int
    mean: Hundredths
    low: Hundredths
    high: Hundredths


class Accuracy(Answer):
    """In stars: the mean error of predictions and that of guessing each film's average; three in four
    predictions are at most `usually_within` off."""

    count: int
    error: Hundredths
    guess_error: Hundredths
    usually_within: Hundredths
    bins: list[PredictedAbout]


class Foretold(Answer):
    movie_id: int
    stars: float
    predicted_stars: Hundredths


class Surprise(Answer):
    movie: MovieCard
    stars: float
    predicted_stars: Hundredths


class Foretelling(Answer):
    accuracy: Accuracy
    ratings: list[Foretold]
    surprises: list[Surprise]


class Statistics(Answer):
    """Histograms are how many ratings are of half a star, one star, … five: mine, and everybody's of the
    same films. `overall` is null before the first rating, `foretelling` without a model or with too few."""

    overall: StarsOf | None
    histogram: list[int]
    histogram_of_all: list[int]
    genres: list[StarsOf]
    decades: list[StarsOf]
    directors: list[StarsOf]
    actors: list[StarsOf]
    months: list[RatedInMonth]
    foretelling: Foretelling | None


@route(
    blueprint,
    "GET",
    "/me/statistics",
    needs=Credential.ACCESS_TOKEN,
    answers=Statistics,
    raises=(NotReadyError,),
)
def my_statistics(request: Request) -> Response:
    """How I rate, beside everybody else, and how well my ratings are foretold.

    Each rating is predicted from all my others, as if I had not given it.
    """
    from chalicelib.services.statistics import statistics_of  # it imports numpy

    found = statistics_of(person_asking(request))
    groups = {
        name: [StarsOf.model_validate(group, from_attributes=True) for group in getattr(found, name)]
        for name in ("genres", "decades", "directors", "actors")
    }
    told = found.foretelling
    return answer(
        Statistics(
            overall=StarsOf.model_validate(found.overall, from_attributes=True) if found.overall else None,
            histogram=list(found.histogram),
            histogram_of_all=list(found.histogram_of_all),
            months=[RatedInMonth.model_validate(month, from_attributes=True) for month in found.months],
            foretelling=Foretelling(
                accuracy=Accuracy.model_validate(told.accuracy, from_attributes=True),
                ratings=[Foretold.model_validate(one, from_attributes=True) for one in told.ratings],
                surprises=[
                    Surprise(movie=MovieCard.of(listed), stars=one.stars, predicted_stars=one.predicted_stars)
                    for one, listed in told.surprises
                ],
            )
            if told
            else None,
            **groups,
        )
    )
