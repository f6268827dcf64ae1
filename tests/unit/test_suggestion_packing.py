"""A person's suggestions fit one write unit and come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.movie import LARGEST_MOVIE_ID, MovieId
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS, PersonId
from chalicelib.domain.suggestion import (
    MOST_REASONS,
    MOST_SUGGESTIONS,
    Suggestion,
    basis_of,
    pack_suggestions,
    unpack_suggestions,
)
from chalicelib.storage.suggestions import StoredSuggestions, suggestions_row

movie_ids = st.integers(1, LARGEST_MOVIE_ID).map(MovieId)
stars = st.integers(25, 250).map(lambda fiftieths: fiftieths / 50)
reasons = st.one_of(st.none(), st.sampled_from([MovieId(n) for n in range(1, MOST_REASONS + 1)]))
margins = st.integers(0, 255).map(lambda fiftieths: fiftieths / 50)
suggestions = st.lists(st.builds(Suggestion, movie_ids, stars, reasons, margins), max_size=MOST_SUGGESTIONS)
ratings = st.dictionaries(movie_ids, st.integers(1, 10).map(lambda halves: halves / 2), max_size=30)


@given(suggestions)
def test_packing_loses_nothing_but_a_hundredth_of_a_star(given_suggestions: list[Suggestion]) -> None:
    assert unpack_suggestions(pack_suggestions(given_suggestions)) == given_suggestions


def test_a_full_list_with_many_reasons_leaves_room_in_one_write_unit() -> None:
    full = [
        Suggestion(MovieId(LARGEST_MOVIE_ID - n), 5.0, MovieId(LARGEST_MOVIE_ID - n % 60), 4.5)
        for n in range(100)
    ]
    packed = pack_suggestions(full)
    assert len(packed) <= 863
    stored = StoredSuggestions(full, basis_of({}, ()), "20261125T101112-abcdef", 1_795_000_000_000)
    row = suggestions_row(PersonId("0" * 36), stored).to_dynamodb_dict()
    values = (value for kinds in row.values() for value in kinds.values())
    assert (
        sum(map(len, row)) + len(packed) + sum(len(str(one)) for one in values if len(str(one)) < 64) <= 1024
    )
    kept = unpack_suggestions(packed)
    assert [s.movie_id for s in kept] == [s.movie_id for s in full]
    assert len({s.because_of for s in kept} - {None}) == MOST_REASONS


def test_what_was_packed_before_margins_were_kept_is_refused() -> None:
    packed = b"\x01\x01\x00" + (1000).to_bytes(4, "little") + bytes([200, 255])
    with pytest.raises(ValueError, match="format"):
        unpack_suggestions(packed)


@given(stars, margins)
def test_what_is_likely_lies_on_the_scale_around_what_is_predicted(predicted: float, margin: float) -> None:
    fewest, most = Suggestion(MovieId(1), predicted, margin=margin).prediction.likely
    assert FEWEST_STARS <= fewest <= predicted <= most <= MOST_STARS


@given(st.binary(max_size=40))
def test_other_bytes_are_refused_or_read_but_never_crash(garbage: bytes) -> None:
    try:
        unpack_suggestions(garbage)
    except ValueError:
        return


def test_more_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 100"):
        pack_suggestions([Suggestion(MovieId(n), 3.0) for n in range(1, MOST_SUGGESTIONS + 2)])


@given(ratings, st.sets(movie_ids, max_size=10), movie_ids)
def test_the_basis_tells_any_change_of_ratings_and_marks(
    rated: dict[MovieId, float], marked: set[MovieId], movie: MovieId
) -> None:
    basis = basis_of(rated, marked)
    assert basis == basis_of(dict(reversed(list(rated.items()))), list(marked))
    assert basis != basis_of({**rated, movie: 5.5}, marked)
    assert basis != basis_of(rated, marked ^ {movie})
