"""Who may use the operator's routes: nobody else, and an operator only for as long as they are one."""

import json

import pytest
from chalice.app import Chalice

from batch_jobs.__main__ import main
from chalicelib.api.logs import JsonLines
from chalicelib.domain.rating import PersonId
from chalicelib.services.operators import grant, revoke
from chalicelib.services.writing import writing_for
from chalicelib.storage import accounts
from chalicelib.storage.ratings import ratings_of
from tests.integration.api_client import PASSWORD, Api, Person, problem_in

pytestmark = pytest.mark.usefixtures("model")

Route = tuple[str, str]


@pytest.fixture(scope="module")
def routes(chalice_app: Chalice) -> list[Route]:
    """Every route for operators, with something in the place of its parameters."""
    values = {"{person_id}": "nobody", "{movie_id}": "1001", "{version}": "none", "{run_id}": "none"}
    found = []
    for path, methods in chalice_app.routes.items():
        if path.startswith("/ops"):
            for name, value in {**values, "{name}": "none"}.items():
                path = path.replace(name, value)  # noqa: PLW2901 - filled in step by step
            found += [(method, path) for method in methods]
    assert len(found) >= 15
    return found


@pytest.fixture
def operator(ada: Person) -> Person:
    grant(ada.email)
    return ada


def statuses(person: Api, routes: list[Route]) -> set[int]:
    return {person.request(method, path).status_code for method, path in routes}


def test_nobody_is_let_in(api: Api, routes: list[Route]) -> None:
    for method, path in routes:
        problem_in(api.request(method, path), 401, "not-signed-in")


def test_a_person_is_told_that_it_is_for_operators(ada: Person, routes: list[Route]) -> None:
    for method, path in routes:
        problem_in(ada.request(method, path), 403, "forbidden")


def test_an_operator_is_let_in_and_out_again_with_the_same_token(
    operator: Person, routes: list[Route]
) -> None:
    """A missing body, or nothing of that name, is what is wrong then, not who asks."""
    assert statuses(operator, routes) <= {200, 204, 404, 409, 415}
    revoke(operator.email)
    assert statuses(operator, routes) == {403}


def test_a_deactivated_operator_is_none(operator: Person, routes: list[Route]) -> None:
    accounts.set_deactivated(accounts.claim_to(operator.email).person_id, 1)  # type: ignore[union-attr]
    assert statuses(operator, routes) == {401}


def test_the_profile_says_who_is_an_operator(ada: Person) -> None:
    assert ada.get("/me").json_body["operator"] is False
    grant(ada.email)
    assert ada.get("/me").json_body["operator"] is True


def test_operators_are_made_by_a_command(ada: Person, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operators", "grant", ada.email.upper()]) == 0
    assert capsys.readouterr().out == f"Ada <{ada.email}> is an operator.\n"
    assert main(["operators", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["operators"]
    assert ada.person_id in {one["person_id"] for one in listed}
    assert main(["operators", "revoke", ada.email]) == 0
    main(["operators", "list"])
    assert ada.person_id not in capsys.readouterr().out.partition("is not an operator.")[2]
    assert main(["operators", "grant", "nobody@example.com"]) == 1
    assert capsys.readouterr().err == "error: Nobody has signed up with this address.\n"


def test_somebody_is_found_by_address_or_id_and_shown_without_secrets(operator: Person, api: Api) -> None:
    eve = api.signed_up("Eve")
    for number, stars in ((1001, 2.0), (1002, 4.5)):
        eve.put(f"/me/ratings/{number}", {"stars": stars})
    eve.put("/me/marks/1003", {"kind": "watchlist"})
    for who in (f" {eve.email.upper()} ", eve.person_id):
        assert operator.post("/ops/people/find", {"who": who}).json_body == {"person_id": eve.person_id}
    answer = operator.get(f"/ops/people/{eve.person_id}")
    seen = answer.json_body
    assert (seen["name"], seen["ratings"], seen["watchlist"], seen["not_interested"]) == ("Eve", 2, 1, 0)
    assert [one["movie"]["movie_id"] for one in seen["latest"]] == [1002, 1001]
    assert eve.email not in answer.body.decode()
    assert "argon2" not in answer.body.decode()
    for who in ("nobody@example.com", "nobody", " ", "\u0000", "ä" * 64):
        problem_in(operator.post("/ops/people/find", {"who": who}), 404, "not-found")


def test_a_film_is_shown_with_what_the_model_knows_of_it(operator: Person) -> None:
    seen = operator.get("/ops/films/tt0001001").json_body
    assert (seen["movie"]["title"], seen["likes"], seen["suggestible"]) == ("Film number 1001", 60, True)
    problem_in(operator.get("/ops/films/7"), 404, "not-found")


def test_nobody_logs_in_to_a_deactivated_account_until_it_is_active_again(operator: Person, api: Api) -> None:
    eve = api.signed_up("Eve")
    before = eve.cookie
    assert operator.put(f"/ops/people/{eve.person_id}/deactivation").status_code == 204
    assert operator.get(f"/ops/people/{eve.person_id}").json_body["deactivated_at"]
    credentials = {"email": eve.email, "password": PASSWORD}
    refused = problem_in(api.post("/auth/log-in", credentials), 401, "not-signed-in")
    assert "deactivated" in refused["detail"]
    wrong = api.post("/auth/log-in", credentials | {"password": "a wrong guess"}).json_body["detail"]
    assert "deactivated" not in wrong
    problem_in(eve.post("/auth/refresh"), 401, "not-signed-in")
    problem_in(eve.get("/me"), 401, "not-signed-in")

    assert operator.delete(f"/ops/people/{eve.person_id}/deactivation").status_code == 204
    assert api.post("/auth/log-in", credentials).status_code == 200
    eve.cookie = before
    problem_in(eve.post("/auth/refresh"), 401, "not-signed-in")


def test_an_operator_cannot_lock_themselves_out(operator: Person) -> None:
    problem_in(operator.put(f"/ops/people/{operator.person_id}/deactivation"), 409, "conflict")
    assert operator.get("/me").status_code == 200


def test_who_is_deactivated_while_they_rate_loses_nothing(operator: Person, api: Api) -> None:
    eve = api.signed_up("Eve")
    person_id = PersonId(eve.person_id)
    eve.put("/me/ratings/1001", {"stars": 4})
    with writing_for(person_id):
        assert operator.put(f"/ops/people/{eve.person_id}/deactivation").status_code == 204
    assert [one.stars for one in ratings_of(person_id)] == [4.0]
    problem_in(eve.get("/me"), 401, "not-signed-in")


def test_a_deactivated_rating_stays_its_persons_until_it_is_active_or_given_anew(
    operator: Person, api: Api
) -> None:
    eve = api.signed_up("Eve")
    eve.put("/me/ratings/1001", {"stars": 2.0})
    path = f"/ops/people/{eve.person_id}/ratings/1001/deactivation"

    def is_left_out() -> bool:
        latest = operator.get(f"/ops/people/{eve.person_id}").json_body["latest"]
        return latest[0]["deactivated_at"] is not None

    assert operator.put(path).status_code == operator.put(path).status_code == 204
    assert is_left_out()
    assert operator.get(f"/ops/people/{eve.person_id}").json_body["deactivated_ratings"] == 1
    assert eve.get("/me/library").json_body["ratings"] == {"1001": 2.0}
    assert operator.delete(path).status_code == 204
    assert not is_left_out()
    operator.put(path)
    eve.put("/me/ratings/1001", {"stars": 3.0})
    assert not is_left_out()
    problem_in(operator.put(f"/ops/people/{eve.person_id}/ratings/1002/deactivation"), 404, "not-found")


def test_what_an_operator_changes_is_on_record_without_addresses(
    operator: Person, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    eve = api.signed_up("Eve")
    eve.put("/me/ratings/1001", {"stars": 2.0})
    operator.put(f"/ops/people/{eve.person_id}/ratings/1001/deactivation")
    operator.put(f"/ops/people/{eve.person_id}/deactivation")
    operator.put(f"/ops/people/{eve.person_id}/deactivation")
    operator.post("/ops/people/find", {"who": eve.email})
    lines = [json.loads(JsonLines().format(one)) for one in caplog.records if one.name == "movies.audit"]
    assert [line["action"] for line in lines] == ["deactivate rating", "deactivate account"]
    assert all(line["operator"] == operator.person_id for line in lines)
    assert all(line["person"] == eve.person_id for line in lines)
    assert eve.email not in json.dumps(lines)


def test_a_model_without_a_card_has_none_to_show(api: Api) -> None:
    problem_in(api.get("/model"), 404, "not-found")


def test_the_cost_follows_what_one_supposes(operator: Person) -> None:
    few = operator.get("/ops/cost?people=1000").json_body
    many = operator.get("/ops/cost?people=2000&retrains=60").json_body
    assert many["total"] > few["total"]
    inputs = {one["name"]: one["value"] for one in many["inputs"]}
    assert (inputs["people"], inputs["retrains"]) == (2000, 60)
    assert sum(line["dollars"] for line in few["lines"]) == pytest.approx(few["total"])
    problem_in(operator.get("/ops/cost?people=-1"), 422, "invalid-input")
