"""For operators: the models there are, and which of them is served."""

from typing import Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.authentication import operator_asking
from chalicelib.api.model_card import PublicCard
from chalicelib.api.operations import Credential
from chalicelib.api.requests import Body, read_body
from chalicelib.api.responses import Answer, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import ConflictError, ForbiddenError, NotFoundError
from chalicelib.services import models as service
from chalicelib.services.models import Change, State
from chalicelib.services.operators import record
from chalicelib.storage.artifacts import POINTER_SECONDS

blueprint = Blueprint(__name__)


class PromotionBody(Body):
    version: Annotated[str, Field(min_length=1, max_length=60)]


class ModelInList(Answer):
    """Figures are null where the model was never measured; `reason` says why it was refused."""

    version: str
    state: State
    started_at: int | None
    ratings: int | None
    rmse: float | None
    ndcg10: float | None
    popularity_ndcg10: float | None
    reason: str | None


class Models(Answer):
    """The latest models, the newest first; `earlier` is what a rollback goes back to."""

    items: list[ModelInList]
    earlier: str | None


class ChangeOfModel(Answer):
    """`served_within` is in seconds."""

    current: str
    before: str | None
    served_within: float


@route(
    blueprint, "GET", "/ops/models", needs=Credential.ACCESS_TOKEN, answers=Models, raises=(ForbiddenError,)
)
def ops_models(request: Request) -> Response:
    """The latest models, with their figures."""
    operator_asking(request)
    items = [
        ModelInList(
            version=line.version,
            state=line.state,
            started_at=line.started_at,
            ratings=line.ratings,
            rmse=line.rmse,
            ndcg10=line.ndcg10,
            popularity_ndcg10=line.popularity_ndcg10,
            reason=line.reason,
        )
        for line in service.latest_models()
    ]
    return answer(Models(items=items, earlier=service.earlier_model()))


@route(
    blueprint,
    "GET",
    "/ops/models/{version}",
    needs=Credential.ACCESS_TOKEN,
    answers=PublicCard,
    raises=(ForbiddenError, NotFoundError),
)
def ops_model(request: Request, version: str) -> Response:
    """A model's card, as the public sees that of the current one."""
    operator_asking(request)
    return answer(PublicCard.of(service.card_of(version)))


@route(
    blueprint,
    "PUT",
    "/ops/models/current",
    needs=Credential.ACCESS_TOKEN,
    body=PromotionBody,
    answers=ChangeOfModel,
    raises=(ForbiddenError, NotFoundError, ConflictError),
)
def promote_model(request: Request) -> Response:
    """Make a model current, whatever the gate said of it."""
    operator = operator_asking(request)
    change = service.promote(read_body(request, PromotionBody).version)
    record(operator, "promote model", current=change.current, before=change.before)
    return _changed(change)


@route(
    blueprint,
    "POST",
    "/ops/models/rollback",
    needs=Credential.ACCESS_TOKEN,
    answers=ChangeOfModel,
    raises=(ForbiddenError, NotFoundError, ConflictError),
)
def roll_back_model(request: Request) -> Response:
    """Make the model current that was so before."""
    operator = operator_asking(request)
    change = service.rollback()
    record(operator, "roll back model", current=change.current, before=change.before)
    return _changed(change)


def _changed(change: Change) -> Response:
    return answer(ChangeOfModel(current=change.current, before=change.before, served_within=POINTER_SECONDS))
