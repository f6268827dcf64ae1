"""One suite, the same on each emulated AWS. What a backend does otherwise is noted, never passed over."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from playwright.sync_api import expect

from batch_jobs.demo.build_catalogue import MOVIE_COUNT
from deployment import Buckets, deploy
from infra.deploy.stacks import read_template
from tests.backends.backends import Backend
from tests.backends.conftest import PEOPLE, RATINGS_OF_EACH, STACK
from tests.backends.matrix import NOTE
from tests.e2e.visitor import Visitor
from tests.processes import ROOT

PASSWORD = "correct horse battery"
Note = Callable[[str, object], None]


def sign_up(api: httpx.Client) -> dict[str, Any]:
    """Somebody new, logged in from here on; answers their account."""
    body = {"name": "Ada", "email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    session = api.post("/auth/sign-up", json=body).raise_for_status().json()
    api.headers["Authorization"] = f"Bearer {session['access_token']}"
    return {**session["account"], "email": body["email"]}


def well_known(api: httpx.Client, count: int) -> list[int]:
    listed = api.get("/movies", params={"sort": "popular", "limit": count}).raise_for_status().json()
    return [movie["movie_id"] for movie in listed["items"]]


def rate(api: httpx.Client, movies: list[int], stars: float) -> None:
    for movie in movies:
        api.put(f"/me/ratings/{movie}", json={"stars": stars}).raise_for_status()


def suggested(api: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get("/me/suggestions").raise_for_status().json()["items"]
    return items


# What is deployed


def test_the_stack_is_made_as_its_template_says(
    backend: Backend, stack: Buckets, record_property: Note
) -> None:
    assert stack.artifacts == f"{STACK}-artifacts"
    wanted = set(read_template((ROOT / "infra" / "storage.yaml").read_text())["Resources"])
    described = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)
    made = {one["LogicalResourceId"] for one in described["StackResources"] if one.get("PhysicalResourceId")}
    assert wanted - made == backend.passed_over
    if backend.passed_over:
        record_property(NOTE, f"says that the stack is complete, without {', '.join(sorted(wanted - made))}")


@pytest.mark.usefixtures("stack")
def test_what_has_to_expire_does_and_what_is_rated_is_streamed() -> None:
    dynamodb = boto3.client("dynamodb")
    for table in ("accounts", "suggestions"):
        ttl = dynamodb.describe_time_to_live(TableName=f"{STACK}-{table}")["TimeToLiveDescription"]
        assert ttl["TimeToLiveStatus"] == "ENABLED"
    assert dynamodb.describe_table(TableName=f"{STACK}-ratings")["Table"]["LatestStreamArn"]


def test_deploying_again_changes_nothing(stack: Buckets) -> None:
    secrets = boto3.client("secretsmanager")
    key = secrets.get_secret_value(SecretId=f"{STACK}/signing-key")["SecretString"]
    assert deploy(STACK, ROOT / "infra" / "storage.yaml") == stack
    assert secrets.get_secret_value(SecretId=f"{STACK}/signing-key")["SecretString"] == key


# What operators do


def test_a_catalogue_is_imported(films: dict[str, Any], stack: Buckets) -> None:
    assert films["added"] == MOVIE_COUNT
    found = boto3.client("s3").list_objects_v2(Bucket=stack.artifacts, Prefix="catalogue/")
    assert {"catalogue/current.json"} < {one["Key"] for one in found["Contents"]}


@pytest.mark.usefixtures("written")
def test_people_and_their_ratings_are_written() -> None:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=f"{STACK}-ratings")
    people = [row["user_id"]["S"] for page in pages for row in page["Items"]]
    assert len(set(people)) == PEOPLE
    assert len(people) == pytest.approx(PEOPLE * RATINGS_OF_EACH, rel=0.3)


def test_the_batch_job_exports_trains_publishes_and_suggests(trained: dict[str, Any]) -> None:
    assert list(trained["stages"]) == ["export", "train", "evaluate", "publish", "suggest"]
    rows = boto3.client("dynamodb").scan(TableName=f"{STACK}-suggestions", Select="COUNT")
    assert rows["Count"] == PEOPLE


# What the API does, served by `chalice local`


def test_somebody_signs_up_logs_in_and_stays_logged_in(api: httpx.Client) -> None:
    account = sign_up(api)
    body = {"email": account["email"], "password": PASSWORD}
    del api.headers["Authorization"]
    assert api.get("/me").status_code == 401
    assert api.post("/auth/log-in", json={**body, "password": "not this one"}).status_code == 401
    api.post("/auth/log-in", json=body).raise_for_status()
    # By the cookie that the answer has set, as a browser would.
    renewed = api.post("/auth/refresh").raise_for_status().json()
    me = api.get("/me", headers={"Authorization": f"Bearer {renewed['access_token']}"}).json()
    assert me["person_id"] == account["person_id"]


def test_of_several_who_claim_an_address_at_once_one_gets_it(chalice_local: str) -> None:
    body = {"name": "Ada", "email": f"{uuid4().hex}@example.com", "password": PASSWORD}

    def claim(_number: int) -> int:
        return httpx.post(f"{chalice_local}/auth/sign-up", json=body, timeout=30).status_code

    with ThreadPoolExecutor(4) as together:
        assert sorted(together.map(claim, range(4))) == [201, 409, 409, 409]


def test_rating_changes_suggestions_at_once_and_they_say_why(api: httpx.Client) -> None:
    sign_up(api)
    before = suggested(api)
    assert before
    rated = well_known(api, 4)
    rate(api, rated[:2], 5)
    after = suggested(api)
    assert after != before
    assert {one["because_of"]["movie_id"] for one in after if one["because_of"]} <= set(rated[:2])
    assert any(one["because_of"] for one in after)
    rate(api, rated[2:], 1)
    assert suggested(api) != after
    assert not {one["movie"]["movie_id"] for one in suggested(api)} & set(rated)


def test_films_are_found_though_misspelt(api: httpx.Client) -> None:
    found = api.get("/search", params={"q": "casablnca"}).raise_for_status().json()
    assert "Casablanca" in str(found)


def test_all_that_is_kept_about_somebody_is_exported(api: httpx.Client) -> None:
    account = sign_up(api)
    (movie,) = well_known(api, 1)
    rate(api, [movie], 4.5)
    export = api.get("/me/export").raise_for_status().json()
    assert export["profile"]["email"] == account["email"]
    assert [(one["imdb_id"], one["stars"]) for one in export["ratings"]] == [(f"tt{movie:07}", 4.5)]
    assert api.get("/me/export", params={"format": "csv"}).text.startswith("imdb_id,")


def test_leaving_leaves_nothing_behind(api: httpx.Client) -> None:
    account = sign_up(api)
    rate(api, well_known(api, 3), 4)
    assert suggested(api)
    assert kept_about(account["person_id"]) == {"accounts", "ratings", "suggestions"}
    assert api.post("/me/deletion", json={"password": PASSWORD}).status_code == 204
    assert kept_about(account["person_id"]) == set()
    again = {"email": account["email"], "password": PASSWORD}
    assert api.post("/auth/log-in", json=again).status_code == 401


def kept_about(person_id: str) -> set[str]:
    """The tables that hold something with this id in it."""
    scan = boto3.client("dynamodb").get_paginator("scan")
    return {
        table
        for table in ("accounts", "ratings", "marks", "suggestions")
        if any(person_id in str(page["Items"]) for page in scan.paginate(TableName=f"{STACK}-{table}"))
    }


# What browsers do, on the development server


def test_a_browser_signs_up_rates_and_is_told_why(visitor: Visitor) -> None:
    visitor.sign_up()
    rated = visitor.rate_first((5.0, 4.5, 4.0, 1.0, 3.5))
    suggestions = visitor.page.get_by_test_id("suggestions")
    expect(suggestions.locator("[data-movie]").first).to_be_visible()
    expect(visitor.page.get_by_text("Because you gave").first).to_be_visible()
    assert not set(visitor.shown('[data-testid="suggestions"]')) & set(rated)
    visitor.settle()


def test_a_rating_counts_through_the_stream_of_its_table(site: str) -> None:
    with httpx.Client(base_url=f"{site}/api", timeout=30) as api:
        sign_up(api)
        movie = well_known(api, 50)[-1]  # which nobody else has touched
        before = api.get(f"/movies/{movie}").json()["rating_count"]
        rate(api, [movie], 3)
        wait_until(lambda: api.get(f"/movies/{movie}").json()["rating_count"] == before + 1)


def test_what_would_have_been_mailed_is_shown(backend: Backend, site: str, record_property: Note) -> None:
    with httpx.Client(base_url=f"{site}/api", timeout=30) as api:
        email = sign_up(api)["email"]
        api.post("/me/confirmation").raise_for_status()
    if backend.shows_mail:
        wait_until(lambda: email in httpx.get(f"{site}/_mail", timeout=30).text)
    else:
        assert "does not show what was sent" in httpx.get(f"{site}/_mail", timeout=30).text
        record_property(NOTE, "does not say what was sent, so /_mail says that it cannot be shown")


def wait_until(holds: Callable[[], bool]) -> None:
    """Raises AssertionError where it does not come to hold within half a minute."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
