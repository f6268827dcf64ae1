"""Browsing the catalogue through the API."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest

from batch_jobs.catalogue import publish_movies
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.storage import artifacts
from tests.integration.api_client import FIRST_MOVIE, MOVIES, Api, Person, fields_of, problem_in

pytestmark = pytest.mark.usefixtures("catalogue")
BEST_KNOWN = FIRST_MOVIE + MOVIES - 1


def walk(api: Api, **query: object) -> Iterator[int]:
    """Every movie of a list, page by page."""
    cursor = None
    while True:
        parameters = query | ({"cursor": cursor} if cursor else {})
        answer = api.get(f"/movies?{urlencode(parameters)}")
        assert answer.status_code == 200, answer.body
        yield from (card["movie_id"] for card in answer.json_body["items"])
        cursor = answer.json_body["next_cursor"]
        if cursor is None:
            return


def test_the_best_known_come_first_on_cards_that_say_enough(api: Api) -> None:
    answer = api.get("/movies")
    assert answer.status_code == 200
    page = answer.json_body
    assert (len(page["items"]), page["total"]) == (24, MOVIES)
    assert page["items"][1] == {
        "movie_id": 1059,
        "title": "Film number 1059",
        "year": 1989,
        "genres": ["Drama"],
        "runtime": 90,
        "poster_url": None,
        "rating_count": 58,
        "rating_mean": 3.12,
    }
    assert page["items"][2]["poster_url"] == "https://image.tmdb.org/t/p/w342/1058.jpg"


def test_a_movie_nobody_rated_has_no_mean(api: Api) -> None:
    assert api.get("/movies?sort=unpopular&limit=60").json_body["items"][-1]["rating_mean"] is None


@pytest.mark.parametrize("sort", ["popular", "unpopular", "top-rated", "low-rated", "recent", "old"])
def test_pages_hold_every_movie_once(api: Api, sort: str) -> None:
    pages = list(walk(api, sort=sort, limit=7))
    assert len(pages) == MOVIES
    assert set(pages) == set(range(FIRST_MOVIE, FIRST_MOVIE + MOVIES))


def test_filters_hold_on_every_page(api: Api) -> None:
    found = list(
        walk(api, genre="comedy,Crime", exclude_genre="Drama", year_from=1960, year_to=1969, limit=2)
    )
    assert found
    assert all(number % 2 == 0 and 10 <= number % 60 <= 19 for number in found)
    assert list(walk(api, least_ratings=58)) == [1060, 1059]
    assert list(walk(api, q="  film   1044 ")) == [1044]
    assert len(list(walk(api, q="film number", limit=25))) == MOVIES


def test_empty_unknown_and_repeated_parameters_do_no_harm(api: Api) -> None:
    plain = api.get("/movies?sort=recent").json_body
    assert api.get("/movies?sort=old&utm_source=x&sort=recent&year_from=&q=&genre=,%20,").json_body == plain


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=best", "sort"),
        ("limit=0", "limit"),
        ("limit=61", "limit"),
        ("limit=1000", "limit"),
        ("limit=abc", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=1e1", "limit"),
        ("year_from=nineteen", "year_from"),
        ("year_to=99999999999999999999999", "year_to"),
        ("year_to=-1", "year_to"),
        ("least_ratings=-1", "least_ratings"),
        ("q=" + "a" * 201, "q"),
        ("genre=" + "a" * 61, "genre"),
        ("exclude_genre=" + "a," * 40, "exclude_genre"),
        ("cursor=" + "a" * 5000, "cursor"),
    ],
)
def test_a_parameter_out_of_range_is_named(api: Api, query: str, field: str) -> None:
    problem = problem_in(api.get(f"/movies?{query}"), 422, "invalid-input")
    assert fields_of(problem) == {field}


@pytest.mark.parametrize(
    "text", ['"', "NEAR(", "a AND", "*", "%00", "' OR 1=1 --", "🎬", "\u202e", "a\ud7ff"]
)
def test_any_text_can_be_searched_for(api: Api, text: str) -> None:
    assert api.get(f"/movies?q={quote(text)}").status_code == 200


def test_a_cursor_that_is_not_ours_is_refused(api: Api) -> None:
    cursor = api.get("/movies?sort=recent&limit=5").json_body["next_cursor"]
    assert api.get(f"/movies?sort=recent&limit=9&cursor={cursor}").status_code == 200
    for place in range(0, len(cursor), 3):
        edited = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        problem_in(api.get(f"/movies?sort=recent&limit=5&cursor={edited}"), 400, "bad-cursor")
    for query in ("sort=old", "sort=recent&genre=Drama", "sort=recent&q=film"):
        problem_in(api.get(f"/movies?{query}&cursor={cursor}"), 400, "bad-cursor")
    for nonsense in ("AAAA", "ä", "=", "....", cursor[:-1], cursor + "A", cursor + "="):
        answer = api.get(f"/movies?sort=recent&limit=5&cursor={quote(nonsense)}")
        problem_in(answer, 400, "bad-cursor")


def test_genres_with_how_many_movies_each_has(api: Api) -> None:
    answer = api.get("/genres")
    assert answer.json_body == {
        "items": [
            {"name": "Comedy", "count": 30},
            {"name": "Crime", "count": 30},
            {"name": "Drama", "count": 30},
        ]
    }


@pytest.mark.parametrize("written", ["1058", "tt0001058", "0001058", "tt1058"])
def test_one_movie_in_full(api: Api, written: str) -> None:
    detail = api.get(f"/movies/{written}").json_body
    assert detail["movie_id"] == 1058
    assert detail["imdb_url"] == "https://www.imdb.com/title/tt0001058/"
    assert detail["directors"] == ["Ada Lovelace"]
    assert detail["tagline"] is None
    assert detail.keys() == {
        *("movie_id", "title", "year", "genres", "runtime", "poster_url", "rating_count", "rating_mean"),
        *("original_title", "released", "overview", "tagline", "language", "directors", "cast", "keywords"),
        *("imdb_url", "rating_histogram"),
    }


def test_a_movie_we_do_not_have(api: Api) -> None:
    problem = problem_in(api.get("/movies/tt0000007"), 404, "not-found")
    assert "tt0000007" in problem["detail"]


STRANGE_IDS = [
    "abc",
    "0",
    "-1",
    "1.5",
    "1e3",
    "tt",
    "\u0661\u0662",
    "99999999999",
    "9" * 3000,
    "%00",
    "1%00",
    "..",
    "tt%20",
]


@pytest.mark.parametrize("path", STRANGE_IDS)
def test_what_is_no_film_id_is_refused(api: Api, path: str) -> None:
    problem_in(api.get(f"/movies/{path}"), 422, "invalid-input")


KEPT = "public, max-age=60, stale-while-revalidate=300"
PUBLIC = ["/movies", "/movies?sort=old&limit=3", "/genres", "/movies/1001", "/openapi.json"]


@pytest.mark.parametrize("path", PUBLIC)
def test_what_a_browser_has_already_is_not_sent_again(api: Api, path: str) -> None:
    answer = api.get(path)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == (KEPT, "Accept-Encoding")
    etag = answer.headers["ETag"]
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = api.get(path, {"If-None-Match": known})
        assert (again.status_code, again.body) == (304, b""), known
        assert again.headers["ETag"] == etag
        assert (again.headers["Cache-Control"], again.headers["Vary"]) == (KEPT, "Accept-Encoding")
    assert api.get(path, {"If-None-Match": '"other"'}).json_body == answer.json_body


def test_different_questions_have_different_tags(api: Api) -> None:
    paths = [*PUBLIC, "/movies?limit=5", "/movies/1002", "/movies?q=film", "/movies?genre=Drama"]
    assert len({api.get(path).headers["ETag"] for path in paths}) == len(paths)


def test_a_new_catalogue_makes_cursors_and_tags_stale(api: Api) -> None:
    first = api.get("/movies?limit=5")
    publish_movies([Movie(MovieId(5000), "A film that came later", year=2020)])
    artifacts._pointers.clear()
    cursor = first.json_body["next_cursor"]
    problem_in(api.get(f"/movies?limit=5&cursor={cursor}"), 410, "stale-cursor")
    assert api.get("/movies?limit=5", {"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert api.get("/movies/5000").json_body["title"] == "A film that came later"


def test_without_a_model_no_film_is_similar_and_an_unknown_one_is_not_found(api: Api) -> None:
    assert api.get(f"/movies/{FIRST_MOVIE}/similar").json_body == {"items": []}
    problem_in(api.get("/movies/9999999/similar"), 404, "not-found")


def test_without_a_model_nothing_is_guessed_and_nothing_explained(ada: Person) -> None:
    assert ada.get(f"/me/movies/{FIRST_MOVIE}").json_body == dict.fromkeys(
        ("predicted_stars", "likely_from", "likely_to", "stars", "mark", "why")
    )
    item = ada.get("/me/suggestions").json_body["items"][0]
    assert (item["predicted_stars"], item["likely_from"], item["likely_to"]) == (None, None, None)


@pytest.mark.usefixtures("model")
def test_similar_films_are_what_the_same_people_like(api: Api) -> None:
    answer = api.get(f"/movies/{FIRST_MOVIE}/similar?limit=8")
    alike = [card["movie_id"] for card in answer.json_body["items"]]
    assert len(alike) == 8
    assert FIRST_MOVIE not in alike
    assert all((movie - FIRST_MOVIE) % 2 == 0 for movie in alike)
    again = api.get(f"/movies/{FIRST_MOVIE}/similar?limit=8", {"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
