"""What holds for every route: the form of errors, headers, health, and that no input breaks anything."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice.app import Chalice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.services import movies as movie_service
from tests.integration.api_client import Api, Person, problem_in

BODIES: dict[str, dict[str, object]] = {
    "/auth/sign-up": {"name": "Ada", "email": "a@example.com", "password": "p" * 12},
    "/auth/log-in": {"email": "a@example.com", "password": "p" * 12},
    "/me/ratings/{movie_id}": {"stars": 4.5},
    "/me/marks/{movie_id}": {"kind": "watchlist"},
}
PARAMETERS = [
    "sort", "q", "genre", "exclude_genre", "year_from", "year_to", "least_ratings", "limit", "cursor", "kind",
    "popular", "skip",
]  # fmt: skip


def test_health_before_and_after_anything_is_published(api: Api, request: pytest.FixtureRequest) -> None:
    empty = {"status": "ok", "catalogue_version": None, "model_version": None}
    assert api.get("/health").json_body == empty
    problem = problem_in(api.get("/movies"), 503, "not-ready")
    assert problem["detail"]
    version = request.getfixturevalue("catalogue")
    model = request.getfixturevalue("model")
    assert api.get("/health").json_body == empty | {"catalogue_version": version, "model_version": model}


def test_a_method_that_is_not_there(api: Api) -> None:
    answer = api.delete("/movies")
    problem_in(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.usefixtures("model")
def test_what_went_wrong_inside_is_logged_and_not_told(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("the secret of ada@example.com")

    monkeypatch.setattr(movie_service, "open_catalogue", broken)
    handler: Any = logging.getLogger("movies").handlers[0]
    monkeypatch.setattr(handler, "stream", sys.stdout)
    answer = api.get("/movies/1001")
    problem_in(answer, 500, "internal-server-error")
    assert b"secret" not in answer.body
    logged = capsys.readouterr().out
    assert "RuntimeError: the secret of …" in logged
    assert '"route": "/movies/{movie_id}", "status": 500' in logged


@pytest.mark.usefixtures("model")
def test_no_answer_may_be_read_as_something_else(api: Api, ada: Person) -> None:
    for answer in (
        api.get("/health"),
        api.get("/movies"),
        ada.get("/me"),
        api.delete("/movies"),
        api.get("/me"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_routes_that_need_no_model_do_not_import_numpy() -> None:
    heavy = "numpy argon2 chalicelib.recommending.model"
    code = f"import sys, app; print([name for name in '{heavy}'.split() if name in sys.modules])"
    folder = Path(__file__).parents[2] / "chalice_app"
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
query_text = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "0", "1", "60", "popular", "newest", "true", "watchlist", "Drama", "1001,tt1002", "1995"]
    ),
)
movie_paths = st.sampled_from(["1001", "tt0001002", "7", "x", "%00", "9" * 30])


@st.composite
def requests(draw: st.DrawFn, app: Chalice) -> tuple[str, str, bytes | None, dict[str, str]]:
    """A request to one of the app's routes that is nearly right."""
    route = draw(st.sampled_from(sorted(app.routes)))
    method = draw(st.sampled_from(sorted(app.routes[route])))
    query = draw(st.lists(st.tuples(st.sampled_from(PARAMETERS), query_text), max_size=4))
    path = route.replace("{movie_id}", draw(movie_paths))
    path += f"?{urlencode(query, errors='surrogatepass')}" if query else ""
    body: bytes | None = None
    if route in BODIES and method in ("POST", "PUT"):
        near = st.fixed_dictionaries({name: st.just(value) | junk for name, value in BODIES[route].items()})
        body = draw(
            st.one_of(
                near.map(lambda made: json.dumps(made).encode()),
                junk.map(lambda made: json.dumps(made).encode()),
                st.binary(max_size=60),
            )
        )
    headers = draw(
        st.dictionaries(
            st.sampled_from(["If-None-Match", "Cookie", "Content-Type", "Accept", "X-Forwarded-For"]),
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
            max_size=2,
        )
    )
    return method, path, body, headers


@pytest.mark.usefixtures("model")
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_breaks_the_api(ada: Person, chalice_app: Chalice, data: st.DataObject) -> None:
    method, path, body, headers = data.draw(requests(chalice_app))
    answer = ada.request(method, path, headers=headers, raw=body)
    assert answer.status_code < 500, answer.body
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json_body["detail"]
