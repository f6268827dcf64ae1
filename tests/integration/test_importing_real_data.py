"""The real files, dirt and all. Set MOVIE_DATA_DIR to the folder that holds them to run these."""

import os
from pathlib import Path

import pytest

from batch_jobs.importing.movie_files import read_movies
from batch_jobs.importing.rating_files import read_ratings
from batch_jobs.importing.report import ImportReport, Tally
from batch_jobs.importing.titles import titles_of_movies
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import Movie

DATA = Path(os.environ.get("MOVIE_DATA_DIR", "."))
MOVIES_DATASET = DATA / "the-movies-dataset"
SMALL = DATA / "ml-latest-small"

pytestmark = pytest.mark.skipif(
    "MOVIE_DATA_DIR" not in os.environ,
    reason="MOVIE_DATA_DIR is not set, so the importers were NOT tried on the real data sets",
)


@pytest.fixture(scope="module")
def everything() -> tuple[dict[int, Movie], ImportReport]:
    """All movies of all sets."""
    paths = [MOVIES_DATASET, SMALL, DATA / "ml-20m_movies.csv"]
    with ImportReport() as report:
        movies = read_movies(paths, None, report)
    return {movie.movie_id: movie for movie in movies}, report


def _tally(report: ImportReport, name: str) -> Tally:
    tally = next(tally for tally in report.tallies if tally.source.endswith(name))
    assert tally.read == tally.kept + tally.merged + tally.left_out + tally.rejected.total()
    return tally


def test_every_row_of_the_films_is_accounted_for(everything: tuple[dict[int, Movie], ImportReport]) -> None:
    movies, report = everything
    metadata = _tally(report, "movies_metadata.csv")
    assert (metadata.read, metadata.kept, metadata.merged) == (1652, 1651, 1)
    keywords = _tally(report, "keywords.csv")
    assert (keywords.read, keywords.merged) == (46_419, 987)
    links, small = _tally(report, "links.csv"), _tally(report, "links_small.csv")
    assert (links.read, links.kept, small.kept, small.merged) == (45_843, 45_843, 10, 9_115)
    assert _tally(report, "ml-latest-small/movies.csv").read == 9_742
    assert _tally(report, "ml-20m_movies.csv").rejected.total() < 30
    assert len(movies) > 28_000


def test_sources_are_joined_on_the_right_films(everything: tuple[dict[int, Movie], ImportReport]) -> None:
    movies, _ = everything
    toy_story, matrix = movies[114709], movies[133093]
    assert (toy_story.title, toy_story.year, toy_story.runtime, toy_story.tmdb_id) == (
        "Toy Story",
        1995,
        81,
        862,
    )
    assert "toy" in toy_story.keywords
    assert (matrix.title, matrix.year, matrix.tmdb_id) == ("The Matrix", 1999, 603)
    genres = {genre for movie in movies.values() for genre in movie.genres}
    assert genres.isdisjoint({"Children", "Sci-Fi", "Musical", "IMAX", "(no genres listed)"})
    assert not any(movie.overview and movie.overview.startswith("No overview") for movie in movies.values())
    assert sum(movie.year is None for movie in movies.values()) < 100


def test_every_rating_is_accounted_for() -> None:
    report = ImportReport()
    kept = read_ratings(MOVIES_DATASET, None, report)
    tally = _tally(report, "ratings_small.csv")
    assert (tally.read, tally.rejected.total(), kept.people()) == (100_004, 0, 671)
    assert len(kept) + tally.merged == 100_004


def test_ratings_are_matched_by_links_of_another_set() -> None:
    report = ImportReport()
    kept = read_ratings(SMALL, MOVIES_DATASET, report)
    tally = _tally(report, "ml-latest-small/ratings.csv")
    assert (tally.read, kept.people()) == (100_836, 610)
    assert tally.rejected.total() < 400


def test_films_found_by_title_are_those_that_links_name(
    everything: tuple[dict[int, Movie], ImportReport],
) -> None:
    movies, _ = everything
    linked = read_ratings(SMALL, MOVIES_DATASET, ImportReport())
    titled = read_ratings(SMALL, None, ImportReport(), titles_of_movies(movies.values()))
    assert len(titled) > 95_000
    assert set(titled) <= set(linked)


def test_movielens_100k_without_its_films_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"u\.item"):
        read_ratings(DATA / "ml-100k", None, ImportReport())


def test_a_folder_of_several_sets_names_them() -> None:
    with pytest.raises(InvalidInputError, match=r"ml-latest-small.*the-movies-dataset"):
        read_ratings(DATA, None, ImportReport())
