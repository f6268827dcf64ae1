"""What callers may rely on at every address, over real HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from chalicelib.services.accounts import create_account, log_in
from chalicelib.services.operators import grant
from tests.integration.api_client import FIRST_MOVIE, LOCAL_ADDRESS, PASSWORD
from tests.integration.contract import document

PUBLIC = [
    "/movies",
    "/movies?q=film&limit=3",
    "/movies/to-begin-with",
    "/search?q=fil",
    "/genres",
    "/movies/1001",
    "/openapi.json",
]
LISTS = {"/me/ratings", "/me/marks", "/me/suggestions", "/movies"}
WRONG = {"email": "conventions@example.com", "password": "not the password"}


@pytest.fixture(scope="module")
def ada(origin: str) -> Iterator[httpx.Client]:
    create_account("Ada", "conventions@example.com", PASSWORD)
    grant("conventions@example.com")
    token = log_in("conventions@example.com", PASSWORD, LOCAL_ADDRESS).access_token
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{origin}/api", headers=headers) as client:
        yield client


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_the_same_for_everybody_may_be_kept_and_checked(ada: httpx.Client, path: str) -> None:
    answer = ada.get(path)
    kept = {name: answer.headers[name] for name in ("Cache-Control", "ETag", "Vary")}
    assert kept["Cache-Control"] == "public, max-age=60, stale-while-revalidate=300"
    assert kept["Vary"] == "Accept-Encoding"
    assert "set-cookie" not in answer.headers
    again = ada.get(path, headers={"If-None-Match": kept["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in kept} == kept


@pytest.mark.parametrize("path", PUBLIC)
def test_head_answers_as_get_without_the_body(ada: httpx.Client, path: str) -> None:
    head, get = ada.head(path), ada.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


def test_every_personal_answer_is_kept_by_nobody(ada: httpx.Client) -> None:
    paths = [
        path
        for path, methods in document()["paths"].items()
        if "security" in methods.get("get", {}) and "{" not in path
    ]
    assert "/me/library" in paths
    for path in [*paths, f"/me/movies/{FIRST_MOVIE}"]:
        answer = ada.get(path)
        assert answer.status_code == 200, path
        assert (answer.headers["Cache-Control"], answer.headers.get("ETag")) == ("no-store", None), path


def test_every_list_that_grows_is_read_by_cursor() -> None:
    paged = set()
    for path, methods in document()["paths"].items():
        names = {one.get("name") for one in methods.get("get", {}).get("parameters", [])}
        if names >= {"limit", "cursor"}:
            paged.add(path)
    assert paged == LISTS


def test_marks_come_page_by_page_each_once(ada: httpx.Client) -> None:
    wanted = list(range(FIRST_MOVIE, FIRST_MOVIE + 7))
    for number in wanted:
        ada.put(f"/me/marks/{number}", json={"kind": "watchlist"})
    ada.put(f"/me/marks/{FIRST_MOVIE + 7}", json={"kind": "not_interested"})
    found: list[int] = []
    cursor = ""
    while cursor is not None:
        page = ada.get("/me/marks", params={"kind": "watchlist", "limit": 3, "cursor": cursor}).json()
        assert page["total"] == len(wanted)
        found += [item["movie"]["movie_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(found) == wanted
    other = ada.get("/me/marks?kind=watchlist&limit=3").json()["next_cursor"]
    assert ada.get("/me/marks", params={"cursor": other}).json()["type"] == "/problems/bad-cursor"


def test_putting_and_deleting_twice_is_as_good_as_once(ada: httpx.Client) -> None:
    for path, body in (
        ("/me/ratings/1050", {"stars": 4.5}),
        ("/me/marks/1051", {"kind": "watchlist"}),
    ):
        once = ada.put(path, json=body), ada.get("/me/library").json()
        twice = ada.put(path, json=body), ada.get("/me/library").json()
        assert once[0].status_code == twice[0].status_code == 200
        assert once[1] == twice[1]
        assert ada.delete(path).status_code == ada.delete(path).status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/movies/tt0000007", 404, "not-found"),
        ("GET", "/movies?limit=0", 422, "invalid-input"),
        ("GET", "/movies?cursor=x", 400, "bad-cursor"),
        ("GET", "/nowhere", 404, "not-found"),
        ("POST", "/movies", 405, "method-not-allowed"),
        ("PUT", "/me/ratings/1001", 415, "unsupported-media-type"),
    ],
)
def test_problems_have_a_type_that_stays(
    ada: httpx.Client, method: str, path: str, status: int, slug: str
) -> None:
    answer = ada.request(method, path)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_limit_says_when_to_come_back(ada: httpx.Client) -> None:
    answers = [ada.post("/auth/log-in", json=WRONG) for _ in range(11)]
    assert {answer.status_code for answer in answers[:10]} == {401}
    assert answers[10].status_code == 429
    assert 0 < int(answers[10].headers["Retry-After"]) <= 15 * 60
    assert answers[10].json()["type"] == "/problems/too-many-attempts"
