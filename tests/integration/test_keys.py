"""Replacing the keys that sign access tokens, with the commands that do it."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from batch_jobs import keys
from batch_jobs.__main__ import main
from chalicelib.services import tokens
from tests.integration.api_client import PASSWORD, Api, Person, problem_in


def forget_keys() -> None:
    """As every process does after some minutes."""
    tokens._keys_read = None


def signed_by(token: str | None) -> str:
    return str(jwt.get_unverified_header(str(token))["kid"])


def another_token(api: Api, email: str) -> str:
    answer = api.post("/auth/log-in", {"email": email, "password": PASSWORD})
    return str(answer.json_body["access_token"])


@pytest.fixture
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key was made long enough ago."""
    monkeypatch.setattr(keys, "HANDING_OVER", timedelta(0))


@pytest.mark.usefixtures("in_time")
def test_a_new_key_logs_nobody_out_and_the_former_verifies_until_it_is_retired(ada: Person, api: Api) -> None:
    assert main(["keys", "rotate"]) == 0
    forget_keys()
    assert ada.get("/me").status_code == 200
    token = another_token(api, ada.email)
    assert signed_by(token) != signed_by(ada.token)
    assert signed_by(token) == keys.list_keys().current.key_id

    assert main(["keys", "retire"]) == 0
    forget_keys()
    problem_in(ada.get("/me"), 401, "not-signed-in")
    renewed = ada.request("POST", "/auth/refresh").json_body
    ada.token = renewed["access_token"]
    assert ada.get("/me").status_code == 200


def test_a_key_whose_tokens_are_still_good_is_not_pushed_out(
    ada: Person, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as long_ago:
        long_ago.setattr(keys, "HANDING_OVER", timedelta(0))
        keys.rotate()
    before = keys.list_keys()
    assert main(["keys", "rotate"]) == 3
    assert "keys retire" in capsys.readouterr().err
    assert keys.list_keys() == before
    forget_keys()
    assert ada.get("/me").status_code == 200
    assert main(["keys", "retire"]) == 0
    assert main(["keys", "retire"]) == 3
    assert main(["keys", "rotate"]) == 0, "without a former key nothing is pushed out"


@pytest.mark.usefixtures("aws", "in_time")
def test_the_commands_tell_keys_apart_without_showing_them(capsys: pytest.CaptureFixture[str]) -> None:
    main(["keys", "rotate"])
    capsys.readouterr()
    assert main(["--json", "keys", "list"]) == 0
    said = capsys.readouterr().out
    told = json.loads(said)
    assert told["current"].keys() == told["former"].keys() == {"key_id", "made_at"}
    assert datetime.now(UTC) - datetime.fromisoformat(told["current"]["made_at"]) < timedelta(minutes=5)
    for stage in (tokens.CURRENT, tokens.FORMER):
        stored = tokens.stored_key(stage)
        assert stored is not None
        assert stored["SecretString"] not in said
