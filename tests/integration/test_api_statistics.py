"""What my ratings say about me."""

from typing import Any

import pytest

from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services import suggesting
from chalicelib.storage.ratings import put_ratings
from tests.integration.api_client import Api, Person, problem_in

MARCH, MAY = 1_583_020_800_000, 1_588_291_200_000
CROWD = 3.123456
"""What everybody gives every film of the test's catalogue; film 1001 + n has n ratings."""


def rate(person: Person, stars: dict[int, float], rated_at: int) -> None:
    put_ratings(
        [
            Rating(PersonId(person.person_id), MovieId(movie_id), given, rated_at + movie_id)
            for movie_id, given in stars.items()
        ]
    )


def statistics(person: Person) -> dict[str, Any]:
    answer = person.get("/me/statistics")
    assert answer.status_code == 200, answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    said: dict[str, Any] = answer.json_body
    return said


@pytest.mark.usefixtures("model")
def test_without_ratings_there_is_nothing_to_say(ada: Person) -> None:
    assert statistics(ada) == {
        "overall": None,
        "histogram": [0] * 10,
        "histogram_of_all": [0] * 10,
        "genres": [],
        "decades": [],
        "directors": [],
        "actors": [],
        "months": [],
        "foretelling": None,
    }


@pytest.mark.usefixtures("model")
def test_ratings_are_counted_and_compared_with_everybodys(ada: Person) -> None:
    rate(ada, {1002: 5, 1011: 2, 1021: 3}, MARCH)  # film 1002 has been rated once: nobody's opinion yet
    rate(ada, {1020: 4.5}, MAY)
    said = statistics(ada)
    compared = round((2 + 3 + 4.5) / 3 - CROWD, 2)
    assert said["overall"] == {"name": "", "count": 4, "mean": 3.62, "difference": compared}
    assert said["histogram"] == [0, 0, 0, 1, 0, 1, 0, 0, 1, 1]
    assert said["genres"] == [
        {"name": "Comedy", "count": 2, "mean": 4.75, "difference": round(4.5 - CROWD, 2)},
        {"name": "Crime", "count": 2, "mean": 4.75, "difference": round(4.5 - CROWD, 2)},
        {"name": "Drama", "count": 2, "mean": 2.5, "difference": round(2.5 - CROWD, 2)},
    ]
    years = [1950 + movie_id % 60 for movie_id in (1002, 1011, 1020, 1021)]  # as the catalogue is made
    decades = sorted({year // 10 * 10 for year in years})
    assert [one["name"] for one in said["decades"]] == [f"{decade}s" for decade in decades]
    assert [one["name"] for one in said["directors"]] == ["Ada Lovelace"]
    assert said["actors"] == []
    assert said["months"] == [{"month": "2020-03", "count": 3}, {"month": "2020-05", "count": 1}]
    assert said["foretelling"] is None


@pytest.mark.usefixtures("model")
def test_each_rating_is_foretold_as_the_films_page_foretells_it(ada: Person) -> None:
    given = {movie_id: 5.0 if movie_id % 2 else 1.0 for movie_id in range(1010, 1050)} | {1050: 5.0}
    rate(ada, given, MARCH)
    told = statistics(ada)["foretelling"]
    assert {one["movie_id"]: one["stars"] for one in told["ratings"]} == given
    for one in told["ratings"][::7]:
        alone = ada.get(f"/me/movies/{one['movie_id']}").json_body
        assert one["predicted_stars"] == pytest.approx(alone["predicted_stars"], abs=0.011)
    accuracy = told["accuracy"]
    assert accuracy["count"] == len(given)
    assert accuracy["error"] < accuracy["guess_error"]
    assert sum(one["count"] for one in accuracy["bins"]) == len(given)
    (worst, *_) = told["surprises"]
    assert worst["movie"]["movie_id"] == 1050
    assert worst["stars"] > worst["predicted_stars"]


@pytest.mark.usefixtures("catalogue")
def test_without_a_model_nothing_is_foretold(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "current_model_version", lambda: None)
    rate(ada, dict.fromkeys(range(1020, 1030), 4.0), MARCH)
    said = statistics(ada)
    assert said["overall"]["count"] == 10
    assert said["foretelling"] is None


def test_nobodys_statistics_are_refused(api: Api) -> None:
    problem_in(api.get("/me/statistics"), 401, "not-signed-in")
