"""One's own account: changing it, proving an address, getting back in, and leaving without a trace."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from batch_jobs.__main__ import main
from chalicelib import clock
from chalicelib.config import settings
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services import attempts, leaving, recovery
from chalicelib.services.accounts import create_account
from chalicelib.services.attempts import FORGOTTEN_OF_ADDRESS, MAILS_OF_PERSON, WRONG_PASSWORDS_OF_PERSON
from chalicelib.services.links import SECONDS
from chalicelib.storage.accounts import account_of, claim_to
from chalicelib.storage.links import LinkKind
from chalicelib.storage.ratings import put_rating, put_ratings
from tests.integration.api_client import LOCAL_ADDRESS, PASSWORD, Api, Person, fields_of, problem_in
from tests.integration.mailbox import mails_to, token_in, wait_for_mail

NEW_PASSWORD = "an entirely new password"

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture(autouse=True)
def _nobody_has_forgotten_anything(api: Api) -> None:  # noqa: ARG001
    attempts.forget(attempts.FORGOTTEN_FROM_ADDRESS, LOCAL_ADDRESS)


def rows() -> dict[str, dict[str, Any]]:
    items = boto3.resource("dynamodb").Table(settings().table("accounts")).scan()["Items"]
    return {str(item["pk"]): item for item in items}


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    now = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now + seconds * 1000)


def logged_in(api: Api, email: str, password: str = PASSWORD, agent: str = "") -> Person:
    """The same person in another browser."""
    answer = api.post("/auth/log-in", {"email": email, "password": password}, {"User-Agent": agent})
    assert answer.status_code == 200, answer.body
    session = answer.json_body
    cookie = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    return Person(api.client, session["access_token"], cookie, session["account"]["person_id"], email)


def forgotten(api: Api, email: str) -> str:
    """The token that comes by mail to somebody who has forgotten their password."""
    assert api.post("/auth/forgot", {"email": email}).status_code == 204
    return token_in(mails_to(email.strip().lower())[-1], "reset")


def refusal(api: Api, email: str, password: str = PASSWORD) -> int:
    return int(api.post("/auth/log-in", {"email": email, "password": password}).status_code)


# Names


def test_a_new_name_is_said_everywhere(ada: Person) -> None:
    assert ada.put("/me/name", {"name": "  Countess  "}).json_body["name"] == "Countess"
    assert ada.get("/me").json_body["name"] == "Countess"
    assert fields_of(problem_in(ada.put("/me/name", {"name": " "}), 422, "invalid-input")) == {"name"}


# Confirming


def test_signing_up_sends_nothing_and_asking_sends_a_link_that_confirms(ada: Person, api: Api) -> None:
    assert mails_to(ada.email) == []
    assert ada.get("/me").json_body["email_confirmed"] is False
    assert ada.post("/me/confirmation").status_code == 204
    (mail,) = mails_to(ada.email)
    token = token_in(mail, "confirm")
    assert token not in str(rows())
    assert api.post("/auth/confirm", {"token": token}).json_body == {"email": ada.email}
    assert ada.get("/me").json_body["email_confirmed"] is True
    problem_in(api.post("/auth/confirm", {"token": token}), 410, "link-expired")
    assert ada.post("/me/confirmation").status_code == 204
    assert len(mails_to(ada.email)) == 1, "a confirmed address needs no link"


def test_only_the_newest_link_is_good_and_not_for_ever(
    ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        ada.post("/me/confirmation")
    first, second = (token_in(mail, "confirm") for mail in mails_to(ada.email))
    problem_in(api.post("/auth/confirm", {"token": first}), 410, "link-expired")
    later(monkeypatch, SECONDS[LinkKind.CONFIRM])
    problem_in(api.post("/auth/confirm", {"token": second}), 410, "link-expired")


@pytest.mark.parametrize("path", ["/auth/confirm", "/auth/reset"])
@pytest.mark.parametrize("token", ["", "x", ".", "a.b", "{}.x", "{}." + "x" * 43, "x" * 5000, "\ud800"])
def test_made_up_links_are_not_good(ada: Person, path: str, token: str) -> None:
    ada.post("/me/confirmation")
    body = {"token": token.format(ada.person_id)} | ({"password": NEW_PASSWORD} if "reset" in path else {})
    assert ada.post(path, body).status_code in {400, 410}
    assert ada.get("/me").json_body["email_confirmed"] is False


def test_mails_that_a_person_can_ask_for_are_limited(ada: Person) -> None:
    answers = [ada.post("/me/confirmation") for _ in range(MAILS_OF_PERSON.most + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {204}
    problem_in(answers[-1], 429, "too-many-attempts")


def test_mail_that_cannot_be_sent_is_said_in_one_sentence_and_breaks_nothing(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_FROM", "nobody@unverified.example")
    settings.cache_clear()
    try:
        refused = ada.post("/me/confirmation")
        forgot = ada.post("/auth/forgot", {"email": ada.email})
        wait_for_mail()
        changed = ada.put("/me/password", {"current": PASSWORD, "password": NEW_PASSWORD})
        wait_for_mail()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert problem_in(refused, 503, "mail-not-sent")["detail"].count(".") == 1
    assert "Retry-After" in refused.headers
    assert (forgot.status_code, changed.status_code) == (204, 204)
    assert refusal(ada, ada.email, NEW_PASSWORD) == 200


# Changing the address


def test_a_new_address_becomes_the_log_in_once_it_is_confirmed(ada: Person, api: Api) -> None:
    former, new = ada.email, f"new.{ada.email}"
    wrong = ada.put("/me/email", {"email": new, "password": "a wrong guess"})
    assert fields_of(problem_in(wrong, 422, "invalid-input")) == {"password"}
    assert ada.put("/me/email", {"email": f" {new.upper()}", "password": PASSWORD}).status_code == 204
    assert ada.get("/me/account").json_body["pending_email"] == new
    assert new in mails_to(former)[-1].body, "the old address is told"
    assert (refusal(api, former), refusal(api, new)) == (200, 401)

    assert api.post("/auth/confirm", {"token": token_in(mails_to(new)[-1], "confirm")}).status_code == 200
    assert (refusal(api, former), refusal(api, new)) == (401, 200)
    overview = ada.get("/me/account").json_body
    assert (overview["profile"]["email"], overview["pending_email"]) == (new, None)
    assert overview["profile"]["email_confirmed"] is True
    assert claim_to(former) is None


def test_an_address_that_is_taken_is_refused_also_when_it_was_taken_meanwhile(ada: Person, api: Api) -> None:
    grace = api.signed_up("Grace")
    problem_in(ada.put("/me/email", {"email": grace.email, "password": PASSWORD}), 409, "conflict")
    new = f"wanted.{ada.email}"
    ada.put("/me/email", {"email": new, "password": PASSWORD})
    create_account("Eve", new, PASSWORD)
    late = api.post("/auth/confirm", {"token": token_in(mails_to(new)[-1], "confirm")})
    problem_in(late, 409, "conflict")
    assert ada.get("/me").json_body["email"] == ada.email
    assert refusal(api, ada.email) == 200


@pytest.mark.parametrize("how", ["cancelled", "password changed", "password reset"])
def test_a_change_of_address_can_be_stopped(ada: Person, api: Api, how: str) -> None:
    new = f"{how.replace(' ', '-')}.{ada.email}"
    ada.put("/me/email", {"email": new, "password": PASSWORD})
    stop: dict[str, Callable[[], Any]] = {
        "cancelled": lambda: ada.delete("/me/pending-email"),
        "password changed": lambda: ada.put("/me/password", {"current": PASSWORD, "password": NEW_PASSWORD}),
        "password reset": lambda: api.post(
            "/auth/reset", {"token": forgotten(api, ada.email), "password": NEW_PASSWORD}
        ),
    }
    assert stop[how]().status_code == 204
    token = token_in(mails_to(new)[-1], "confirm")
    problem_in(api.post("/auth/confirm", {"token": token}), 410, "link-expired")


# Passwords


def test_a_new_password_logs_out_everywhere_else_at_once(ada: Person, api: Api) -> None:
    other = logged_in(api, ada.email)
    changed = ada.put("/me/password", {"current": PASSWORD, "password": NEW_PASSWORD})
    assert changed.status_code == 204
    problem_in(other.get("/me"), 401, "not-signed-in")
    problem_in(other.post("/auth/refresh"), 401, "not-signed-in")
    assert ada.get("/me").status_code == 200
    assert ada.post("/auth/refresh").status_code == 200
    assert (refusal(api, ada.email), refusal(api, ada.email, NEW_PASSWORD)) == (401, 200)
    assert "password was changed" in mails_to(ada.email)[-1].subject


def test_who_changes_a_password_must_know_it_and_choose_a_fit_one(ada: Person) -> None:
    wrong = ada.put("/me/password", {"current": "a wrong guess", "password": NEW_PASSWORD})
    assert fields_of(problem_in(wrong, 422, "invalid-input")) == {"current"}
    unfit = ada.put("/me/password", {"current": PASSWORD, "password": "short"})
    assert fields_of(problem_in(unfit, 422, "invalid-input")) == {"password"}
    for _ in range(WRONG_PASSWORDS_OF_PERSON.most - 1):
        ada.put("/me/password", {"current": "a wrong guess", "password": NEW_PASSWORD})
    right = ada.put("/me/password", {"current": PASSWORD, "password": NEW_PASSWORD})
    problem_in(right, 429, "too-many-attempts")


def test_a_forgotten_password_is_reset_once_by_mail(ada: Person, api: Api) -> None:
    token = forgotten(api, f" {ada.email.upper()}")
    assert token not in str(rows())
    unfit = api.post("/auth/reset", {"token": token, "password": "short"})
    assert fields_of(problem_in(unfit, 422, "invalid-input")) == {"password"}
    assert api.post("/auth/reset", {"token": token, "password": NEW_PASSWORD}).status_code == 204
    problem_in(ada.get("/me"), 401, "not-signed-in")
    problem_in(ada.post("/auth/refresh"), 401, "not-signed-in")
    again = api.post("/auth/reset", {"token": token, "password": "yet another password"})
    problem_in(again, 410, "link-expired")
    assert (refusal(api, ada.email), refusal(api, ada.email, NEW_PASSWORD)) == (401, 200)
    assert logged_in(api, ada.email, NEW_PASSWORD).get("/me").json_body["email_confirmed"] is True


def test_links_in_mails_lead_to_our_site_whatever_a_request_claims_to_be_for(ada: Person, api: Api) -> None:
    elsewhere = dict.fromkeys(("Host", "X-Forwarded-Host", "Origin", "Referer"), "evil.example")
    assert api.post("/auth/forgot", {"email": ada.email}, elsewhere).status_code == 204
    mail = mails_to(ada.email)[-1]
    assert token_in(mail, "reset")
    assert "evil.example" not in mail.body


def test_a_reset_goes_to_the_accounts_own_address_however_it_was_typed(api: Api) -> None:
    """Letters that only look like those of an address, or become them in capitals, lead nowhere else."""
    create_account("Kim", "kim.lookalike@example.com", PASSWORD)
    kelvin, cyrillic, full_width = "\u212aim", "\u043aim", "\uff4bim"
    for typed in (kelvin, cyrillic, full_width):
        address = f"{typed}.lookalike@example.com"
        assert api.post("/auth/forgot", {"email": address}).status_code == 204
        wait_for_mail()
        assert mails_to(address) == []
    assert len(mails_to("kim.lookalike@example.com")) == 1  # the Kelvin sign is a K, whoever types it


def test_a_reset_lets_in_who_has_guessed_too_often(ada: Person, api: Api) -> None:
    for _ in range(attempts.FAILED_LOG_INS_OF_ACCOUNT.most + 1):
        refusal(api, ada.email, "a wrong guess")
    token = forgotten(api, ada.email)
    assert api.post("/auth/reset", {"token": token, "password": NEW_PASSWORD}).status_code == 204
    assert refusal(api, ada.email, NEW_PASSWORD) == 200


def test_a_link_to_reset_is_good_for_an_hour(ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    token = forgotten(api, ada.email)
    kept = rows()[f"reset#{ada.person_id}"]
    assert 0 <= clock.now_s() + 3600 - kept["expires_at"] < 60
    later(monkeypatch, 3600)
    problem_in(api.post("/auth/reset", {"token": token, "password": NEW_PASSWORD}), 410, "link-expired")


def test_a_link_for_one_thing_is_not_good_for_another(ada: Person, api: Api) -> None:
    ada.post("/me/confirmation")
    confirm = token_in(mails_to(ada.email)[-1], "confirm")
    problem_in(api.post("/auth/reset", {"token": confirm, "password": NEW_PASSWORD}), 410, "link-expired")
    problem_in(api.post("/auth/confirm", {"token": forgotten(api, ada.email)}), 410, "link-expired")


def test_forgetting_does_not_tell_who_has_an_account(
    ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by the answer nor by its time: what depends on the account happens aside."""
    slept: list[float] = []
    aside: list[tuple[Callable[[str], None], str]] = []
    monkeypatch.setattr("chalicelib.services.recovery.time.sleep", slept.append)
    monkeypatch.setattr(recovery._sender, "submit", lambda *work: aside.append(work))
    known = api.post("/auth/forgot", {"email": ada.email})
    unknown = api.post("/auth/forgot", {"email": "nobody@example.com"})
    assert (known.status_code, known.body, known.headers) == (204, unknown.body, unknown.headers)
    assert slept == [recovery.ANSWER_SECONDS] * 2
    assert [work[1] for work in aside] == [ada.email, "nobody@example.com"]
    monkeypatch.undo()
    for function, email in aside:
        function(email)
    assert len(mails_to(ada.email)) == 1
    assert mails_to("nobody@example.com") == []


@pytest.mark.parametrize("whose", ["ada", "nobody"])
def test_asking_for_resets_is_limited_alike_for_known_and_unknown_addresses(
    ada: Person, api: Api, whose: str
) -> None:
    email = ada.email if whose == "ada" else f"nobody.{ada.email}"
    answers = [api.post("/auth/forgot", {"email": email}) for _ in range(FORGOTTEN_OF_ADDRESS.most + 1)]
    assert [answer.status_code for answer in answers] == [204] * FORGOTTEN_OF_ADDRESS.most + [429]


def test_asking_for_resets_is_limited_by_where_it_comes_from(api: Api) -> None:
    statuses = [
        api.post("/auth/forgot", {"email": f"someone{number}@example.com"}).status_code
        for number in range(attempts.FORGOTTEN_FROM_ADDRESS.most + 1)
    ]
    assert statuses == [204] * attempts.FORGOTTEN_FROM_ADDRESS.most + [429]


# Sessions


def test_the_list_of_sessions_says_what_and_since_when(ada: Person, api: Api) -> None:
    before = clock.now_ms()
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other = logged_in(api, ada.email, agent=agent)
    newest, first = other.get("/me/account").json_body["sessions"]
    assert (newest["device"], newest["current"]) == ("Firefox on Linux", True)
    assert (first["device"], first["current"]) == ("Unknown device", False)
    assert first["began_at"] <= before <= newest["began_at"] == newest["used_at"]
    ada.post("/auth/refresh")
    renewed = ada.get("/me/account").json_body["sessions"][0]
    assert renewed["current"]
    assert renewed["began_at"] == first["began_at"] < renewed["used_at"]


def test_one_device_or_all_others_can_be_logged_out(ada: Person, api: Api) -> None:
    second, third, fourth = (logged_in(api, ada.email) for _ in range(3))
    listed = second.get("/me/account").json_body["sessions"]
    (mine,) = (one["session_id"] for one in listed if one["current"])
    for _ in range(2):
        assert ada.delete(f"/me/sessions/{mine}").status_code == 204
    problem_in(second.get("/me"), 401, "not-signed-in")
    problem_in(second.post("/auth/refresh"), 401, "not-signed-in")
    assert third.get("/me").status_code == 200
    assert ada.delete("/me/sessions").status_code == 204
    assert (ada.get("/me").status_code, third.get("/me").status_code) == (200, 401)
    assert fourth.post("/auth/refresh").status_code == 401
    assert len(ada.get("/me/account").json_body["sessions"]) == 1


def test_nobody_can_log_out_somebody_else(ada: Person, api: Api) -> None:
    grace = api.signed_up("Grace")
    (hers,) = grace.get("/me/account").json_body["sessions"]
    assert ada.delete(f"/me/sessions/{hers['session_id']}").status_code == 204
    assert grace.get("/me").status_code == 200


# Leaving


def traces(person: Person) -> list[str]:
    """Every item of every table that has to do with somebody."""
    client = boto3.client("dynamodb")
    found = []
    for table in ("accounts", "ratings", "marks", "suggestions"):
        items = client.scan(TableName=settings().table(table))["Items"]
        found += [str(item) for item in items if person.person_id in str(item) or person.email in str(item)]
    counters = [
        limit.key(whom)
        for limits, whom in ((leaving._BY_EMAIL, person.email), (leaving._BY_PERSON, person.person_id))
        for limit in limits
    ]
    return found + [pk for pk in rows() if pk.removeprefix("attempts#") in counters]


@pytest.fixture
def full(ada: Person, model: str) -> Person:  # noqa: ARG001
    """Somebody with everything that a person can have."""
    person_id = PersonId(ada.person_id)
    put_ratings([Rating(person_id, MovieId(1001 + number), 4.0, 1_000) for number in range(30)])
    ada.put("/me/marks/1050", {"kind": "watchlist"})
    assert ada.get("/me/suggestions").json_body["source"] == "fresh"
    ada.post("/me/confirmation")
    ada.post("/auth/forgot", {"email": ada.email})
    wait_for_mail()
    refusal(ada, ada.email, "a wrong guess")
    assert len(traces(ada)) >= 30 + 1 + 1 + 5 + 3
    return ada


def test_a_deleted_account_leaves_nothing_behind(full: Person, api: Api) -> None:
    other = logged_in(api, full.email)
    wrong = full.post("/me/deletion", {"password": "a wrong guess"})
    assert fields_of(problem_in(wrong, 422, "invalid-input")) == {"password"}
    answer = full.post("/me/deletion", {"password": PASSWORD})
    assert answer.status_code == 204
    assert answer.headers["Set-Cookie"].startswith("refresh=; Path=/api/auth; Max-Age=0;")
    assert traces(full) == []
    for gone in (full, other):
        problem_in(gone.get("/me"), 401, "not-signed-in")
        problem_in(gone.put("/me/ratings/1001", {"stars": 5}), 401, "not-signed-in")
        problem_in(gone.post("/auth/refresh"), 401, "not-signed-in")
        problem_in(gone.post("/me/deletion", {"password": PASSWORD}), 401, "not-signed-in")
    assert refusal(api, full.email) == 401
    attempts.forget(attempts.FAILED_LOG_INS_OF_ACCOUNT, full.email)
    assert traces(full) == []
    create_account("Ada", full.email, PASSWORD)


def test_who_cannot_log_in_is_erased_by_a_command_that_asks_first(
    full: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["people", "erase", full.email.upper()]) == 0
    assert "30 ratings, 1 marks" in capsys.readouterr().out
    assert full.get("/me").status_code == 200
    assert main(["people", "erase", full.person_id, "--yes"]) == 0
    assert traces(full) == []
    problem_in(full.get("/me"), 401, "not-signed-in")
    problem_in(full.post("/auth/refresh"), 401, "not-signed-in")
    assert main(["people", "erase", full.email, "--yes"]) == 1


@pytest.mark.parametrize("by", ["the person", "the batch job"])
@pytest.mark.parametrize("step", ["erase_what_was_said", "storage.finish_closing"])
def test_a_deletion_that_was_interrupted_goes_on(
    full: Person, api: Api, monkeypatch: pytest.MonkeyPatch, step: str, by: str
) -> None:
    def cut_off(*_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr(f"chalicelib.services.leaving.{step}", cut_off)
        assert full.post("/me/deletion", {"password": PASSWORD}).status_code == 500
    assert refusal(api, full.email) == 401, "nobody can log in from the first step on"
    problem_in(full.get("/me"), 401, "not-signed-in")
    problem_in(full.put("/me/ratings/1001", {"stars": 5}), 401, "not-signed-in")
    assert api.post("/auth/forgot", {"email": full.email}).status_code == 204
    wait_for_mail()
    if by == "the person":
        assert full.post("/me/deletion", {"password": PASSWORD}).status_code == 204
    else:
        assert leaving.finish_interrupted_deletions() == 1
    assert traces(full) == []
    assert leaving.finish_interrupted_deletions() == 0


def test_what_was_written_while_the_account_was_deleted_does_not_stay(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is looked at before the deletion, the rating is written after it."""

    def late(one: Rating) -> None:
        assert ada.post("/me/deletion", {"password": PASSWORD}).status_code == 204
        put_rating(one)

    monkeypatch.setattr("chalicelib.services.rating.put_rating", late)
    problem_in(ada.put("/me/ratings/1001", {"stars": 5}), 401, "not-signed-in")
    assert traces(ada) == []
    assert account_of(PersonId(ada.person_id)) is None
