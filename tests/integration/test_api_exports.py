"""What is exported is all there is, and goes in again as it came out."""

import csv
import io

import pytest

from chalicelib import clock
from chalicelib.api import exports
from chalicelib.domain.movie import MovieId, imdb_tag
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.storage.ratings import put_ratings, ratings_of
from tests.integration.api_client import PASSWORD, Person, problem_in

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture
def rated(ada: Person) -> list[Rating]:
    """Six ratings, one of them of a movie that the catalogue lacks."""
    ratings = [
        Rating(PersonId(ada.person_id), MovieId(1001 + number), (1 + number) / 2, 1_583_020_800_123 + number)
        for number in range(5)
    ]
    ratings.append(Rating(PersonId(ada.person_id), MovieId(7), 5.0, 1_583_020_900_000))
    put_ratings(ratings)
    return ratings


@pytest.mark.usefixtures("rated")
def test_the_json_holds_everything_about_a_person_and_no_secret(ada: Person) -> None:
    ada.put(f"/me/marks/{imdb_tag(1010)}", {"kind": "watchlist"})
    ada.put(f"/me/marks/{imdb_tag(1011)}", {"kind": "not_interested"})
    answer = ada.get("/me/export")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "my-data.json" in answer.headers["Content-Disposition"]
    said = answer.json_body
    assert said["profile"] == ada.get("/me").json_body
    assert said["ratings"][0] == {
        "imdb_id": "tt0001001",
        "title": "Film number 1001",
        "year": 1991,
        "stars": 0.5,
        "rated_at": "2020-03-01T00:00:00.123Z",
    }
    assert [one["imdb_id"] for one in said["ratings"]][-1] == "tt0000007"
    assert [one["title"] for one in said["watchlist"]] == ["Film number 1010"]
    assert [one["title"] for one in said["not_interested"]] == ["Film number 1011"]
    for secret in (PASSWORD, "argon2", ada.cookie, ada.token):
        assert str(secret) not in answer.body.decode()


def test_an_export_gives_the_same_ratings_when_it_is_imported(ada: Person, rated: list[Rating]) -> None:
    answer = ada.get("/me/export?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["stars"] for row in rows] == ["0.5", "1.0", "1.5", "2.0", "2.5", "5.0"]
    for rating in rated:
        ada.delete(f"/me/ratings/{imdb_tag(rating.movie_id)}")
    assert ratings_of(PersonId(ada.person_id)) == []
    said = ada.request(
        "POST", "/me/imports", raw=answer.body, headers={"Content-Type": "application/octet-stream"}
    ).json_body
    assert (said["source"], said["new"], len(said["unmatched"])) == ("here", 5, 1)
    assert ratings_of(PersonId(ada.person_id)) == rated[:5]


def test_a_title_that_is_a_formula_to_a_spreadsheet_is_exported_as_text(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    formula = '=HYPERLINK("https://evil.example")'
    put_ratings([Rating(PersonId(ada.person_id), MovieId(1001), 4.0, 1_583_020_800_123)])
    monkeypatch.setattr(exports, "_title", lambda *_: formula)
    (row,) = csv.DictReader(io.StringIO(ada.get("/me/export?format=csv").body.decode(), newline=""))
    assert row["title"] == f"'{formula}"
    assert ada.get("/me/export").json_body["ratings"][0]["title"] == formula


def test_a_person_who_said_nothing_exports_as_much(ada: Person) -> None:
    before = clock.now_ms()
    said = ada.get("/me/export").json_body
    assert (said["ratings"], said["watchlist"], said["not_interested"]) == ([], [], [])
    assert said["exported_at"][:4] >= str(1970 + before // 31_557_600_000)
    assert ada.get("/me/export?format=csv").body == b"imdb_id,title,year,stars,rated_at\r\n"


def test_other_formats_and_strangers_are_refused(ada: Person) -> None:
    problem_in(ada.get("/me/export?format=xml"), 422, "invalid-input")
    ada.token = None
    problem_in(ada.get("/me/export"), 401, "not-signed-in")
