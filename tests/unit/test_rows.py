"""Rows of suggestions: each keeps its word, and no movie is in two of them."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib.domain.movie import MovieId
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.model import Model
from chalicelib.recommending.rows import FEWEST_IN_ROW, MOST_IN_ROW, Group, Row, RowKind, rows_of
from chalicelib.recommending.suggesting import score, suggest
from tests.benchmarks.scoring import made_up_model
from tests.factories import ranking_of

MOVIES = 600
GENRES = ("Comedy", "Crime", "Drama", "War")


@pytest.fixture(scope="module")
def model() -> Model:
    """Movie 1 is known best; the movies after it less and less."""
    made = made_up_model(MOVIES, 8)
    rng = np.random.default_rng(5)
    likes = (5000 / np.arange(1, MOVIES + 1) ** 0.8).astype(np.int32)
    return replace(made, ranking=ranking_of(rng.normal(0.05, 0.15, (MOVIES, 8)), likes, people=6000))


def genres_of(model: Model) -> list[Group]:
    """A movie is of the genre that its number divided by four leaves, and every third is a drama as well."""
    ids = model.movie_ids.tolist()
    members = {name: [one for one in ids if one % 4 == place] for place, name in enumerate(GENRES)}
    members["Drama"] = sorted({*members["Drama"], *ids[::3]})
    return [Group.of(model, name, members[name]) for name in GENRES]


def decades_of(model: Model) -> list[Group]:
    """A hundred movies each."""
    ids = model.movie_ids.tolist()
    return [Group.of(model, str(1950 + n // 10), ids[n : n + 100]) for n in range(0, MOVIES, 100)]


def rows_for(
    model: Model,
    ratings: dict[MovieId, float],
    excluded: tuple[MovieId, ...] = (),
    watchlist: tuple[MovieId, ...] = (),
    wish: Wish = USUAL,
) -> list[Row]:
    scored = score(model, ratings, {*excluded, *watchlist}, wish)
    return rows_of(scored, watchlist, genres_of(model), decades_of(model))


def ids_of(row: Row) -> list[int]:
    return [one.movie_id for one in row.suggestions]


def of_kind(rows: list[Row], kind: RowKind) -> list[Row]:
    return [row for row in rows if row.kind is kind]


movie_ids = st.integers(1, MOVIES).map(MovieId)


@given(
    ratings=st.dictionaries(movie_ids, st.integers(1, 10).map(lambda half: half / 2), max_size=40),
    excluded=st.lists(movie_ids, max_size=60).map(tuple),
    watchlist=st.lists(movie_ids, max_size=30, unique=True).map(tuple),
    wish=st.builds(Wish, st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from(["ranking", "predicted"])),
)
@hypothesis_settings(deadline=None, max_examples=80)
def test_no_movie_is_shown_twice_and_none_that_is_out_of_the_question(
    model: Model,
    ratings: dict[MovieId, float],
    excluded: tuple[MovieId, ...],
    watchlist: tuple[MovieId, ...],
    wish: Wish,
) -> None:
    watchlist = tuple(set(watchlist) - set(excluded))
    rows = rows_for(model, ratings, excluded, watchlist, wish)
    shown = Counter(movie for row in rows for movie in ids_of(row))
    assert set(shown.values()) == {1}
    assert not shown.keys() & {*ratings, *excluded}
    assert all(FEWEST_IN_ROW <= len(row.suggestions) <= MOST_IN_ROW for row in rows)
    assert rows[0].kind is RowKind.FOR_YOU
    assert ids_of(rows[0]) == [
        one.movie_id for one in suggest(model, ratings, {*excluded, *watchlist}, MOST_IN_ROW, wish)
    ]
    for row in rows:
        listed = set(ids_of(row)) & set(watchlist)
        assert listed == (set(ids_of(row)) if row.kind is RowKind.WATCHLIST else set())


@pytest.mark.parametrize("likes", [1, 3, 5, 30])
def test_few_ratings_are_enough_for_rows(model: Model, likes: int) -> None:
    rows = rows_for(model, {MovieId(4 * n + 1): 4.5 for n in range(likes)})
    kinds = Counter(row.kind for row in rows)
    assert kinds[RowKind.BECAUSE] == min(3, likes)
    assert kinds[RowKind.GEMS] == 1
    assert kinds[RowKind.GENRE] >= 1
    assert kinds[RowKind.DECADE] + kinds[RowKind.NEW_DECADE] == 1


def test_without_ratings_there_is_what_most_people_like(model: Model) -> None:
    (row,) = rows_for(model, {})
    assert row.kind is RowKind.FOR_YOU
    assert ids_of(row) == list(range(1, MOST_IN_ROW + 1))


def test_a_reason_speaks_louder_for_its_row_than_any_other_rating(model: Model) -> None:
    ratings: dict[MovieId, float] = {MovieId(7 * n + 2): 5.0 for n in range(12)}
    taste = score(model, ratings, ()).taste
    reasons = of_kind(rows_for(model, ratings), RowKind.BECAUSE)
    assert len({row.because_of for row in reasons}) == 3
    for row in reasons:
        positions, _ = model.positions(np.array(ids_of(row)))
        voices = model.ranking.factors[positions] @ taste.shares
        assert row.because_of is not None
        assert set(model.movie_ids[taste.liked[voices.argmax(axis=1)]]) == {row.because_of}
        assert (np.diff(voices.max(axis=1)) <= 0).all()
        assert {one.because_of for one in row.suggestions} == {row.because_of}


def test_gems_are_known_by_few_and_expected_to_please(model: Model) -> None:
    ratings: dict[MovieId, float] = {MovieId(9): 5.0, MovieId(12): 4.5, MovieId(31): 2.0}
    (gems,) = of_kind(rows_for(model, ratings), RowKind.GEMS)
    known = sorted(model.ranking.likes.tolist(), reverse=True)[MOVIES // 10]
    positions, _ = model.positions(np.array(ids_of(gems)))
    assert model.ranking.likes[positions].max() <= known
    usual = model.rating.mean + score(model, ratings, ()).belief.person[0]
    assert all(one.predicted_stars > usual for one in gems.suggestions)


def test_genres_come_by_how_far_they_are_liked_beyond_what_everybody_likes(model: Model) -> None:
    crimes: dict[MovieId, float] = {MovieId(4 * n + 1): 5.0 for n in range(2, 10)}
    comedies: dict[MovieId, float] = {MovieId(4 * n): 5.0 for n in (2, 4, 5, 7)}
    disliked: dict[MovieId, float] = {MovieId(4 * n + 3): 1.0 for n in range(9)}
    genres = of_kind(rows_for(model, {**disliked, **crimes, **comedies}), RowKind.GENRE)
    assert genres[0].group == "Crime"
    assert (genres[0].liked, genres[0].rated) == (8, 8)
    assert {movie % 4 for movie in ids_of(genres[0])} == {1}
    assert "War" not in {row.group for row in genres}


def test_a_decade_that_was_never_rated_is_new(model: Model) -> None:
    rated: dict[MovieId, float] = {MovieId(n): 4.0 for n in (1, 101, 201, 301, 401)}
    (decade,) = of_kind(rows_for(model, rated), RowKind.NEW_DECADE)
    assert decade.group == decades_of(model)[5].name
    assert min(ids_of(decade)) > 500
    everywhere = rated | {MovieId(501): 4.0, MovieId(102): 5.0, MovieId(103): 5.0}
    (favourite,) = of_kind(rows_for(model, everywhere), RowKind.DECADE)
    assert (favourite.group, favourite.liked, favourite.rated) == (decades_of(model)[1].name, 3, 3)
    assert not of_kind(rows_for(model, everywhere), RowKind.NEW_DECADE)


def test_a_watchlist_of_few_is_no_row_and_its_movies_are_in_no_other(model: Model) -> None:
    few = (MovieId(1), MovieId(2), MovieId(3))
    rows = rows_for(model, {MovieId(8): 5.0}, watchlist=few)
    assert not of_kind(rows, RowKind.WATCHLIST)
    assert not {movie for row in rows for movie in ids_of(row)} & set(few)


def test_equals_come_in_the_order_of_their_numbers(model: Model) -> None:
    same = replace(
        model, ranking=ranking_of(np.full((MOVIES, 2), 0.1), likes=np.full(MOVIES, 50), people=6000)
    )
    rows = rows_for(same, {MovieId(300): 5.0})
    assert rows == rows_for(same, {MovieId(300): 5.0})
    assert all(ids_of(row) == sorted(ids_of(row)) for row in rows)


def test_a_narrow_filter_still_fills_the_list(model: Model) -> None:
    ratings: dict[MovieId, float] = {MovieId(8): 5.0, MovieId(9): 1.0}
    among = model.mask(model.movie_ids[::6].tolist())
    whole = [one.movie_id for one in suggest(model, ratings, (), MOVIES)]
    narrow = [one.movie_id for one in suggest(model, ratings, (), 100, among=among)]
    assert narrow == [movie for movie in whole if movie % 6 == 1]
    assert [one.movie_id for one in suggest(model, ratings, (), 7, among=among)] == narrow[:7]
