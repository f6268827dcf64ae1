"""Trying things out without an account, and keeping that with one."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services import attempts, trying
from chalicelib.services.accounts import create_account
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import rating_of
from tests.integration.api_client import FIRST_MOVIE, LOCAL_ADDRESS, MOVIES, PASSWORD, Api, Person, problem_in

pytestmark = pytest.mark.usefixtures("model")
NOT_IN_CATALOGUE = 7


def rated(movie_id: int, stars: float, at: int) -> dict[str, float]:
    return {"movie_id": movie_id, "stars": stars, "rated_at": at}


def marked(movie_id: int, kind: str, at: int) -> dict[str, object]:
    return {"movie_id": movie_id, "kind": kind, "marked_at": at}


def suggested(api: Api, **body: object) -> list[int]:
    answer = api.post("/suggestions", body)
    assert answer.status_code == 200, answer.body
    return [item["movie"]["movie_id"] for item in answer.json_body["items"]]


def test_films_to_begin_with_are_the_same_for_everybody(api: Api) -> None:
    answer = api.get("/movies/to-begin-with?limit=20")
    ids = [card["movie_id"] for card in answer.json_body["items"]]
    assert len(set(ids)) == len(ids) == 20
    known = api.get("/movies/to-begin-with?limit=20", {"If-None-Match": answer.headers["ETag"]})
    assert known.status_code == 304


def test_a_stranger_is_told_what_somebody_with_an_account_is_told(api: Api, ada: Person) -> None:
    given_stars = {1001: 5.0, 1003: 4.5, 1002: 1.0}
    for movie_id, stars in given_stars.items():
        ada.put(f"/me/ratings/{movie_id}", {"stars": stars})
    ada.put("/me/marks/1005", {"kind": "not_interested"})
    mine = ada.get("/me/suggestions?limit=30").json_body["items"]
    ratings = [rated(movie_id, stars, at) for at, (movie_id, stars) in enumerate(given_stars.items())]
    body = {"ratings": ratings[::-1], "marks": [marked(1005, "not_interested", 9)], "limit": 30}
    theirs = Api(api.client).post("/suggestions", body)
    assert theirs.headers["Cache-Control"] == "no-store"
    assert [one["movie"] for one in theirs.json_body["items"]] == [one["movie"] for one in mine]
    assert theirs.json_body["items"][0]["because_of"]["movie_id"] in given_stars
    guess = api.post("/movies/1007/predicted-stars", {"ratings": ratings}).json_body
    assert guess["predicted_stars"] == ada.get("/me/movies/1007").json_body["predicted_stars"]


def test_without_a_word_a_stranger_is_shown_what_everybody_likes_and_more_ratings_sharpen_it(
    api: Api,
) -> None:
    nothing = suggested(api)
    odd = suggested(api, ratings=[rated(1001, 5, 1)])
    even = suggested(api, ratings=[rated(1002, 5, 1)])
    assert len({tuple(nothing), tuple(odd), tuple(even)}) == 3
    assert 1001 not in odd


def test_of_two_ratings_of_one_film_the_newer_counts(api: Api) -> None:
    twice = suggested(api, ratings=[rated(1001, 5, 20), rated(1001, 0.5, 10)])
    assert twice == suggested(api, ratings=[rated(1001, 5, 20)])


@pytest.mark.parametrize(
    "body",
    [
        {"ratings": [rated(1001, 5.25, 1)]},
        {"ratings": [rated(0, 5, 1)]},
        {"ratings": [rated(2**31, 5, 1)]},
        {"ratings": [rated(1001, 5, -1)]},
        {"ratings": [{"movie_id": 1001, "stars": 5}]},
        {"ratings": [rated(1001 + n, 5, 1) for n in range(301)]},
        {"marks": [marked(1001, "loved", 1)]},
        {"limit": 0},
        {"email": "ada@example.com"},
    ],
)
@pytest.mark.parametrize("path", ["/suggestions", "/me/library", "/movies/1001/predicted-stars"])
def test_what_cannot_be_is_refused(ada: Person, path: str, body: object) -> None:
    problem_in(ada.post(path, body), 422, "invalid-input")
    assert ada.get("/me/library").json_body == {"ratings": {}, "marks": {}}


def test_one_address_cannot_ask_for_ever(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = attempts.Limit("suggestions-address", 3, 60)
    monkeypatch.setattr(trying, "SUGGESTIONS_FROM_ADDRESS", limit)
    attempts.forget(limit, LOCAL_ADDRESS)
    answers = [api.post("/suggestions", {}).status_code for _ in range(4)]
    attempts.forget(limit, LOCAL_ADDRESS)
    assert answers == [200, 200, 200, 429]


def test_a_stranger_is_asked_about_every_film_once(api: Api) -> None:
    skipped: list[int] = []
    while movie := api.get(f"/next-to-rate?skip={','.join(map(str, skipped))}").json_body["movie"]:
        skipped.append(movie["movie_id"])
    assert sorted(skipped) == list(range(FIRST_MOVIE, FIRST_MOVIE + MOVIES))


def test_the_newest_wins_and_keeping_twice_is_as_good_as_once(ada: Person) -> None:
    ada.put("/me/ratings/1001", {"stars": 3})
    ada.put("/me/marks/1002", {"kind": "watchlist"})
    now = clock.now_ms()
    body = {
        "ratings": [rated(1001, 1, 5), rated(1003, 4.5, 5), rated(NOT_IN_CATALOGUE, 5, 5)],
        "marks": [marked(1002, "not_interested", now + 10**9), marked(1004, "watchlist", 5)],
    }
    for _ in range(2):
        answer = ada.post("/me/library", body)
        assert answer.json_body == {
            "ratings": {"1001": 3.0, "1003": 4.5},
            "marks": {"1002": "not_interested", "1004": "watchlist"},
            "kept_ratings": 1,
            "kept_marks": 2,
        }
    assert all(mark.marked_at <= clock.now_ms() for mark in marks_of(PersonId(ada.person_id)))
    ada.post("/me/library", {"ratings": [rated(1001, 1, clock.now_ms())]})
    assert ada.get("/me/library").json_body["ratings"]["1001"] == 1


def test_keeping_asks_for_an_account(api: Api) -> None:
    problem_in(api.post("/me/library", {}), 401, "not-signed-in")


@pytest.mark.usefixtures("ada")
@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.integers(1001, 1004), st.integers(1, 10), st.integers(1, 9)), min_size=1, max_size=8
    )
)
def test_in_whatever_parts_it_comes_the_newest_is_kept(said: list[tuple[int, int, int]]) -> None:
    person = create_account("Parts", f"parts{clock.now_ms()}-{id(said)}@example.com", PASSWORD).person_id
    for movie_id, halves, at in said:
        trying.keep_tried_out(person, [Rating(person, MovieId(movie_id), halves / 2, at)], [])
    for movie_id in {one for one, *_ in said}:
        latest = max(at for one, _, at in said if one == movie_id)
        first = next(halves for one, halves, at in said if (one, at) == (movie_id, latest))
        kept = rating_of(person, MovieId(movie_id))
        assert kept
        assert (kept.stars, kept.rated_at) == (first / 2, latest)
