"""Importing from other services: nothing is written before the person agreed, and nothing newer is lost."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.test import HTTPResponse

from batch_jobs.catalogue import publish_movies
from chalicelib import clock
from chalicelib.domain.movie import Movie, MovieId, imdb_tag
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services import imports
from chalicelib.services.imports import (
    AMBIGUOUS,
    AMBIGUOUS_WITHOUT_YEAR,
    LARGEST_EXPORT,
    NOT_BY_NUMBER,
    NOT_HERE,
)
from chalicelib.storage.ratings import put_ratings, ratings_of
from tests.integration.api_client import Person, problem_in

pytestmark = pytest.mark.usefixtures("films")
DAY = 1_583_020_800_000  # 2020-03-01, UTC
IMDB = "Const,Your Rating,Date Rated,Title,Title Type,Year\n"
LETTERBOXD = "Date,Name,Year,Letterboxd URI,Rating\n"


@pytest.fixture(scope="module")
def films(aws: None) -> None:  # noqa: ARG001
    publish_movies(
        [
            Movie(MovieId(113277), "Heat", year=1995, movielens_ids=(6,)),
            Movie(MovieId(93164), "Heat", year=1986),
            Movie(MovieId(68555), "Hamlet", year=1996),
            Movie(MovieId(68556), "Hamlet", year=1996),
            Movie(MovieId(112682), "The City of Lost Children", "La cité des enfants perdus", year=1995),
            Movie(MovieId(211915), "Amélie", "Le fabuleux destin d'Amélie Poulain", year=2001),
            Movie(MovieId(50083), "12 Angry Men", year=1957),
        ]
    )


def send(
    person: Person, content: str | bytes, query: str = "", kind: str = "application/octet-stream"
) -> HTTPResponse:
    raw = content.encode() if isinstance(content, str) else content
    return person.request("POST", f"/me/imports{query}", raw=raw, headers={"Content-Type": kind})


def report(person: Person, content: str | bytes, query: str = "") -> dict[str, Any]:
    answer = send(person, content, query)
    assert answer.status_code == 200, answer.body
    said: dict[str, Any] = answer.json_body
    unmatched = sum(one["list"] == "ratings" for one in said["unmatched"])
    assert said["read"] == said["matched"] + unmatched
    assert said["matched"] == sum(
        said[part] for part in ("duplicates_resolved", "new", "changed", "unchanged")
    )
    return said


def rated(person: Person) -> dict[int, tuple[float, int]]:
    return {one.movie_id: (one.stars, one.rated_at) for one in ratings_of(PersonId(person.person_id))}


def test_a_dry_run_says_what_the_import_then_does(ada: Person) -> None:
    content = LETTERBOXD + "2020-03-01,Heat,1995,x,4.5\n2020-03-01,Nobody Knows It,1999,x,1\n"
    expected = {
        "dry_run": True,
        "source": "letterboxd",
        "read": 2,
        "matched": 1,
        "unmatched": [
            {
                "title": "Nobody Knows It",
                "year": 1999,
                "stars": 1.0,
                "rated_at": DAY,
                "reason": NOT_HERE,
                "list": "ratings",
            }
        ],
        "duplicates_resolved": 0,
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "watchlist": {"read": 0, "new": 0},
    }
    assert report(ada, content, "?dry_run=true") == expected
    assert rated(ada) == {}
    assert report(ada, content) == expected | {"dry_run": False}
    assert rated(ada) == {113277: (4.5, DAY)}


def test_importing_again_changes_nothing(ada: Person) -> None:
    content = IMDB + "tt0113277,9,2020-03-01,Heat,Movie,1995\n"
    report(ada, content)
    before = rated(ada)
    again = report(ada, content)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 1)
    assert rated(ada) == before


def test_the_newest_rating_wins_whoever_has_it(ada: Person) -> None:
    put_ratings(
        [
            Rating(PersonId(ada.person_id), MovieId(113277), 1.0, DAY + 1),
            Rating(PersonId(ada.person_id), MovieId(50083), 1.0, DAY - 1),
        ]
    )
    said = report(ada, IMDB + "tt0113277,10,2020-03-01,,,\ntt0050083,10,2020-03-01,,,\n")
    assert (said["changed"], said["unchanged"]) == (1, 1)
    assert rated(ada) == {113277: (1.0, DAY + 1), 50083: (5.0, DAY)}


def test_of_several_ratings_of_one_film_the_newest_counts(ada: Person) -> None:
    content = LETTERBOXD + "".join(
        f"{date},{title},1995,x,{stars}\n"
        for date, title, stars in (
            ("2020-03-01", "Heat", 4),
            ("2021-03-01", "HEAT", 2),
            ("2019-03-01", "Heat", 5),
        )
    )
    said = report(ada, content)
    assert (said["matched"], said["duplicates_resolved"], said["new"]) == (3, 2, 1)
    assert rated(ada)[113277][0] == 2.0


@pytest.mark.parametrize(
    ("title", "year", "found"),
    [
        ("Heat", "1995", 113277),
        ("Heat", "1994", 113277),
        ("heat!", "1987", 93164),
        ("Heat", "1990", NOT_HERE),
        ("Heat", "", AMBIGUOUS_WITHOUT_YEAR),
        ("Hamlet", "1996", AMBIGUOUS),
        ("Hamlet", "1997", AMBIGUOUS),
        ("City of Lost Children", "1995", 112682),
        ("La Cité des enfants perdus", "1995", 112682),
        ("AMELIE", "2001", 211915),
        ("12 Angry Men", "", 50083),
        ("???", "1995", NOT_HERE),
        ("", "1995", NOT_HERE),
    ],
)  # fmt: skip
def test_a_film_is_found_by_title_and_year_or_not_at_all(
    ada: Person, title: str, year: str, found: int | str
) -> None:
    said = report(ada, f"{LETTERBOXD}2020-03-01,{title},{year},x,4\n", "?dry_run=true")
    if isinstance(found, str):
        assert [one["reason"] for one in said["unmatched"]] == [found]
    else:
        send(ada, f"{LETTERBOXD}2020-03-01,{title},{year},x,4\n")
        assert rated(ada).keys() == {found}


def test_what_is_no_film_is_said_to_be_none(ada: Person) -> None:
    said = report(ada, IMDB + "tt0903747,9,2020-03-01,Breaking Bad,TV Series,2008\ntt7,9,,Lost,Movie,2008\n")
    assert [one["reason"] for one in said["unmatched"]] == ["It is a TV Series, not a film.", NOT_HERE]


def test_movielens_numbers_lead_to_films_through_the_catalogue(ada: Person) -> None:
    said = report(ada, "userId,movieId,rating,timestamp\n1,6,4.5,1583020800\n1,7,1,1583020800\n")
    assert said["unmatched"] == [
        {
            "title": "MovieLens film 7",
            "year": None,
            "stars": 1.0,
            "rated_at": DAY,
            "reason": NOT_BY_NUMBER,
            "list": "ratings",
        }
    ]
    assert rated(ada) == {113277: (4.5, DAY)}


def test_a_rating_without_a_date_counts_from_now_and_replaces_nothing(ada: Person) -> None:
    header = "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n"
    before = clock.now_ms()
    report(ada, header + "6,113277,949,4.5,3.9,Heat (1995)\n")
    stars, rated_at = rated(ada)[113277]
    assert stars == 4.5
    assert before <= rated_at <= clock.now_ms()
    assert report(ada, header + "6,113277,949,1,3.9,Heat (1995)\n")["unchanged"] == 1
    assert rated(ada)[113277] == (stars, rated_at)


def test_nothing_was_rated_in_the_future(ada: Person) -> None:
    report(ada, IMDB + "tt0113277,9,2999-03-01,Heat,Movie,1995\n")
    assert rated(ada)[113277][1] <= clock.now_ms()


def test_the_watchlist_comes_along_and_touches_no_mark(ada: Person) -> None:
    ada.put(f"/me/marks/{imdb_tag(50083)}", {"kind": "not_interested"})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "watchlist.csv",
            "Date,Name,Year,Letterboxd URI\n2020-03-01,Heat,1995,x\n2020-03-01,12 Angry Men,1957,x\n"
            "2020-03-01,Unknown,1957,x\n",
        )
    said = report(ada, packed.getvalue())
    assert said["watchlist"] == {"read": 3, "new": 1}
    assert [(one["title"], one["list"]) for one in said["unmatched"]] == [("Unknown", "watchlist")]
    marks = {one["movie"]["movie_id"]: one["kind"] for one in ada.get("/me/marks").json_body["items"]}
    assert marks == {113277: "watchlist", 50083: "not_interested"}
    assert report(ada, packed.getvalue())["watchlist"] == {"read": 3, "new": 0}


def test_a_file_is_sent_as_bytes(ada: Person) -> None:
    content = LETTERBOXD.encode() + "2020-03-01,Amélie,2001,x,4\n".encode("latin-1")
    problem_in(send(ada, content, kind="text/csv"), 415, "unsupported-media-type")
    problem_in(send(ada, content, kind=""), 415, "unsupported-media-type")
    assert send(ada, content, kind="application/zip").json_body["new"] == 1


def test_a_file_that_is_too_large_or_unknown_is_refused_in_words(ada: Person) -> None:
    assert "4 MB" in problem_in(send(ada, b"0" * (LARGEST_EXPORT + 1)), 413, "too-large")["detail"]
    problem_in(send(ada, "a,b\n1,2\n"), 422, "invalid-input")
    problem_in(send(ada, ""), 422, "invalid-input")


def test_a_report_that_a_lambda_could_not_answer_with_is_refused_before_anything_is_written(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_REPORTED", 50_000)
    rows = [f'2020-03-01,"{number} é{chr(92)}{"x" * 90}",,x,4\n' for number in range(300)]
    rated_one = LETTERBOXD + "2020-03-01,Heat,1995,x,4\n"
    problem_in(send(ada, rated_one + "".join(rows)), 413, "too-large")
    assert rated(ada) == {}
    lengths = []
    for kept in range(100, 300, 10):
        answer = send(ada, rated_one + "".join(rows[:kept]), "?dry_run=true")
        lengths += [len(answer.body)] if answer.status_code == 200 else []
    assert 40_000 < max(lengths) < 50_000 + 300


def test_nobody_imports_without_an_account(ada: Person) -> None:
    ada.token = None
    problem_in(send(ada, LETTERBOXD), 401, "not-signed-in")


def test_a_film_matched_by_hand_keeps_its_stars_and_its_day(ada: Person) -> None:
    said = report(ada, LETTERBOXD + "2020-03-01,Hamlet,1996,x,2.5\n", "?dry_run=true")
    (row,) = said["unmatched"]
    day = datetime.fromtimestamp(row["rated_at"] / 1000, UTC).isoformat()
    picked = f"imdb_id,title,year,stars,rated_at\ntt0068555,Hamlet,1996,{row['stars']},{day}\n"
    assert report(ada, picked)["new"] == 1
    assert rated(ada) == {68555: (2.5, DAY)}
