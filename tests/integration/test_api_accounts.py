"""Signing up, logging in, staying logged in, logging out: what a person is promised, and a thief is not."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import jwt
import pytest

from chalicelib import clock
from chalicelib.api.logs import JsonLines
from chalicelib.config import settings
from chalicelib.domain.log_ins import GRACE_MS, REFRESH_SECONDS
from chalicelib.services import passwords, tokens
from chalicelib.services.accounts import create_account
from chalicelib.services.attempts import FAILED_LOG_INS_FROM_ADDRESS, FAILED_LOG_INS_OF_ACCOUNT, count_attempt
from chalicelib.storage.accounts import claim_to
from chalicelib.storage.tables import AccountRow
from tests.integration.api_client import (
    LOCAL_ADDRESS,
    PASSWORD,
    Api,
    Person,
    cookie_in,
    fields_of,
    problem_in,
)


def rows() -> dict[str, dict[str, Any]]:
    """All that the accounts table holds, by key."""
    items = boto3.resource("dynamodb").Table(settings().table("accounts")).scan()["Items"]
    return {str(item["pk"]): item for item in items}


def later(monkeypatch: pytest.MonkeyPatch, milliseconds: int) -> None:
    now = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now + milliseconds)


def test_a_new_person_is_logged_in_at_once(api: Api) -> None:
    before = clock.now_ms()
    answer = api.post("/auth/sign-up", {"name": " Ada  ", "email": " Ada@Example.COM ", "password": PASSWORD})
    assert answer.status_code == 201
    session = answer.json_body
    assert session["expires_in"] == 900
    account = session["account"]
    assert account.keys() == {"person_id", "name", "email", "email_confirmed", "joined_at", "operator"}
    assert account["operator"] is False
    assert (account["name"], account["email"]) == ("Ada", "ada@example.com")
    assert before <= account["joined_at"] <= clock.now_ms()
    api.token = session["access_token"]
    assert api.get("/me").json_body == account


def test_the_refresh_cookie_is_out_of_reach_of_scripts_and_other_sites(ada: Person) -> None:
    header = ada.post("/auth/refresh").headers["Set-Cookie"]
    assert header.partition("; ")[2] == (
        f"Path=/api/auth; Max-Age={REFRESH_SECONDS}; HttpOnly; SameSite=Strict; Secure"
    )


def test_plain_http_on_this_machine_gets_a_cookie_without_secure(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURE_COOKIES", "false")
    monkeypatch.setenv("API_BASE_PATH", "/films/api/")
    settings.cache_clear()
    try:
        header = ada.post("/auth/refresh").headers["Set-Cookie"]
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert "Secure" not in header
    assert "Path=/films/api/auth;" in header


def test_neither_password_nor_tokens_are_stored(ada: Person) -> None:
    stored = str(rows())
    assert PASSWORD not in stored
    assert str(ada.cookie) not in stored
    claim = claim_to(ada.email)
    assert claim is not None
    assert claim.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_address_belongs_to_one_person_however_it_is_written(ada: Person, api: Api) -> None:
    before = rows()
    again = api.post("/auth/sign-up", {"name": "Eve", "email": f" {ada.email.upper()}", "password": PASSWORD})
    problem_in(again, 409, "conflict")
    assert without_attempts(rows()) == without_attempts(before)


def without_attempts(accounts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {pk: row for pk, row in accounts.items() if not pk.startswith("attempts#")}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": f"{'a' * 250}@example.com"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": 5}, "name"),
        ({"password": None}, "password"),
        ({"password": "grace.hopper", "email": "Grace.Hopper@example.com"}, "password"),
        ({"password": "grace.hopper@example.com", "email": "Grace.Hopper@example.com"}, "password"),
        ({"password": "GRACE  HOPPER", "name": "Grace  Hopper"}, "password"),
        ({"is_admin": True}, "is_admin"),
    ],
)
def test_what_is_wrong_with_a_sign_up_is_said_by_field_and_nothing_is_kept(
    api: Api, change: dict[str, Any], field: str
) -> None:
    before = rows()
    body = {"name": "Grace", "email": "grace@example.com", "password": PASSWORD} | change
    problem = problem_in(api.post("/auth/sign-up", body), 422, "invalid-input")
    assert fields_of(problem) == {field}
    assert rows() == before


def test_every_unfit_field_is_named_at_once_and_no_password_is_repeated(api: Api) -> None:
    answer = api.post("/auth/sign-up", {"name": "", "email": "nope", "password": "pa55word"})
    assert fields_of(problem_in(answer, 422, "invalid-input")) == {"name", "email", "password"}
    assert b"pa55word" not in answer.body
    answer = api.post("/auth/sign-up", {"email": ["secret pa55word"], "password": {"a": "pa55word"}})
    assert fields_of(problem_in(answer, 422, "invalid-input")) == {"name", "email", "password"}
    assert b"pa55word" not in answer.body


def test_logging_in(ada: Person, api: Api) -> None:
    answer = api.post("/auth/log-in", {"email": f" {ada.email.title()}", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json_body["account"]["person_id"] == ada.person_id
    assert api.cookie is None
    assert cookie_in(answer) != ada.cookie


def test_an_unknown_address_and_a_wrong_password_look_the_same(ada: Person, api: Api) -> None:
    wrong = api.post("/auth/log-in", {"email": ada.email, "password": "wrong password"})
    unknown = api.post("/auth/log-in", {"email": "nobody@example.com", "password": PASSWORD})
    assert problem_in(wrong, 401, "not-signed-in") == problem_in(unknown, 401, "not-signed-in")
    assert wrong.headers == unknown.headers
    assert "Set-Cookie" not in wrong.headers


def test_an_unknown_address_costs_a_whole_hash(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []
    real = passwords._hasher()

    class Watched:
        def verify(self, password_hash: str, password: str) -> bool:
            verified.append(password_hash)
            return real.verify(password_hash, password)

    monkeypatch.setattr(passwords, "_hasher", Watched)
    api.post("/auth/log-in", {"email": "nobody@example.com", "password": PASSWORD})
    assert [password_hash.rpartition("$")[0][:30] for password_hash in verified] == [
        "$argon2id$v=19$m=19456,t=2,p=1"
    ]


def test_a_hash_of_older_parameters_is_renewed_at_the_next_log_in(
    ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = claim_to(ada.email)
    monkeypatch.setattr(passwords, "ITERATIONS", 3)
    passwords._hasher.cache_clear()
    try:
        credentials = {"email": ada.email, "password": PASSWORD}
        assert api.post("/auth/log-in", credentials).status_code == 200
        after = claim_to(ada.email)
        assert api.post("/auth/log-in", credentials).status_code == 200
    finally:
        passwords._hasher.cache_clear()
    assert before is not None
    assert after is not None
    assert "t=2" in before.password_hash
    assert "t=3" in after.password_hash
    assert claim_to(ada.email) == after


def test_guessing_one_persons_password_ends_after_ten_tries(
    ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(FAILED_LOG_INS_OF_ACCOUNT.most):
        wrong = api.post("/auth/log-in", {"email": ada.email, "password": "a wrong guess"})
        problem_in(wrong, 401, "not-signed-in")
    right = {"email": ada.email, "password": PASSWORD}
    refused = api.post("/auth/log-in", right)
    problem_in(refused, 429, "too-many-attempts")
    assert 0 < int(refused.headers["Retry-After"]) <= FAILED_LOG_INS_OF_ACCOUNT.seconds
    assert ada.get("/me").status_code == 200, "who is logged in stays so"
    later(monkeypatch, FAILED_LOG_INS_OF_ACCOUNT.seconds * 1000)
    assert api.post("/auth/log-in", right).status_code == 200


def test_logging_in_starts_the_count_of_wrong_tries_again(ada: Person, api: Api) -> None:
    for password in [*["a wrong guess"] * 9, PASSWORD, *["a wrong guess"] * 9, PASSWORD]:
        answer = api.post("/auth/log-in", {"email": ada.email, "password": password})
        assert answer.status_code == (200 if password == PASSWORD else 401)


def test_guessing_many_peoples_passwords_from_one_address_ends_too(api: Api, ada: Person) -> None:
    for _ in range(3):
        assert api.post("/auth/log-in", {"email": ada.email, "password": PASSWORD}).status_code == 200
    for _ in range(FAILED_LOG_INS_FROM_ADDRESS.most - 1):
        count_attempt(FAILED_LOG_INS_FROM_ADDRESS, LOCAL_ADDRESS)
    wrong = api.post("/auth/log-in", {"email": "nobody.else@example.com", "password": PASSWORD})
    assert wrong.status_code == 401, "good log-ins must not have been counted"
    refused = api.post("/auth/log-in", {"email": ada.email, "password": PASSWORD})
    problem_in(refused, 429, "too-many-attempts")


def test_sign_ups_from_one_address_are_limited(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_UPS_PER_HOUR", "2")
    monkeypatch.setenv("VIEWER_ADDRESS_HEADER", "CloudFront-Viewer-Address")
    settings.cache_clear()
    try:
        answers = [
            api.post(
                "/auth/sign-up",
                {"name": "Bot", "email": f"bot{number}@example.com", "password": PASSWORD},
                {"CloudFront-Viewer-Address": f"[2001:db8:0:1::{number}]:443"},
            )
            for number in range(3)
        ]
        elsewhere = api.post(
            "/auth/sign-up",
            {"name": "Ann", "email": "ann@example.com", "password": PASSWORD},
            {"CloudFront-Viewer-Address": "198.51.100.7:443"},
        )
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert "Retry-After" in answers[2].headers
    assert elsewhere.status_code == 201


def test_the_attempt_counters_name_nobody_and_expire(api: Api) -> None:
    api.post("/auth/log-in", {"email": "private@example.com", "password": PASSWORD})
    counters = {pk: row for pk, row in rows().items() if pk.startswith("attempts#")}
    assert counters
    assert "private" not in str(counters)
    assert "127.0.0.1" not in str(counters)
    assert all(row["expires_at"] > clock.now_s() for row in counters.values())


def test_refreshing_replaces_both_tokens(ada: Person) -> None:
    answer = ada.post("/auth/refresh")
    assert answer.status_code == 200
    assert answer.json_body["account"]["person_id"] == ada.person_id
    renewed = cookie_in(answer)
    assert renewed != ada.cookie
    ada.cookie = renewed
    assert ada.post("/auth/refresh").status_code == 200


def test_two_tabs_that_refresh_at_once_both_stay_logged_in(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ada.post("/auth/refresh"), ada.post("/auth/refresh")
    assert (first.status_code, second.status_code) == (200, 200)
    later(monkeypatch, GRACE_MS * 2)
    for answer in (first, second):
        ada.cookie = cookie_in(answer)
        assert ada.post("/auth/refresh").status_code == 200


def test_a_stolen_refresh_token_ends_the_whole_log_in_but_no_other(
    ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_device = cookie_in(api.post("/auth/log-in", {"email": ada.email, "password": PASSWORD}))
    stolen = ada.cookie
    ada.cookie = cookie_in(ada.post("/auth/refresh"))
    later(monkeypatch, GRACE_MS + 1)
    api.cookie = stolen
    problem_in(api.post("/auth/refresh"), 401, "not-signed-in")
    problem_in(ada.post("/auth/refresh"), 401, "not-signed-in")
    api.cookie = other_device
    assert api.post("/auth/refresh").status_code == 200


def test_a_session_ends_thirty_days_after_its_last_use(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, (REFRESH_SECONDS - 1) * 1000)
    ada.cookie = cookie_in(ada.post("/auth/refresh"))
    later(monkeypatch, (REFRESH_SECONDS - 1) * 1000)
    ada.cookie = cookie_in(ada.post("/auth/refresh"))
    later(monkeypatch, (REFRESH_SECONDS + 1) * 1000)
    problem_in(ada.post("/auth/refresh"), 401, "not-signed-in")


def test_what_is_kept_of_a_session_expires(ada: Person) -> None:
    ada.post("/auth/refresh")
    kept = rows()[f"log-ins#{ada.person_id}"]
    assert 0 <= clock.now_s() + REFRESH_SECONDS - kept["expires_at"] < 60


def test_logging_out_ends_the_session_and_clears_the_cookie(ada: Person) -> None:
    answer = ada.post("/auth/log-out")
    assert (answer.status_code, answer.body) == (204, b"")
    assert answer.headers["Set-Cookie"].startswith("refresh=; Path=/api/auth; Max-Age=0;")
    problem_in(ada.post("/auth/refresh"), 401, "not-signed-in")
    assert ada.post("/auth/log-out").status_code == 204


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "x" * 5000, "ä"])
def test_no_session_no_refresh(api: Api, cookie: str | None) -> None:
    api.cookie = cookie
    before = rows()
    problem_in(api.post("/auth/refresh"), 401, "not-signed-in")
    assert api.post("/auth/log-out").status_code == 204
    assert rows() == before


PROTECTED = [
    ("GET", "/me"),
    ("GET", "/me/library"),
    ("GET", "/me/ratings"),
    ("PUT", "/me/ratings/1001"),
    ("DELETE", "/me/ratings/1001"),
    ("GET", "/me/marks"),
    ("PUT", "/me/marks/1001"),
    ("DELETE", "/me/marks/1001"),
    ("GET", "/me/movies/1001"),
    ("GET", "/me/suggestions"),
    ("GET", "/me/next-to-rate"),
]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_personal_routes_need_a_token(api: Api, method: str, path: str) -> None:
    answer = api.request(method, path, {"stars": 5, "kind": "watchlist"} if method == "PUT" else None)
    problem_in(answer, 401, "not-signed-in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def forged(ada: Person, kind: str) -> str:
    good = jwt.decode(str(ada.token), options={"verify_signature": False})
    kid = jwt.get_unverified_header(str(ada.token))["kid"]
    key = tokens._keys(at_most_old=1e9).by_id[kid]

    def signed(claims: dict[str, Any], key: str = key, algorithm: str = "HS256", kid: object = kid) -> str:
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(claims, key, algorithm, headers=headers)

    def without(claim: str) -> str:
        return signed({name: value for name, value in good.items() if name != claim})

    head, payload, signature = str(ada.token).split(".")
    made: dict[str, Callable[[], str]] = {
        "other key": lambda: signed(good, key="k" * 64),
        "other algorithm": lambda: signed(good, algorithm="HS512"),
        "no algorithm": lambda: jwt.encode(good, "", "none", headers={"kid": kid}),
        "no key id": lambda: signed(good, kid=None),
        "unknown key id": lambda: signed(good, kid="else"),
        "other audience": lambda: signed(good | {"aud": "web"}),
        "other issuer": lambda: signed(good | {"iss": "movies-prod"}),
        "expired": lambda: signed(good | {"exp": clock.now_s() - 10}),
        "from the future": lambda: signed(good | {"iat": clock.now_s() + 3600}),
        "no expiry": lambda: without("exp"),
        "no person": lambda: without("sub"),
        "no audience": lambda: without("aud"),
        "no issuer": lambda: without("iss"),
        "no session": lambda: without("sid"),
        "another session": lambda: signed(good | {"sid": "0" * 32}),
        "person is a number": lambda: signed(good | {"sub": 5}),
        "other payload": lambda: f"{head}.{payload[:-4]}AAAA.{signature}",
        "no signature": lambda: f"{head}.{payload}.",
        "nonsense": lambda: "a.b.c",
        "not base64": lambda: "\u00e4.\u00f6.\u00fc",
        "empty": lambda: "",
    }
    return made[kind]()


FORGERIES = [
    "other key", "other algorithm", "no algorithm", "no key id", "unknown key id", "other audience",
    "other issuer", "expired", "from the future", "no expiry", "no person", "no audience", "no issuer",
    "no session", "another session", "person is a number", "other payload", "no signature", "nonsense",
    "not base64", "empty",
]  # fmt: skip


@pytest.mark.parametrize("kind", FORGERIES)
def test_no_token_but_ours_opens_a_personal_route(ada: Person, kind: str) -> None:
    ada.token = forged(ada, kind)
    answer = ada.get("/me")
    problem_in(answer, 401, "not-signed-in")
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YWRhOnB3", "Token {}", "{}", "Bearer  {} more"])
def test_only_a_bearer_header_counts(ada: Person, header: str) -> None:
    token, ada.token = ada.token, None
    problem_in(ada.get("/me", {"Authorization": header.format(token)}), 401, "not-signed-in")
    assert ada.get("/me", {"authorization": f"bearer {token}"}).status_code == 200


def test_a_token_is_good_for_a_quarter_of_an_hour(ada: Person) -> None:
    claims = jwt.decode(str(ada.token), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert abs(claims["iat"] - datetime.now(UTC).timestamp()) < 60
    assert claims.keys() == {"iss", "aud", "sub", "sid", "iat", "exp"}


def test_rotating_the_key_signs_nobody_out(ada: Person, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=settings().signing_key_secret, SecretString="a new key " * 6
    )
    monkeypatch.setattr(tokens, "_keys_read", None)
    assert ada.get("/me").status_code == 200
    renewed = api.post("/auth/log-in", {"email": ada.email, "password": PASSWORD}).json_body["access_token"]
    kids = [jwt.get_unverified_header(str(token))["kid"] for token in (ada.token, renewed)]
    assert kids[0] != kids[1]
    api.token = renewed
    assert api.get("/me").status_code == 200


def test_made_up_key_ids_do_not_flood_the_key_store(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = tokens.stored_key

    def watched(stage: str) -> object:
        asked.append(stage)
        return real(stage)

    monkeypatch.setattr(tokens, "stored_key", watched)
    ada.token = forged(ada, "unknown key id")
    for _ in range(5):
        assert ada.get("/me").status_code == 401
    assert len(asked) <= 2


def test_an_account_that_is_gone_is_nobody(ada: Person) -> None:
    AccountRow(f"user#{ada.person_id}").delete()
    problem_in(ada.get("/me"), 401, "not-signed-in")
    problem_in(ada.post("/auth/refresh"), 401, "not-signed-in")


def test_local_tools_make_accounts_that_can_log_in(api: Api) -> None:
    account = create_account("Demo", "Demo@Example.com", PASSWORD)
    answer = api.post("/auth/log-in", {"email": "demo@example.com", "password": PASSWORD})
    assert answer.json_body["account"]["person_id"] == account.person_id


def test_the_logs_name_no_one(ada: Person, capsys: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("movies", logging.ERROR, "", 0, "", (), None)
    record.msg = f"KeyError: 'email#{ada.email}' token {ada.token} cookie {ada.cookie}"
    line = JsonLines().format(record)
    for private in (ada.email, ada.token, ada.cookie):
        assert str(private) not in line
    assert json.loads(line)["level"] == "error"
    assert ada.email not in capsys.readouterr().out
