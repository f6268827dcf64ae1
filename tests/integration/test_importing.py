"""Imports reach the catalogue and the ratings table, and importing again changes nothing."""

from pathlib import Path

import pytest

from batch_jobs.importing.movies import import_movies, known_movies
from batch_jobs.importing.ratings import import_ratings
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import MovieId
from chalicelib.storage.tables import RatingRow

pytestmark = pytest.mark.usefixtures("aws")


def _rows() -> list[tuple[str, int, float, int]]:
    return sorted(
        (row.user_id, int(row.movie_id), float(row.stars), int(row.rated_at)) for row in RatingRow.scan()
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0114709,862\n2,0113497,8844\n3,0113228,3\n")
    (tmp_path / "movies.csv").write_text(
        "movieId,title,genres\n1,Toy Story (1995),Children\n2,Jumanji (1995),Fantasy\n4,Nowhere (1995),War\n"
    )
    (tmp_path / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n1,1,4.0,10\n1,1,4.5,20\n1,3,3.0,10\n2,2,9.0,10\n"
    )
    return tmp_path


def test_importing_twice_is_importing_once(data: Path) -> None:
    rejects = data / "rejects.csv"
    first = import_movies([data], None, rejects)
    assert (first.outcome["added"], first.outcome["changed"]) == (2, True)
    assert known_movies()[MovieId(114709)].genres == ("Family",)
    assert "Nowhere (1995)" in rejects.read_text()

    again = import_movies([data], None, rejects)
    assert (again.outcome["unchanged"], again.outcome["changed"]) == (2, False)
    assert again.outcome["version"] == first.outcome["version"]

    ratings = import_ratings(data, None, rejects)
    assert (ratings.outcome["written"], ratings.outcome["people"], ratings.outcome["not_in_catalogue"]) == (
        2,
        1,
        1,
    )
    stored = _rows()
    assert [row[1:] for row in stored] == [(113228, 3.0, 10_000), (114709, 4.5, 20_000)]
    import_ratings(data, None, rejects)
    assert _rows() == stored


def test_a_poorer_source_does_not_overwrite_what_a_richer_one_said(data: Path, tmp_path: Path) -> None:
    rich = tmp_path / "rich"
    rich.mkdir()
    (rich / "movies_metadata.csv").write_text(
        "id,imdb_id,title,original_title,genres,overview,runtime,release_date\n"
        "862,tt0114709,Toy Story!,Toy Story,[],Toys live.,81,1995-10-30\n"
    )
    for paths in ([rich], [data]):
        import_movies(paths, None, None)
    movie = known_movies()[MovieId(114709)]
    assert (movie.title, movie.overview, movie.genres) == ("Toy Story!", "Toys live.", ("Family",))


def test_a_data_set_of_which_nothing_is_left_does_not_touch_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,Toy Story (1995),Children\n")
    before = known_movies()
    with pytest.raises(InvalidInputError, match="Not one film could be read"):
        import_movies([tmp_path], None, None)
    assert known_movies() == before
