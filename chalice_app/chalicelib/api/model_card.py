"""The public card of the current model: what it is, and how good it is on ratings it never saw."""

from typing import Annotated, Any

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.responses import Answer, answer, etag_of, is_known, nothing, public_headers
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotFoundError, NotReadyError
from chalicelib.services import models as service

SVG_TYPE = "image/svg+xml"
FOREVER = "public, max-age=31536000, immutable"

blueprint = Blueprint(__name__)

Interval = Annotated[list[float], Field(min_length=2, max_length=2)]
"""Its low and its high end."""


class TrainingData(Answer):
    """What the model learnt from; `earliest` and `latest` are null where the ratings carry no times."""

    ratings: int
    people: int
    movies: int
    earliest: int | None
    latest: int | None


class Figure(Answer):
    """A figure and its 95 % interval, null where none was measured."""

    value: float
    interval: Interval | None


class StarsMeasured(Answer):
    """How far off the predicted stars are; `calibration_error` is the mean distance of predicted from mean
    given stars."""

    rmse: Figure
    mae: Figure
    calibration_error: float


class RankingMeasured(Answer):
    """`better_by` is the difference in nDCG@10 to showing everybody what most people like. Coverage is the
    share of all films that are shown to anybody."""

    ndcg10: Figure
    popularity_ndcg10: Figure
    better_by: Figure
    recall10: Figure
    popularity_recall10: Figure
    coverage: float
    popularity_coverage: float


class PeopleByActivity(Answer):
    """People with `fewest` to `most` (null: any number of) ratings."""

    fewest: int
    most: int | None
    people: int
    rmse: Figure
    ndcg10: Figure
    popularity_ndcg10: float


class NewPeople(Answer):
    """What people whom the model never met are shown after their first `ratings`; `better_by` is the interval
    of the difference to popularity."""

    ratings: int
    people: int
    ndcg10: float
    popularity_ndcg10: float
    better_by: Interval


class AgainstPredecessor(Answer):
    """One figure of both models on the same people; the interval is of `new - before`."""

    name: str
    new: float
    before: float
    interval: Interval
    worse: bool


class GateVerdict(Answer):
    """Whether the model may take the place of `compared_with`, judged on `people` measured both times."""

    accepted: bool
    reason: str
    people: int
    compared_with: str | None
    figures: list[AgainstPredecessor]


class PublicCard(Answer):
    """`split` tells which ratings were held out: each person's `newest`, or some `drawn` by lot. `plots` are
    names of plots; `verdict` is null while the model has not been judged."""

    version: str
    started_at: int
    data: TrainingData
    split: str
    learnt_from: int
    held_out: int
    people: int
    stars: StarsMeasured
    ranking: RankingMeasured
    by_activity: list[PeopleByActivity]
    new_people: list[NewPeople]
    verdict: GateVerdict | None
    plots: list[str]

    @classmethod
    def of(cls, card: dict[str, Any]) -> "PublicCard":
        """From the card as the job wrote it."""
        held_out = card["held_out"]
        ranking, popularity = held_out["ranking"], held_out["popularity"]
        better_by, its_interval = held_out["ndcg10_over_popularity"]
        return cls(
            version=card["version"],
            started_at=card["started_at"],
            data=TrainingData(**card["data"]),
            split=held_out["split"],
            learnt_from=held_out["train_ratings"],
            held_out=held_out["held_out_ratings"],
            people=held_out["people"],
            stars=StarsMeasured(
                rmse=_figure(held_out, "rmse"),
                mae=_figure(held_out, "mae"),
                calibration_error=held_out["calibration"]["error"],
            ),
            ranking=RankingMeasured(
                ndcg10=_figure(ranking, "ndcg10"),
                popularity_ndcg10=_figure(popularity, "ndcg10"),
                better_by=Figure(value=better_by, interval=its_interval),
                recall10=_figure(ranking, "recall10"),
                popularity_recall10=_figure(popularity, "recall10"),
                coverage=ranking["coverage"],
                popularity_coverage=popularity["coverage"],
            ),
            by_activity=[
                PeopleByActivity(
                    fewest=group["fewest"],
                    most=group["most"],
                    people=group["people"],
                    rmse=_figure(group, "rmse"),
                    ndcg10=_figure(group, "ndcg10"),
                    popularity_ndcg10=group["popularity_ndcg10"],
                )
                for group in held_out["by_ratings"]
            ],
            new_people=[
                NewPeople(
                    ratings=new["ratings"],
                    people=new["people"],
                    ndcg10=new["ndcg10"],
                    popularity_ndcg10=new["popularity"],
                    better_by=new["over_popularity"],
                )
                for new in held_out["cold_start"]
            ],
            verdict=_verdict(card["gate"]),
            plots=[name.removeprefix("plots/").removesuffix(".svg") for name in card["plots"]],
        )


@route(blueprint, "GET", "/model", answers=PublicCard, cached=True, raises=(NotFoundError, NotReadyError))
def model_card(request: Request) -> Response:
    """The current model: what it learnt from, and how good it is on ratings it never saw."""
    card = service.card_of()
    etag = etag_of(card["version"], f"card judged {card['gate'] is not None}")
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    return answer(PublicCard.of(card), headers=public_headers(etag))


@route(
    blueprint,
    "GET",
    "/models/{version}/plots/{name}",
    answers=SVG_TYPE,
    cached=True,
    raises=(NotFoundError,),
)
def model_plot(request: Request, version: str, name: str) -> Response:
    """A plot of a model's card, as SVG. It never changes."""
    etag = etag_of(version, f"plot {name}")
    plot = service.plot_of(version, name)
    headers = public_headers(etag) | {"Cache-Control": FOREVER}
    if is_known(request, etag):
        return nothing(304, headers)
    # Text, so that API Gateway passes it on as it is; nothing in a picture may run.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return Response(
        plot.decode(), {"Content-Type": SVG_TYPE, "Content-Security-Policy": policy, **headers}, 200
    )


def _figure(figures: dict[str, Any], name: str) -> Figure:
    return Figure(value=figures[name], interval=figures["intervals"].get(name))


def _verdict(gate: dict[str, Any] | None) -> GateVerdict | None:
    if gate is None:
        return None
    return GateVerdict(
        accepted=gate["accepted"],
        reason=gate["reason"],
        people=gate["people"],
        compared_with=gate["compared_with"],
        figures=[
            AgainstPredecessor(
                name=name,
                new=one["new"],
                before=one["current"],
                interval=one["interval"],
                worse=one["worse"],
            )
            for name, one in gate["comparisons"].items()
        ],
    )
