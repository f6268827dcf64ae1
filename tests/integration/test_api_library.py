"""What a person says about movies, and what they are told."""

import itertools

import pytest

from chalicelib import clock
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.storage.ratings import put_rating, rating_of, ratings_of
from chalicelib.storage.tables import SuggestionsRow
from tests.integration.api_client import FIRST_MOVIE, MOVIES, Api, Person, cookie_in, fields_of, problem_in

pytestmark = pytest.mark.usefixtures("model")
NOT_IN_CATALOGUE = 7


@pytest.fixture
def ticking(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - she signs up before
    """A clock that moves on by a second at each look."""
    ticks = itertools.count(clock.now_ms(), 1000)
    monkeypatch.setattr(clock, "now_ms", lambda: next(ticks))


def library(person: Person) -> object:
    answer = person.get("/me/library")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json_body


@pytest.mark.usefixtures("ticking")
def test_rating_rating_again_and_taking_it_back(ada: Person) -> None:
    first = ada.put("/me/ratings/tt0001001", {"stars": 4.5})
    assert first.status_code == 200
    assert first.json_body.keys() == {"movie_id", "stars", "rated_at"}
    assert (first.json_body["movie_id"], first.json_body["stars"]) == (1001, 4.5)
    second = ada.put("/me/ratings/1001", {"stars": 2})
    assert second.json_body["rated_at"] > first.json_body["rated_at"]
    assert library(ada) == {"ratings": {"1001": 2.0}, "marks": {}}
    for _ in range(2):
        answer = ada.delete("/me/ratings/1001")
        assert (answer.status_code, answer.body) == (204, b"")
        assert library(ada) == {"ratings": {}, "marks": {}}


def test_an_older_rating_never_replaces_a_newer_one(ada: Person) -> None:
    person_id, movie_id = PersonId(ada.person_id), MovieId(1001)
    newest = Rating(person_id, movie_id, 4.0, 2_000)
    for rating in (
        Rating(person_id, movie_id, 1.0, 1_500),
        newest,
        newest,
        Rating(person_id, movie_id, 2.0, 1_999),
    ):
        put_rating(rating)
    assert rating_of(person_id, movie_id) == newest
    assert ratings_of(person_id) == [newest]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"stars": 0}', "stars"),
        ('{"stars": 0.25}', "stars"),
        ('{"stars": 5.5}', "stars"),
        ('{"stars": -1}', "stars"),
        ('{"stars": true}', "stars"),
        ('{"stars": "5"}', "stars"),
        ('{"stars": null}', "stars"),
        ('{"stars": NaN}', "stars"),
        ('{"stars": Infinity}', "stars"),
        ('{"stars": 1e999}', "stars"),
        ('{"stars": [5]}', "stars"),
        ('{"stars": {"$gt": 0}}', "stars"),
        ("{}", "stars"),
        ('{"stars": 5, "movie_id": 1002}', "movie_id"),
        ("[]", "body"),
        ("5", "body"),
        ("null", "body"),
    ],
)
def test_a_rating_off_the_grid_changes_nothing(ada: Person, body: str, field: str) -> None:
    ada.put("/me/ratings/1001", {"stars": 3})
    answer = ada.request("PUT", "/me/ratings/1001", raw=body.encode())
    assert fields_of(problem_in(answer, 422, "invalid-input")) == {field}
    assert library(ada) == {"ratings": {"1001": 3.0}, "marks": {}}


@pytest.mark.parametrize("path", ["/me/ratings/{}", "/me/marks/{}"])
def test_bodies_that_are_no_json_change_nothing(ada: Person, path: str) -> None:
    path = path.format(1001)
    valid = b'{"stars": 5}' if "ratings" in path else b'{"kind": "watchlist"}'
    for raw in (
        b"",
        b"{",
        b"stars=5",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"stars": ' + b"9" * 5000 + b"}",
        valid + b"x",
    ):
        problem_in(ada.request("PUT", path, raw=raw), 400, "malformed-json")
    for content_type in ("text/plain", "", "application/jsonp", "multipart/form-data", "text/json", "*/*"):
        answer = ada.request("PUT", path, raw=valid, headers={"Content-Type": content_type})
        problem_in(answer, 415, "unsupported-media-type")
    problem_in(ada.request("PUT", path, raw=valid[:-1] + b" " * 64 * 1024 + b"}"), 413, "too-large")
    assert library(ada) == {"ratings": {}, "marks": {}}
    accepted = ada.request(
        "PUT", path, raw=valid, headers={"Content-Type": "Application/JSON; charset=utf-8"}
    )
    assert accepted.status_code == 200


def test_a_movie_we_do_not_have_cannot_be_rated_or_marked(ada: Person) -> None:
    problem_in(ada.put(f"/me/ratings/{NOT_IN_CATALOGUE}", {"stars": 5}), 404, "not-found")
    problem_in(ada.put(f"/me/marks/{NOT_IN_CATALOGUE}", {"kind": "watchlist"}), 404, "not-found")
    problem_in(ada.get(f"/me/movies/{NOT_IN_CATALOGUE}"), 404, "not-found")
    assert library(ada) == {"ratings": {}, "marks": {}}


@pytest.mark.parametrize("path", ["/me/ratings/{}", "/me/marks/{}", "/me/movies/{}"])
def test_what_is_no_film_id_is_refused_everywhere(ada: Person, path: str) -> None:
    for strange in ("abc", "0", "\u0661", "9" * 3000, "%00"):
        for method in ("GET",) if "movies" in path else ("PUT", "DELETE"):
            body = {"stars": 5} if "ratings" in path else {"kind": "watchlist"}
            answer = ada.request(method, path.format(strange), body if method == "PUT" else None)
            problem_in(answer, 422, "invalid-input")


def test_nobody_sees_or_changes_what_another_says(api: Api, ada: Person) -> None:
    bob = api.signed_up("Bob")
    ada.put("/me/ratings/1001", {"stars": 5})
    ada.put("/me/marks/1002", {"kind": "watchlist"})
    bob.put("/me/ratings/1001", {"stars": 1})
    bob.delete("/me/marks/1002")
    assert library(ada) == {"ratings": {"1001": 5.0}, "marks": {"1002": "watchlist"}}
    assert library(bob) == {"ratings": {"1001": 1.0}, "marks": {}}


@pytest.mark.usefixtures("ticking")
def test_my_ratings_in_every_order_page_by_page(ada: Person) -> None:
    stars = {1001: 3, 1002: 5, 1003: 1, 1004: 5, 1005: 3}
    for movie_id, given in stars.items():
        ada.put(f"/me/ratings/{movie_id}", {"stars": given})
    for sort, expected in {
        "newest": [1005, 1004, 1003, 1002, 1001],
        "oldest": [1001, 1002, 1003, 1004, 1005],
        "highest": [1004, 1002, 1005, 1001, 1003],
        "lowest": [1003, 1005, 1001, 1004, 1002],
    }.items():
        found: list[int] = []
        cursor = ""
        while True:
            page = ada.get(f"/me/ratings?sort={sort}&limit=2&cursor={cursor}").json_body
            assert page["total"] == 5
            assert all(item["stars"] == stars[item["movie"]["movie_id"]] for item in page["items"])
            found += [item["movie"]["movie_id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == expected, sort
    assert ada.get("/me/ratings").json_body["items"][0]["movie"]["title"] == "Film number 1005"


@pytest.mark.usefixtures("ticking")
def test_my_ratings_by_title_and_by_year_page_by_page(ada: Person) -> None:
    put_rating(Rating(PersonId(ada.person_id), MovieId(NOT_IN_CATALOGUE), 4.0, 1_000))
    for movie_id in (1003, 1001, 1019, 1018):  # of 1993, 1991, 1949 + 1960 and 2008
        ada.put(f"/me/ratings/{movie_id}", {"stars": 3})
    for sort, expected in {
        "title": [1001, 1003, 1018, 1019, NOT_IN_CATALOGUE],
        "film-newest": [1019, 1018, 1003, 1001, NOT_IN_CATALOGUE],
        "film-oldest": [1001, 1003, 1018, 1019, NOT_IN_CATALOGUE],
    }.items():
        assert listed(ada, f"sort={sort}&limit=2") == expected, sort


def test_my_ratings_are_searched_and_filtered(ada: Person) -> None:
    for movie_id, stars in {1001: 3, 1002: 5, 1003: 4.5, 1004: 5}.items():
        ada.put(f"/me/ratings/{movie_id}", {"stars": stars})
    put_rating(Rating(PersonId(ada.person_id), MovieId(NOT_IN_CATALOGUE), 5.0, 1_000))
    for query, expected in {
        "q=number%20100": [1001, 1002, 1003, 1004],
        "q=Film%20numbre%201003": [1003],
        "q=lovelace": [1001, 1002, 1003, 1004],
        "q=film%20number%201005": [],
        "q=%3F": [],
        "stars=5": [NOT_IN_CATALOGUE, 1002, 1004],
        "stars=5,4.5&genre=comedy": [1002, 1004],
        "genre=Comedy,Crime&q=1004": [1004],
        "genre=Comedy,Drama": [],
        "genre=Unheard": [],
    }.items():
        assert sorted(listed(ada, f"{query}&limit=1")) == expected, query
    page = ada.get("/me/ratings?stars=5&limit=1").json_body
    assert page["total"] == 3
    assert page["genres"] == [
        {"name": "Comedy", "count": 2},
        {"name": "Crime", "count": 2},
        {"name": "Drama", "count": 2},
    ]
    cursor = page["next_cursor"]
    problem_in(ada.get(f"/me/ratings?stars=4.5&limit=1&cursor={cursor}"), 400, "bad-cursor")


def listed(person: Person, query: str) -> list[int]:
    """The movies of all pages; each page says how many there are in all."""
    found: list[int] = []
    totals = set()
    cursor = ""
    while cursor is not None:
        page = person.get(f"/me/ratings?{query}&cursor={cursor}").json_body
        found += [item["movie"]["movie_id"] for item in page["items"]]
        totals.add(page["total"])
        cursor = page["next_cursor"]
    assert totals == {len(found)}
    return found


def test_a_rated_movie_that_left_the_catalogue_is_still_mine(ada: Person) -> None:
    put_rating(Rating(PersonId(ada.person_id), MovieId(NOT_IN_CATALOGUE), 4.0, 1_000))
    (item,) = ada.get("/me/ratings").json_body["items"]
    assert (item["movie"]["title"], item["stars"]) == ("tt0000007", 4.0)
    assert ada.get(f"/me/movies/{NOT_IN_CATALOGUE}").json_body["stars"] == 4.0
    assert ada.delete(f"/me/ratings/{NOT_IN_CATALOGUE}").status_code == 204
    assert library(ada) == {"ratings": {}, "marks": {}}


def test_cursors_of_my_ratings_are_mine_and_of_one_order(api: Api, ada: Person) -> None:
    for movie_id in (1001, 1002):
        ada.put(f"/me/ratings/{movie_id}", {"stars": 3})
    cursor = ada.get("/me/ratings?limit=1").json_body["next_cursor"]
    problem_in(api.signed_up("Bob").get(f"/me/ratings?limit=1&cursor={cursor}"), 400, "bad-cursor")
    problem_in(ada.get(f"/me/ratings?limit=1&sort=oldest&cursor={cursor}"), 400, "bad-cursor")
    problem_in(ada.get("/me/ratings?cursor=AAAA"), 400, "bad-cursor")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/me/ratings?sort=popular", "sort"),
        ("/me/ratings?limit=0", "limit"),
        ("/me/ratings?stars=4.25", "stars"),
        ("/me/ratings?stars=nan", "stars"),
        ("/me/ratings?q=" + "x" * 201, "q"),
        ("/me/marks?kind=liked", "kind"),
        ("/me/suggestions?limit=101", "limit"),
        ("/me/suggestions?limit=many", "limit"),
        ("/me/suggestions?adventure=1.5", "adventure"),
        ("/me/suggestions?adventure=bold", "adventure"),
        ("/me/suggestions?order=alphabet", "order"),
        ("/me/suggestions?year_from=soon", "year_from"),
        ("/me/suggestions?runtime_to=0", "runtime_to"),
        ("/me/suggestions?least_ratings=-1", "least_ratings"),
        ("/me/suggestions?genre=" + "x" * 61, "genre"),
        ("/me/suggestions/rows?adventure=-1", "adventure"),
        ("/me/suggestions/rows?order=alphabet", "order"),
        ("/me/next-to-rate?popular=perhaps", "popular"),
        ("/me/next-to-rate?skip=1,x", "skip"),
        ("/me/next-to-rate?skip=" + "1," * 600, "skip"),
    ],
)
def test_a_parameter_out_of_range_is_named(ada: Person, path: str, field: str) -> None:
    assert fields_of(problem_in(ada.get(path), 422, "invalid-input")) == {field}


@pytest.mark.usefixtures("ticking")
def test_marking_and_unmarking(ada: Person) -> None:
    made = ada.put("/me/marks/1002", {"kind": "watchlist"})
    assert made.status_code == 200
    assert made.json_body.keys() == {"movie_id", "kind", "marked_at"}
    ada.put("/me/marks/1003", {"kind": "watchlist"})
    ada.put("/me/marks/1004", {"kind": "not_interested"})
    assert [
        (item["movie"]["movie_id"], item["kind"]) for item in ada.get("/me/marks").json_body["items"]
    ] == [
        (1004, "not_interested"),
        (1003, "watchlist"),
        (1002, "watchlist"),
    ]
    watchlist = ada.get("/me/marks?kind=watchlist").json_body["items"]
    assert [item["movie"]["title"] for item in watchlist] == ["Film number 1003", "Film number 1002"]
    ada.put("/me/marks/1002", {"kind": "not_interested"})
    assert library(ada)["marks"]["1002"] == "not_interested"  # type: ignore[index]
    for _ in range(2):
        assert ada.delete("/me/marks/1002").status_code == 204
    assert library(ada) == {"ratings": {}, "marks": {"1003": "watchlist", "1004": "not_interested"}}


@pytest.mark.parametrize(
    "body", [{"kind": "liked"}, {"kind": None}, {"kind": 1}, {}, {"kind": "watchlist", "x": 1}]
)
def test_an_unknown_mark_changes_nothing(ada: Person, body: object) -> None:
    problem_in(ada.put("/me/marks/1002", body), 422, "invalid-input")
    assert library(ada) == {"ratings": {}, "marks": {}}


def test_a_refresh_brings_my_stars_and_marks_along_where_that_is_asked_for(ada: Person) -> None:
    ada.put("/me/ratings/1001", {"stars": 4.5})
    ada.put("/me/marks/1002", {"kind": "watchlist"})
    answer = ada.post("/auth/refresh?library=true")
    assert answer.json_body["library"] == ada.get("/me/library").json_body
    assert answer.json_body["library"] == {"ratings": {"1001": 4.5}, "marks": {"1002": "watchlist"}}
    ada.cookie = cookie_in(answer)
    assert ada.post("/auth/refresh").json_body["library"] is None
    problem_in(ada.post("/auth/refresh?library=perhaps"), 422, "invalid-input")


def test_one_movie_as_i_see_it(ada: Person) -> None:
    for movie_id in (1001, 1003, 1005):
        ada.put(f"/me/ratings/{movie_id}", {"stars": 5})
    ada.put("/me/ratings/1002", {"stars": 0.5})
    ada.put("/me/marks/1007", {"kind": "watchlist"})
    mine = ada.get("/me/movies/1007").json_body
    assert (mine["stars"], mine["mark"]) == (None, "watchlist")
    assert ada.get("/me/movies/1002").json_body["stars"] == 0.5
    assert mine["predicted_stars"] > ada.get("/me/movies/1008").json_body["predicted_stars"]
    assert 0.5 <= mine["likely_from"] < mine["predicted_stars"] < mine["likely_to"] <= 5


def test_what_we_had_guessed_of_a_rated_movie_knows_nothing_of_its_rating(ada: Person) -> None:
    ada.put("/me/ratings/1001", {"stars": 5})
    before = ada.get("/me/movies/1003").json_body
    assert before["why"]["added"]
    ada.put("/me/ratings/1003", {"stars": 0.5})
    assert ada.get("/me/movies/1003").json_body == before | {"stars": 0.5}


def test_why_a_movie_is_suggested_adds_up(ada: Person) -> None:
    for movie_id in range(1001, 1015):
        ada.put(f"/me/ratings/{movie_id}", {"stars": 5 if movie_id % 2 else 1.5})
    why = ada.get("/me/movies/1021").json_body["why"]
    told = [*why["added"], *why["taken"]]
    assert why["score"] == pytest.approx(why["average"] + why["others"] + sum(one["adds"] for one in told))
    assert [one["movie_id"] % 2 for one in why["added"]] == [1] * 4
    assert why["added"][0]["title"] == f"Film number {why['added'][0]['movie_id']}"
    assert {one["stars"] for one in why["added"]} == {5}
    assert all(one["adds"] > 0 for one in why["added"])
    assert all(one["adds"] < 0 for one in why["taken"])


def test_before_the_first_rating_only_what_most_people_like_counts(ada: Person) -> None:
    why = ada.get("/me/movies/1021").json_body["why"]
    assert (why["added"], why["taken"], why["others"]) == ([], [], 0)
    assert why["score"] == why["average"] > 0


def test_there_is_nothing_to_say_of_a_movie_we_do_not_have(api: Api, ada: Person) -> None:
    problem_in(ada.get("/me/movies/9999999"), 404, "not-found")
    problem_in(ada.get("/me/movies/abc"), 422, "invalid-input")
    problem_in(api.get("/me/movies/1001"), 401, "not-signed-in")


def test_suggestions_follow_what_was_rated_and_say_why(ada: Person, model: str) -> None:
    before = ada.get("/me/suggestions").json_body
    assert before["source"] == "popular"
    assert len(before["items"]) == 24
    assert all(item["because_of"] is None for item in before["items"])
    for movie_id in (1001, 1003, 1005):
        ada.put(f"/me/ratings/{movie_id}", {"stars": 5})
    answer = ada.get("/me/suggestions?limit=5")
    assert answer.headers["Cache-Control"] == "no-store"
    after = answer.json_body
    assert (after["source"], after["model_version"]) == ("fresh", model)
    assert after["milliseconds"] > 0
    for item in after["items"]:
        assert item["movie"]["movie_id"] % 2 == 1
        assert item["movie"]["movie_id"] not in (1001, 1003, 1005)
        assert 0.5 <= item["likely_from"] <= item["predicted_stars"] <= item["likely_to"] <= 5
        assert item["because_of"]["title"] == f"Film number {item['because_of']['movie_id']}"
        assert item["because_of"]["stars"] == 5
    stored = ada.get("/me/suggestions?limit=5").json_body
    assert stored["source"] == "stored"
    for kept, made in zip(stored["items"], after["items"], strict=True):
        for name in ("predicted_stars", "likely_from", "likely_to"):
            assert kept[name] == pytest.approx(made[name], abs=0.025)


def test_suggestions_packed_by_an_earlier_version_are_made_anew(ada: Person) -> None:
    ada.put("/me/ratings/1001", {"stars": 5})
    ada.get("/me/suggestions")
    row = SuggestionsRow.get(ada.person_id)
    row.packed = b"\x01" + row.packed[1:]
    row.save()
    assert ada.get("/me/suggestions").json_body["source"] == "fresh"
    assert ada.get("/me/suggestions").json_body["source"] == "stored"


def test_suggestions_page_by_page_until_they_change(ada: Person) -> None:
    ada.put("/me/ratings/1001", {"stars": 5})
    whole = [item["movie"]["movie_id"] for item in ada.get("/me/suggestions?limit=100").json_body["items"]]
    first = ada.get("/me/suggestions?limit=20").json_body
    second = ada.get(f"/me/suggestions?limit=20&cursor={first['next_cursor']}").json_body
    paged = [item["movie"]["movie_id"] for item in first["items"] + second["items"]]
    assert paged == whole[:40]
    ada.put("/me/ratings/1002", {"stars": 5})
    stale = ada.get(f"/me/suggestions?limit=20&cursor={second['next_cursor']}")
    problem_in(stale, 410, "stale-cursor")
    problem_in(ada.get("/me/suggestions?cursor=AAAA"), 400, "bad-cursor")


def test_people_without_ratings_can_page_too(ada: Person) -> None:
    first = ada.get("/me/suggestions?limit=30").json_body
    second = ada.get(f"/me/suggestions?limit=30&cursor={first['next_cursor']}").json_body
    shown = {item["movie"]["movie_id"] for item in first["items"] + second["items"]}
    assert len(shown) == MOVIES
    assert second["next_cursor"] is None


def test_next_to_rate_never_repeats_and_ends(ada: Person) -> None:
    said = {1001, 1002}
    for movie_id in said:
        ada.put(f"/me/ratings/{movie_id}", {"stars": 3})
    ada.put("/me/marks/1003", {"kind": "not_interested"})
    ada.put("/me/marks/1004", {"kind": "watchlist"})
    skipped: list[int] = []
    while True:
        movie = ada.get(f"/me/next-to-rate?skip={','.join(map(str, skipped))}").json_body["movie"]
        if movie is None:
            break
        skipped.append(movie["movie_id"])
        assert len(skipped) < MOVIES
    assert sorted(skipped) == [m for m in range(FIRST_MOVIE, FIRST_MOVIE + MOVIES) if m not in said | {1003}]
    detail = ada.get("/me/next-to-rate?popular=false").json_body["movie"]
    assert "overview" in detail


def suggested(person: Person, wish: str = "") -> list[int]:
    answer = person.get(f"/me/suggestions?limit=20{wish}")
    assert answer.status_code == 200, answer.body
    return [item["movie"]["movie_id"] for item in answer.json_body["items"]]


@pytest.mark.usefixtures("model")
def test_what_a_person_wishes_for_is_answered_and_not_kept(ada: Person) -> None:
    ada.put(f"/me/ratings/{FIRST_MOVIE}", {"stars": 5})
    usual = suggested(ada)
    assert suggested(ada, "&adventure=0") == usual
    assert suggested(ada, "&adventure=1") != usual
    by_stars = ada.get("/me/suggestions?limit=20&order=predicted").json_body["items"]
    stars = [item["predicted_stars"] for item in by_stars]
    assert stars == sorted(stars, reverse=True)
    assert suggested(ada) == usual


@pytest.mark.usefixtures("model")
def test_the_cursor_of_one_wish_is_none_of_another(ada: Person) -> None:
    first = ada.get("/me/suggestions?limit=5&adventure=0.5").json_body
    problem_in(ada.get(f"/me/suggestions?limit=5&cursor={first['next_cursor']}"), 400, "bad-cursor")
