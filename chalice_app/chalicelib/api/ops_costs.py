"""For operators: what a month on AWS costs."""

from dataclasses import asdict, fields, replace
from typing import Annotated

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.authentication import operator_asking
from chalicelib.api.operations import Credential
from chalicelib.api.requests import Query, read_query
from chalicelib.api.responses import Answer, answer
from chalicelib.api.routing import route
from chalicelib.domain.cost import Usage, meaning
from chalicelib.domain.errors import ForbiddenError
from chalicelib.services import overview as service

blueprint = Blueprint(__name__)


class CostQuery(Query):
    """What is not given is as it is now, as far as that is known."""

    people: Annotated[int, Field(ge=0, le=10**9)] | None = None
    ratings: Annotated[int, Field(ge=0, le=10**12)] | None = None
    ratings_a_day: Annotated[float, Field(ge=0, le=1e9)] | None = None
    retrains: Annotated[int, Field(ge=0, le=10_000)] | None = None
    job_minutes: Annotated[float, Field(ge=0, le=10_000)] | None = None


class CostInput(Answer):
    name: str
    value: float
    meaning: str


class CostLine(Answer):
    """`quantity` is in the unit that the price names."""

    service: str
    what: str
    quantity: float
    dollars: float
    price: str
    source: str
    as_of: str


class CostLever(Answer):
    """Dollars a month of a decision as it was taken, and of what it was taken instead of."""

    decision: str
    instead_of: str
    dollars: float
    otherwise: float


class Cost(Answer):
    """Dollars a month, in list prices of the region. `compiled` is when the table of prices was made."""

    region: str
    compiled: str
    note: str
    total: float
    per_thousand_people: float
    lines: list[CostLine]
    levers: list[CostLever]
    inputs: list[CostInput]


@route(
    blueprint,
    "GET",
    "/ops/cost",
    needs=Credential.ACCESS_TOKEN,
    query=CostQuery,
    answers=Cost,
    raises=(ForbiddenError,),
)
def ops_cost(request: Request) -> Response:
    """What a month costs, as the service is used now or as the query supposes."""
    operator_asking(request)
    supposed = read_query(request, CostQuery).model_dump(exclude_none=True)
    estimate, prices = service.bill(replace(service.usage_now(), **supposed))
    return answer(
        Cost(
            region=prices.region,
            compiled=prices.compiled,
            note=prices.note,
            total=estimate.total,
            per_thousand_people=estimate.per_thousand_people,
            lines=[
                CostLine(
                    service=line.service,
                    what=line.what,
                    quantity=line.quantity,
                    dollars=line.dollars,
                    price=prices.table[line.price].what,
                    source=prices.table[line.price].source,
                    as_of=prices.table[line.price].as_of,
                )
                for line in estimate.lines
            ],
            levers=[CostLever(**asdict(lever)) for lever in estimate.levers],
            inputs=[
                CostInput(name=one.name, value=getattr(estimate.usage, one.name), meaning=meaning(one.name))
                for one in fields(Usage)
            ],
        )
    )
