"""What an operator sees of the batch job and does with it, and the model's public card."""

import io
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pandas as pd
import pytest
import requests

from batch_jobs import pipeline
from batch_jobs.__main__ import main
from batch_jobs.bulk_writing import write_ratings
from batch_jobs.catalogue import publish_movies
from batch_jobs.exporting import read_export
from batch_jobs.ledger import Run
from batch_jobs.pipeline import STAGES, run_stages
from batch_jobs.training.model import TrainingSettings
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from chalicelib import aws, clock
from chalicelib.config import BatchTask, Settings, settings
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services import runs as service
from chalicelib.services.operators import grant
from chalicelib.storage import runs as storage
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.ratings import put_rating
from chalicelib.storage.runs import QUEUED_MS, SILENT_MS
from chalicelib.storage.tables import RunRow
from tests.factories import ratings_of, two_camps
from tests.integration.api_client import Api, Person, problem_in

RATINGS = two_camps(people=40)
QUICK = TrainingSettings(RatingSettings(factors=4, epochs=5), RankingSettings(factors=4))
NOON = 1_700_000_000_000 // 86_400_000 * 86_400_000 + 43_200_000


def run_quickly(*stages: str) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "TrainingSettings", lambda: QUICK)
        return run_stages(list(stages or STAGES))


@pytest.fixture(scope="module")
def first(aws: None) -> Run:  # noqa: ARG001
    publish_movies(Movie(movie_id=MovieId(int(i)), title="Hamlet", year=1900) for i in RATINGS.movie_ids)
    write_ratings(
        Rating(PersonId(str(RATINGS.people[person])), MovieId(movie), stars, NOON + turn)
        for person in range(len(RATINGS.people))
        for turn, (movie, stars) in enumerate(ratings_of(RATINGS, person).items())
    )
    return run_quickly()


@pytest.fixture(scope="module")
def second(first: Run) -> Run:  # noqa: ARG001
    return run_quickly()


@pytest.fixture
def operator(api: Api) -> Person:
    person = api.signed_up("Olga")
    grant(person.email)
    return person


@pytest.fixture(autouse=True)
def nothing_asked_for() -> Iterator[None]:
    yield
    RunRow("request").delete()


def test_runs_are_listed_newest_first_with_their_stages(operator: Person, first: Run, second: Run) -> None:
    listed = operator.get("/ops/runs").json_body
    assert [run["run_id"] for run in listed["items"][-2:]] == [second.run_id, first.run_id]
    newest = listed["items"][0]
    assert (newest["state"], [stage["name"] for stage in newest["stages"]]) == ("finished", list(STAGES))
    assert newest["stages"][0]["counts"]["ratings"] == len(RATINGS)
    assert listed["request"] is None


def test_the_list_of_runs_is_bounded(second: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = RunRow.get("recent").run_ids
    monkeypatch.setattr(storage, "REMEMBERED_RUNS", 2)
    storage.remember_run("20300101T000000-0000")
    assert RunRow.get("recent").run_ids == ["20300101T000000-0000", second.run_id]
    assert [run.run_id for run in storage.recent_runs(10)] == [second.run_id]
    RunRow("recent", run_ids=before).save()


def test_runs_from_before_there_was_a_list_begin_with_the_latest(second: Run) -> None:
    before = RunRow.get("recent").run_ids
    RunRow("recent").delete()
    assert [run.run_id for run in storage.recent_runs(10)] == [second.run_id]
    RunRow("recent", run_ids=before).save()


def test_the_overview_tells_of_ratings_days_and_suggestions(operator: Person, second: Run) -> None:
    now = operator.get("/ops/overview").json_body
    assert (now["last_run"]["run_id"], now["model_version"]) == (second.run_id, second.run_id)
    assert (now["export"]["rows"], now["people"]) == (len(RATINGS), 40)
    assert now["days"] == [{"day": "2023-11-14", "ratings": len(RATINGS)}]
    coverage = now["coverage"]
    assert (coverage["people"], coverage["of_people"], coverage["up_to_date"]) == (40, 40, True)
    assert coverage["movies"] == coverage["of_movies"] == 40


def test_a_promotion_is_served_and_a_rollback_takes_it_back(
    operator: Person, first: Run, second: Run
) -> None:
    def served() -> list[str]:
        return [operator.get(path).json_body[key] for path, key in _WHERE_SERVED]

    assert served() == [second.run_id] * 3
    changed = operator.put("/ops/models/current", {"version": first.run_id}).json_body
    assert (changed["current"], changed["before"]) == (first.run_id, second.run_id)
    assert served() == [first.run_id] * 3
    assert operator.get("/ops/overview").json_body["coverage"]["up_to_date"] is False
    listed = operator.get("/ops/models").json_body
    assert listed["earlier"] == second.run_id
    assert {one["version"]: one["state"] for one in listed["items"]}[first.run_id] == "current"
    assert operator.post("/ops/models/rollback").json_body["current"] == second.run_id
    assert served() == [second.run_id] * 3
    problem_in(operator.put("/ops/models/current", {"version": "nonsense"}), 404, "not-found")
    problem_in(operator.put("/ops/models/current", {"version": "../first"}), 404, "not-found")


_WHERE_SERVED = [
    ("/health", "model_version"),
    ("/model", "version"),
    ("/me/suggestions", "model_version"),
]


def test_the_public_card_tells_the_measured_figures_and_may_be_kept(api: Api, second: Run) -> None:
    answer = api.get("/model")
    card = answer.json_body
    assert (card["version"], card["data"]["ratings"], card["people"]) == (second.run_id, len(RATINGS), 40)
    low, high = card["stars"]["rmse"]["interval"]
    assert low <= card["stars"]["rmse"]["value"] <= high
    assert card["ranking"]["better_by"]["value"] == pytest.approx(
        card["ranking"]["ndcg10"]["value"] - card["ranking"]["popularity_ndcg10"]["value"]
    )
    assert card["verdict"]["accepted"] is True
    assert {one["name"] for one in card["verdict"]["figures"]} == {"rmse", "ndcg10"}
    again = api.get("/model", {"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.body) == (304, b"")


def test_plots_are_pictures_that_never_change(api: Api, second: Run) -> None:
    names = api.get("/model").json_body["plots"]
    assert set(names) == {"calibration", "error-by-ratings", "learning-curve", "popularity"}
    for name in names:
        path = f"/models/{second.run_id}/plots/{name}"
        answer = api.get(path)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert b"<svg" in answer.body
        assert api.get(path, {"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for path in (f"/models/{second.run_id}/plots/card", "/models/none/plots/calibration"):
        problem_in(api.get(path), 404, "not-found")


def test_an_export_is_downloaded_as_it_was_written(operator: Person, second: Run) -> None:
    listed = operator.get("/ops/exports").json_body["items"]
    newest = next(one for one in listed if one["run_id"] == second.run_id)
    assert newest["rows"] == sum(part["rows"] for part in newest["parts"]) == len(RATINGS)
    rows = 0
    for part in newest["parts"]:
        link = operator.post(f"/ops/exports/{second.run_id}/parts/{part['name']}").json_body
        assert "X-Amz-Signature" in link["url"]
        rows += len(pd.read_parquet(io.BytesIO(requests.get(link["url"], timeout=10).content)))
    assert rows == len(RATINGS)
    for path in (f"{second.run_id}/parts/manifest.json", "none/parts/part-00000.parquet"):
        problem_in(operator.post(f"/ops/exports/{path}"), 404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "{run}/parts/..%2Fmanifest.json",
        "..%2Fmodels/parts/current.json",
        "{run}%2F..%2F{run}/parts/part-00000.parquet",
        "{run}/parts/part-00000.parquet%00",
    ],
)
def test_no_link_leads_out_of_an_export(operator: Person, second: Run, path: str) -> None:
    problem_in(operator.post(f"/ops/exports/{path.format(run=second.run_id)}"), 404, "not-found")


@pytest.mark.parametrize("version", ["..", "../catalogue", "a/b", "../../exports", ".hidden"])
def test_no_version_leads_out_of_the_models(operator: Person, second: Run, version: str) -> None:  # noqa: ARG001
    answer = operator.put("/ops/models/current", {"version": version})
    problem_in(answer, 404, "not-found")


def test_what_is_deactivated_is_in_no_export_average_or_list(operator: Person, api: Api, first: Run) -> None:
    eve, bad = api.signed_up("Eve"), MovieId(1000)
    before = open_catalogue().movie(bad)
    assert before is not None
    for movie in (1000, 1007):
        put_rating(Rating(PersonId(eve.person_id), MovieId(movie), 0.5, clock.now_ms()))
    single = f"/ops/people/{eve.person_id}/ratings/1000/deactivation"

    def exported_and_average() -> tuple[list[int], float | None]:
        run = run_quickly()
        frame = read_export(run.run_id)
        movie = open_catalogue().movie(bad)
        assert movie is not None
        return sorted(frame.movie_id[frame.user_id == eve.person_id]), movie.rating_mean

    operator.put(single)
    assert exported_and_average() == ([1007], before.rating_mean)
    operator.delete(single)
    mine, lower = exported_and_average()
    assert mine == [1000, 1007]
    assert lower is not None
    assert before.rating_mean is not None
    assert lower < before.rating_mean
    operator.put(f"/ops/people/{eve.person_id}/deactivation")
    assert exported_and_average() == ([], before.rating_mean)
    operator.delete(f"/ops/people/{eve.person_id}/deactivation")
    assert exported_and_average()[0] == [1000, 1007]
    assert first.run_id in {run.run_id for run in storage.recent_runs(50)}


@pytest.mark.usefixtures("second")
def test_a_request_is_queued_running_and_finished(operator: Person, second: Run) -> None:
    asked = operator.post("/ops/runs", {"stage": "suggest", "run_id": second.run_id})
    assert asked.status_code == 202
    request = storage.latest_request()
    assert request is not None
    assert (request.state, request.requested_by) == ("queued", operator.person_id)
    problem_in(operator.post("/ops/runs", {"stage": "all"}), 409, "conflict")
    assert main(service.command_of(request)) == 0
    ended = operator.get("/ops/runs").json_body["request"]
    assert (ended["state"], ended["error"]) == ("finished", None)
    assert ended["requested_at"] <= ended["started_at"] <= ended["finished_at"]
    assert main(service.command_of(request)) == 3  # a request is carried out once
    assert operator.post("/ops/runs", {"stage": "suggest"}).status_code == 202


@pytest.mark.usefixtures("second")
def test_a_request_that_fails_says_why(operator: Person) -> None:
    untrained = run_quickly("export")
    operator.post("/ops/runs", {"stage": "publish", "run_id": untrained.run_id})
    request = storage.latest_request()
    assert request is not None
    assert main(service.command_of(request)) == 1
    ended = operator.get("/ops/runs").json_body
    assert ended["request"]["state"] == "failed"
    assert "run `train` first" in ended["request"]["error"]
    assert ended["items"][0]["state"] == "failed"


def test_a_run_that_was_cut_short_is_not_running_for_ever(operator: Person, second: Run) -> None:
    def state() -> str:
        listed = operator.get("/ops/runs").json_body["items"]
        return str(next(run["state"] for run in listed if run["run_id"] == second.run_id))

    row = RunRow.get(f"run#{second.run_id}")
    row.update(actions=[RunRow.state.set("running")])
    RunRow("lease", owner="elsewhere/1", lease_until=clock.now_ms() + 60_000).save()
    assert state() == "running"
    RunRow("lease").delete()
    assert state() == "failed"
    row.update(actions=[RunRow.state.set("finished")])
    assert state() == "finished"


@pytest.mark.usefixtures("second")
def test_what_cannot_be_run_is_refused_at_once(operator: Person, second: Run) -> None:
    problem_in(operator.post("/ops/runs", {"stage": "tidy"}), 422, "invalid-input")
    problem_in(operator.post("/ops/runs", {"stage": "train", "run_id": "none"}), 404, "not-found")
    problem_in(operator.post("/ops/runs", {"stage": "all", "run_id": second.run_id}), 409, "conflict")
    RunRow("lease", owner="elsewhere/1", lease_until=clock.now_ms() + 60_000).save()
    try:
        problem_in(operator.post("/ops/runs", {"stage": "suggest"}), 409, "conflict")
    finally:
        RunRow("lease").delete()
    assert storage.latest_request() is None


@pytest.mark.usefixtures("second")
def test_a_request_that_nobody_carries_out_is_given_up(
    operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now_ms()
    operator.post("/ops/runs", {"stage": "suggest"})

    def seen(later: int) -> dict[str, str]:
        monkeypatch.setattr(clock, "now_ms", lambda: now + later)
        request = service.open_request()
        assert request is not None
        return {"state": request.state.value, "error": request.error or ""}

    assert seen(QUEUED_MS - 1_000)["state"] == "queued"
    assert "taken it up" in seen(QUEUED_MS + 60_000)["error"]
    request = storage.latest_request()
    assert request is not None
    assert storage.begin_request(request, now)
    assert seen(SILENT_MS - 1_000)["state"] == "running"
    silent = seen(SILENT_MS + 60_000)
    assert silent["state"] == "failed"
    assert "without saying how" in silent["error"]
    assert service.request_run("suggest", None, PersonId("olga")).state == "queued"


def test_of_two_who_ask_at_once_one_is_refused(second: Run) -> None:
    one = service.request_run("suggest", second.run_id, PersonId("olga"))
    other = replace(one, request_id="other")
    assert not storage.put_request(other, None)
    assert storage.put_request(other, one)
    assert not storage.put_request(replace(one, request_id="third"), one)


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A deployment with a container task for the job."""
    aws.forget()
    ecs, ec2 = boto3.client("ecs"), boto3.client("ec2")
    ecs.create_cluster(clusterName="movies")
    ecs.register_task_definition(
        family="movies-batch",
        containerDefinitions=[{"name": "batch-jobs", "image": "movies", "memory": 512}],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
    )
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    for name, value in {
        "BATCH_CLUSTER": "movies",
        "BATCH_TASK_DEFINITION": "movies-batch",
        "BATCH_SUBNETS": f"{subnet}, ",
    }.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    deployed = settings()
    monkeypatch.undo()
    settings.cache_clear()
    assert deployed.batch_task == BatchTask("movies", "movies-batch", "batch-jobs", (subnet,), (), True)
    return deployed


@pytest.mark.usefixtures("second")
def test_on_aws_a_request_starts_the_container_with_its_words(
    operator: Person, container: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "settings", lambda: container)
    asked = operator.post("/ops/runs", {"stage": "train"}).json_body
    ecs = boto3.client("ecs")
    started = ecs.list_tasks(cluster="movies")["taskArns"]
    task = ecs.describe_tasks(cluster="movies", tasks=started)["tasks"][0]
    assert task["overrides"]["containerOverrides"][0]["command"] == [
        *("run", "--request", asked["request_id"]),
        *("--stage", "train"),
    ]


@pytest.mark.usefixtures("second")
def test_a_container_that_cannot_be_started_is_said(
    operator: Person, container: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert container.batch_task
    broken = replace(container, batch_task=replace(container.batch_task, cluster="none"))
    monkeypatch.setattr(service, "settings", lambda: broken)
    problem_in(operator.post("/ops/runs", {"stage": "train"}), 503, "not-ready")
    request = operator.get("/ops/runs").json_body["request"]
    assert (request["state"], request["error"]) == ("failed", "The container could not be started.")
