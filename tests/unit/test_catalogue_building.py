"""Building the catalogue file and merging sources into it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from batch_jobs.catalogue import RatingSummary, build_catalogue, merge_movies, read_catalogue
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.storage.catalogue import Catalogue

FULL = Movie(
    MovieId(114709),
    title="Toy Story",
    original_title="Toy Story",
    year=1995,
    released="1995-11-22",
    runtime=81,
    overview="Toys “live”.\nReally.",
    tagline="",
    language="en",
    poster_path="/toy.jpg",
    tmdb_id=862,
    genres=("Animation", "Comedy"),
    directors=("John Lasseter",),
    cast=("Tom Hanks", "Tim Allen"),
    keywords=("toy",),
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
movies = st.builds(
    Movie,
    movie_id=st.integers(1, 2**31 - 1).map(MovieId),
    title=texts,
    original_title=st.none() | texts,
    year=st.integers(1880, 2100),
    released=st.none() | st.dates().map(lambda date: date.isoformat()),
    runtime=st.none() | st.integers(1, 900),
    overview=st.none() | texts,
    tmdb_id=st.none() | st.integers(1, 10**7),
    genres=st.lists(texts, max_size=4, unique=True).map(tuple),
    cast=st.lists(texts, max_size=4).map(tuple),
)


@given(st.lists(movies, max_size=6, unique_by=lambda movie: movie.movie_id))
@hypothesis_settings(deadline=None, max_examples=60)
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, some: list[Movie]) -> None:
    path = tmp_path_factory.mktemp("built") / "catalogue.sqlite"
    summary = {
        movie.movie_id: RatingSummary(number + 1, 3.25, (0,) * 9 + (number + 1,))
        for number, movie in enumerate(some[::2])
    }
    build_catalogue(path, some, summary)
    assert read_catalogue(path) == ({movie.movie_id: movie for movie in some}, summary)


def test_a_catalogue_from_before_there_were_histograms_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    build_catalogue(path, [FULL], {FULL.movie_id: RatingSummary(2, 4.5, (0,) * 8 + (2, 0))})
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE movies DROP COLUMN rating_histogram")
    assert read_catalogue(path) == ({FULL.movie_id: FULL}, {FULL.movie_id: RatingSummary(2, 4.5)})


def test_movielens_numbers_are_kept_to_find_films_by(tmp_path: Path) -> None:
    some = [Movie(MovieId(7), "Heat", movielens_ids=(3, 6)), Movie(MovieId(8), "Alien", movielens_ids=(5,))]
    path = tmp_path / "catalogue.sqlite"
    build_catalogue(path, some, {})
    assert read_catalogue(path)[0] == {movie.movie_id: movie for movie in some}
    catalogue = Catalogue(path, "one")
    assert catalogue.of_movielens([6, 5, 4]) == {5: 8, 6: 7}
    assert catalogue.of_movielens([]) == {}


def test_a_catalogue_from_before_movielens_numbers_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    build_catalogue(path, [Movie(MovieId(7), "Heat", movielens_ids=(6,))], {})
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE movielens")
    assert Catalogue(path, "old").of_movielens([6]) == {}
    assert read_catalogue(path)[0] == {7: Movie(MovieId(7), "Heat")}


def test_the_same_movies_give_the_same_file(tmp_path: Path) -> None:
    some = [Movie(MovieId(number), f"Film {number}", genres=("Drama",)) for number in range(1, 50)]
    summary = {MovieId(3): RatingSummary(2, 4.5), MovieId(5): RatingSummary(1, 2.0)}
    build_catalogue(tmp_path / "one", some, summary)
    build_catalogue(tmp_path / "two", reversed(some), dict(reversed(summary.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_two_movies_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same id"):
        build_catalogue(tmp_path / "catalogue", [FULL, FULL], {})


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "catalogue").write_text("mine")
    with pytest.raises(FileExistsError):
        build_catalogue(tmp_path / "catalogue", [FULL], {})


def test_a_source_that_knows_less_takes_nothing_away() -> None:
    sparse = Movie(FULL.movie_id, "Toy Story (1995)", runtime=80)
    merged = merge_movies({FULL.movie_id: FULL}, [sparse])[FULL.movie_id]
    assert (merged.title, merged.runtime) == ("Toy Story (1995)", 80)
    assert (merged.overview, merged.cast, merged.tmdb_id) == (FULL.overview, FULL.cast, FULL.tmdb_id)


def test_remakes_stay_two_movies_and_absent_movies_stay() -> None:
    first, remake = Movie(MovieId(1), "The Thing", year=1982), Movie(MovieId(2), "The Thing", year=2011)
    assert merge_movies({MovieId(1): first}, [remake]) == {1: first, 2: remake}
