"""For operators: runs of the batch job, asking for one, and what it exported."""

from typing import Annotated, Any

from chalice.app import Blueprint, Request, Response
from pydantic import Field

from chalicelib.api.authentication import operator_asking
from chalicelib.api.operations import Credential
from chalicelib.api.requests import Body, read_body
from chalicelib.api.responses import Answer, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import ConflictError, ForbiddenError, NotFoundError, NotReadyError
from chalicelib.services import overview as service
from chalicelib.services import runs
from chalicelib.services.operators import record
from chalicelib.services.runs import Stage
from chalicelib.storage.rating_exports import LINK_SECONDS, RatingExport, exports
from chalicelib.storage.runs import RecordedRun, RequestState, RunRequest

blueprint = Blueprint(__name__)


class RunBody(Body):
    """`run_id` is the run to go on with; without it, the latest. An export begins a run of its own."""

    stage: Stage
    run_id: Annotated[str, Field(min_length=1, max_length=60)] | None = None


class StageOfRun(Answer):
    """`counts` are whatever the stage counted, such as `ratings` or `rmse`."""

    name: str
    started_at: int
    finished_at: int | None
    counts: dict[str, Any]
    error: str | None


class RunOfJob(Answer):
    """`state` is `running`, `finished` or `failed`."""

    run_id: str
    state: str
    started_at: int
    finished_at: int | None
    error: str | None
    stages: list[StageOfRun]

    @classmethod
    def of(cls, run: RecordedRun) -> "RunOfJob":
        return cls(
            run_id=run.run_id,
            state=run.state,
            started_at=run.started_at,
            finished_at=run.finished_at,
            error=run.error,
            stages=[
                StageOfRun(
                    name=name,
                    started_at=stage["started_at"],
                    finished_at=stage.get("finished_at"),
                    counts=stage.get("counts", {}),
                    error=stage.get("error"),
                )
                for name, stage in run.stages.items()
            ],
        )


class RequestedRun(Answer):
    """What was asked for last. `stage` is a stage or `all`; `requested_by` is an operator's id."""

    request_id: str
    stage: str
    run_id: str | None
    requested_by: str
    requested_at: int
    state: RequestState
    started_at: int | None
    finished_at: int | None
    error: str | None

    @classmethod
    def of(cls, request: RunRequest) -> "RequestedRun":
        return cls(
            request_id=request.request_id,
            stage=request.stage,
            run_id=request.run_id,
            requested_by=request.requested_by,
            requested_at=request.requested_at,
            state=request.state,
            started_at=request.started_at,
            finished_at=request.finished_at,
            error=request.error,
        )


class Runs(Answer):
    """The latest runs, the newest first."""

    items: list[RunOfJob]
    request: RequestedRun | None


class PartOfExport(Answer):
    name: str
    rows: int


class ExportOfRatings(Answer):
    """`earliest` and `latest` are when its ratings were given."""

    run_id: str
    rows: int
    earliest: int | None
    latest: int | None
    parts: list[PartOfExport]

    @classmethod
    def of(cls, export: RatingExport) -> "ExportOfRatings":
        return cls(
            run_id=export.run_id,
            rows=export.rows,
            earliest=export.earliest,
            latest=export.latest,
            parts=[PartOfExport(name=part.name, rows=part.rows) for part in export.parts],
        )


class Exports(Answer):
    """The latest exports, the newest first."""

    items: list[ExportOfRatings]


class DownloadLink(Answer):
    """Whoever has the address can download the file for `expires_in` seconds."""

    url: str
    expires_in: int


class Coverage(Answer):
    """Whom a run wrote suggestions for, of all who have rated; and how many films appear in any of them,
    of all that can be suggested. Without `up_to_date` another model is current by now."""

    run_id: str
    model: str
    people: int
    of_people: int
    movies: int
    of_movies: int
    up_to_date: bool


class DayOfRatings(Answer):
    day: str
    ratings: int


class OverviewOfService(Answer):
    """What is null is not there yet. `people` and `days` are of `export`; days without any are left out."""

    catalogue_version: str | None
    model_version: str | None
    last_run: RunOfJob | None
    request: RequestedRun | None
    export: ExportOfRatings | None
    people: int | None
    days: list[DayOfRatings]
    coverage: Coverage | None


@route(
    blueprint,
    "GET",
    "/ops/overview",
    needs=Credential.ACCESS_TOKEN,
    answers=OverviewOfService,
    raises=(ForbiddenError,),
)
def ops_overview(request: Request) -> Response:
    """How the service is doing, as of the latest runs."""
    operator_asking(request)
    now = service.overview()
    asked = runs.open_request()
    coverage = now.coverage
    return answer(
        OverviewOfService(
            catalogue_version=now.catalogue_version,
            model_version=now.model_version,
            last_run=RunOfJob.of(now.last_run) if now.last_run else None,
            request=RequestedRun.of(asked) if asked else None,
            export=ExportOfRatings.of(now.exported) if now.exported else None,
            people=now.summary.people if now.summary else None,
            days=[DayOfRatings(day=day, ratings=count) for day, count in now.summary.days.items()]
            if now.summary
            else [],
            coverage=Coverage(
                run_id=coverage.run_id,
                model=coverage.model,
                people=coverage.people,
                of_people=coverage.of_people,
                movies=coverage.movies,
                of_movies=coverage.of_movies,
                up_to_date=coverage.up_to_date,
            )
            if coverage
            else None,
        )
    )


@route(blueprint, "GET", "/ops/runs", needs=Credential.ACCESS_TOKEN, answers=Runs, raises=(ForbiddenError,))
def ops_runs(request: Request) -> Response:
    """The latest runs, and what was asked for last."""
    operator_asking(request)
    asked = runs.open_request()
    return answer(
        Runs(
            items=[RunOfJob.of(run) for run in runs.latest_runs()],
            request=RequestedRun.of(asked) if asked else None,
        )
    )


@route(
    blueprint,
    "POST",
    "/ops/runs",
    needs=Credential.ACCESS_TOKEN,
    body=RunBody,
    answers=RequestedRun,
    status=202,
    raises=(ForbiddenError, NotFoundError, ConflictError, NotReadyError),
)
def ask_for_run(request: Request) -> Response:
    """Ask for the whole job, or one stage of it, to be run as soon as may be."""
    operator = operator_asking(request)
    body = read_body(request, RunBody)
    asked = runs.request_run(body.stage, body.run_id, operator)
    record(operator, "ask for run", stage=asked.stage, run=asked.run_id, request=asked.request_id)
    return answer(RequestedRun.of(asked), status=202)


@route(
    blueprint, "GET", "/ops/exports", needs=Credential.ACCESS_TOKEN, answers=Exports, raises=(ForbiddenError,)
)
def ops_exports(request: Request) -> Response:
    """The exports of ratings that are still kept."""
    operator_asking(request)
    return answer(Exports(items=[ExportOfRatings.of(one) for one in exports()]))


@route(
    blueprint,
    "POST",
    "/ops/exports/{run_id}/parts/{name}",
    needs=Credential.ACCESS_TOKEN,
    answers=DownloadLink,
    raises=(ForbiddenError, NotFoundError),
)
def link_to_export(request: Request, run_id: str, name: str) -> Response:
    """A link for downloading a part of an export, a Parquet file. Who asked for it is on record."""
    operator = operator_asking(request)
    url = service.link_to_export(run_id, name)
    record(operator, "download export", run=run_id, part=name)
    return answer(DownloadLink(url=url, expires_in=LINK_SECONDS))
