"""Suggestions behind filters, and in rows."""

from typing import Any

import pytest

from batch_jobs.catalogue import publish_movies
from chalicelib.domain.movie import Movie, MovieId
from tests.integration.api_client import FIRST_MOVIE, MOVIES, Person, problem_in

ODD, EVEN = FIRST_MOVIE, FIRST_MOVIE + 1  # dramas; comedies that are crime films as well


def listed(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = person.get(f"/me/suggestions?limit=100{query}")
    assert answer.status_code == 200, answer.body
    return [item["movie"] for item in answer.json_body["items"]]


def rows(person: Person, query: str = "") -> dict[str, Any]:
    """The rows by kind; of a kind of which there are more, the first."""
    answer = person.get(f"/me/suggestions/rows{query}")
    assert answer.status_code == 200, answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    shown = [item["movie"]["movie_id"] for row in answer.json_body["rows"] for item in row["items"]]
    assert len(shown) == len(set(shown))
    return {row["kind"]: row for row in reversed(answer.json_body["rows"])}


def ids_in(row: dict[str, Any]) -> list[int]:
    return [item["movie"]["movie_id"] for item in row["items"]]


@pytest.mark.usefixtures("catalogue")
def test_before_there_is_a_model_the_most_popular_are_filtered_and_make_a_row(ada: Person) -> None:
    last = FIRST_MOVIE + MOVIES - 1
    ada.put(f"/me/ratings/{last}", {"stars": 5})
    for number in range(last - 6, last - 2):
        ada.put(f"/me/marks/{number}", {"kind": "watchlist"})
    assert [movie["movie_id"] for movie in listed(ada, "&genre=drama")] == [
        number
        for number in range(last, FIRST_MOVIE - 1, -1)
        if number % 2 and not last - 7 < number < last - 2
    ][1 if last % 2 else 0 :]
    made = rows(ada)
    assert made.keys() == {"for-you", "watchlist"}
    assert ids_in(made["for-you"])[:2] == [last - 1, last - 2]
    assert sorted(ids_in(made["watchlist"])) == list(range(last - 6, last - 2))
    assert all(item["predicted_stars"] is None for item in made["for-you"]["items"])


@pytest.mark.usefixtures("model")
def test_filters_narrow_what_is_looked_at(ada: Person) -> None:
    ada.put(f"/me/ratings/{ODD}", {"stars": 5})
    everything = listed(ada)
    dramas = listed(ada, "&genre=Drama&exclude_genre=crime")
    assert dramas == [movie for movie in everything if movie["genres"] == ["Drama"]]
    assert listed(ada, "&exclude_genre=Crime") == dramas
    assert listed(ada, "&genre=Comedy&exclude_genre=Crime") == []
    assert listed(ada, "&genre=Unheard-of") == []
    seventies = listed(ada, "&year_from=1970&year_to=1979")
    assert seventies == [movie for movie in everything if 1970 <= (movie["year"] or 0) <= 1979]
    assert len(seventies) == 10
    popular = listed(ada, "&least_ratings=50")
    assert popular == [movie for movie in everything if movie["rating_count"] >= 50]
    assert len(popular) == 10
    assert listed(ada, "&runtime_from=90&runtime_to=90") == everything
    assert listed(ada, "&runtime_to=89") == []
    assert listed(ada, "&genre=Drama&adventure=1") != dramas
    assert listed(ada) == everything


@pytest.mark.usefixtures("model")
def test_a_filtered_list_goes_on_and_its_cursor_belongs_to_it(ada: Person) -> None:
    ada.put(f"/me/ratings/{ODD}", {"stars": 5})
    first = ada.get("/me/suggestions?limit=10&genre=Drama").json_body
    second = ada.get(f"/me/suggestions?limit=10&genre=Drama&cursor={first['next_cursor']}").json_body
    paged = [item["movie"] for item in first["items"] + second["items"]]
    assert paged == listed(ada, "&genre=Drama")[:20]
    problem_in(ada.get(f"/me/suggestions?limit=10&cursor={first['next_cursor']}"), 400, "bad-cursor")


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("likes", [1, 3, 5])
def test_rows_say_why_they_are_there(ada: Person, likes: int) -> None:
    for number in range(likes):
        ada.put(f"/me/ratings/{ODD + 2 * number}", {"stars": 4.5})
    made = rows(ada)
    because = made["because"]
    assert because["title"] == f"Because you gave “Film number {because['subject']}” 4.5 stars"
    assert all(str(item["because_of"]["movie_id"]) == because["subject"] for item in because["items"])
    assert made["for-you"]["why"] == "From all that you rated, taken together."
    if likes == 1:
        assert (made["decade"]["title"], made["decade"]["subject"]) == ("The 1990s", "1990")
        assert made["decade"]["why"] == "You liked the one you rated."
    shown = {movie for row in made.values() for movie in ids_in(row)}
    assert not shown & {ODD + 2 * number for number in range(likes)}


@pytest.mark.usefixtures("model")
def test_without_ratings_the_row_is_of_what_most_people_like(ada: Person) -> None:
    made = rows(ada)
    assert made.keys() == {"for-you"}
    assert made["for-you"]["title"] == "Well-loved films"


@pytest.mark.usefixtures("model")
def test_marks_move_films_between_rows(ada: Person) -> None:
    ada.put(f"/me/ratings/{ODD}", {"stars": 5})
    first, *listed_later = ids_in(rows(ada)["for-you"])[:5]
    ada.put(f"/me/marks/{first}", {"kind": "not_interested"})
    for number in listed_later:
        ada.put(f"/me/marks/{number}", {"kind": "watchlist"})
    made = rows(ada)
    assert sorted(ids_in(made["watchlist"])) == sorted(listed_later)
    assert first not in {movie for row in made.values() for movie in ids_in(row)}
    ada.delete(f"/me/marks/{first}")
    assert ids_in(rows(ada)["for-you"])[0] == first


@pytest.mark.usefixtures("model")
def test_the_dials_turn_the_rows(ada: Person) -> None:
    ada.put(f"/me/ratings/{ODD}", {"stars": 5})
    usual = ids_in(rows(ada)["for-you"])
    assert ids_in(rows(ada, "?adventure=1")["for-you"]) != usual
    stars = [item["predicted_stars"] for item in rows(ada, "?order=predicted")["for-you"]["items"]]
    assert stars == sorted(stars, reverse=True)


@pytest.mark.usefixtures("model")
def test_films_without_a_runtime_are_left_out_where_one_is_asked_for(ada: Person) -> None:
    publish_movies([Movie(MovieId(FIRST_MOVIE + MOVIES), "Of unknown length", genres=("Mystery",))])
    number = FIRST_MOVIE + MOVIES - 1
    publish_movies([Movie(MovieId(number), f"Film number {number}", runtime=200)])
    assert [movie["movie_id"] for movie in listed(ada, "&runtime_from=91")] == [number]
    assert number not in {movie["movie_id"] for movie in listed(ada, "&runtime_to=199")}
