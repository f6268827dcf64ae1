"""A movie is its IMDb number, however a source writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import LARGEST_MOVIE_ID, MovieId, imdb_tag, parse_movie_id


@given(st.integers(1, LARGEST_MOVIE_ID))
def test_every_spelling_means_the_same_movie(number: int) -> None:
    movie_id = MovieId(number)
    assert (
        parse_movie_id(imdb_tag(movie_id))
        == parse_movie_id(f"{number:07d}")
        == parse_movie_id(f" {number} ")
        == movie_id
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tt",
        "0",
        "tt0000000",
        "-5",
        "1.5",
        "tt12x",
        "９９",
        "99999999999",
        "4294967296",
        "nm0000001",
        "tt 1",
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a film id: use the IMDb number"):
        parse_movie_id(text)
