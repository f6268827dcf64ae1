"""Counts between two exact ones: whatever is delivered in whatever way, they are what a recount would say."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_jobs.recent import counted_changes
from batch_jobs.training.columns import RatingColumns
from chalicelib.domain.live import STEPS, Basis, Change, counts_of, digest, shifted
from chalicelib.domain.movie import MovieId
from chalicelib.storage.live import LiveState, change_of

A_STEP = 10
"""Seconds from one change to the next in these tests."""

Pair = tuple[str, MovieId]
pairs = st.tuples(st.sampled_from(["ada", "bob", "cy"]), st.sampled_from([MovieId(7), MovieId(8)]))
ratings = st.integers(0, STEPS)  # in half stars; 0 takes a rating back
wishes = st.lists(st.tuples(pairs, ratings), max_size=25)


def history(wished: list[tuple[Pair, int]]) -> tuple[list[Change], list[dict[Pair, int]]]:
    """The changes in the stream, and the ratings before the first wish, after it, after the next …"""
    state: dict[Pair, int] = {}
    states = [dict(state)]
    changes = []
    for number, (pair, after) in enumerate(wished, 1):
        before = state.get(pair, 0)
        if before != after:
            at = number * A_STEP
            changes.append(Change(digest(number), digest(*pair), pair[1], at, at, before, after))
        state[pair] = after
        states.append(dict(state))
    return changes, states


def histogram(state: dict[Pair, int], movie_id: int) -> list[int]:
    counted = Counter(step for (_, movie), step in state.items() if movie == movie_id)
    return [counted[step] for step in range(1, STEPS + 1)]


def moved(bars: list[int], state: LiveState, movie_id: MovieId) -> list[int]:
    """A histogram after what the live counts say."""
    shift = counts_of(state.changes).shifts.get(movie_id, (0,) * STEPS)
    return [bar + by for bar, by in zip(bars, shift, strict=True)]


def columns_of(state: dict[Pair, int]) -> RatingColumns:
    """An export of these ratings, and of one of another movie: there is no empty export."""
    rows = [(person, movie, step / 2, 1) for (person, movie), step in state.items() if step]
    rows.append(("dora", MovieId(9), 3.0, 1))
    return RatingColumns.from_frame(pd.DataFrame(rows, columns=["user_id", "movie_id", "stars", "rated_at"]))


@given(wished=wishes, data=st.data())
def test_an_export_at_any_moment_and_any_delivery_come_to_a_recount(
    wished: list[tuple[Pair, int]], data: st.DataObject
) -> None:
    """Batches come again, overlap, and go back; the export meets each rating at some moment of its own,
    and the catalogue is published when some of the later changes are there already."""
    changes, states = history(wished)
    started = data.draw(st.integers(0, len(wished)))
    ended = data.draw(st.integers(started, len(wished)))
    published = data.draw(st.integers(ended, len(wished)))
    exported = {pair: states[data.draw(st.integers(started, ended))].get(pair, 0) for pair in states[-1]}
    since = started * A_STEP - data.draw(st.integers(0, A_STEP))

    def deliver(state: LiveState, upto: int, catalogue: str, basis: Basis) -> LiveState:
        given_out = [change for change in changes if change.changed_at <= upto * A_STEP]
        place = 0
        while place < len(given_out):
            start = data.draw(st.integers(0, place))
            place = data.draw(st.integers(place + 1, len(given_out)))
            batch = given_out[start:place]
            for _ in range(data.draw(st.integers(1, 2))):
                state = state.joined(batch, catalogue, basis)
        return state

    state = deliver(LiveState(None, ()), published, "before", Basis(0))
    for movie in (MovieId(7), MovieId(8)):
        assert moved([0] * STEPS, state, movie) == histogram(states[published], movie)
    later = [change for change in state.changes if change.changed_at >= since]
    basis = Basis(since, counted_changes(columns_of(exported), later))
    state = deliver(state.joined((), "after", basis), len(wished), "after", basis)
    for movie in (MovieId(7), MovieId(8)):
        assert moved(histogram(exported, movie), state, movie) == histogram(states[-1], movie)


@given(wished=wishes)
def test_who_rated_a_film_anew_counts_once_however_often_they_changed_their_mind(
    wished: list[tuple[Pair, int]],
) -> None:
    changes, states = history(wished)
    expected = Counter(movie for (_, movie), step in states[-1].items() if step)
    assert counts_of(changes).newly_rated == expected


def test_an_imported_diary_of_last_year_makes_no_trend() -> None:
    year = 365 * 86_400
    old = Change(1, 1, MovieId(7), 2 * year, year, 0, 8)
    new = Change(2, 2, MovieId(7), 2 * year, 2 * year, 0, 8)
    counts = counts_of([old, new])
    assert counts.newly_rated == {7: 1}
    assert counts.until == 2 * year
    assert sum(counts.shifts[MovieId(7)]) == 2


@given(bars=st.lists(st.integers(0, 50), min_size=STEPS, max_size=STEPS), data=st.data())
def test_a_shift_of_the_histogram_moves_count_and_mean_along(bars: list[int], data: st.DataObject) -> None:
    shift = tuple(data.draw(st.integers(-bar, 9)) for bar in bars)
    after = [bar + moved for bar, moved in zip(bars, shift, strict=True)]

    def mean(histogram: list[int]) -> float | None:
        total = sum(histogram)
        return sum(step / 2 * bar for step, bar in enumerate(histogram, 1)) / total if total else None

    before = sum(bars), mean(bars), tuple(bars) if any(bars) else ()
    count, average, now = shifted(*before, shift)
    assert count == sum(after)
    assert average == pytest.approx(mean(after))
    assert now == (tuple(after) if any(after) else ())
    if any(bars):
        again, same, unknown = shifted(before[0], before[1], (), shift)
        assert (again, unknown) == (count, ())
        assert same == pytest.approx(average)


def test_what_was_missed_never_makes_a_count_negative() -> None:
    less = (-2,) + (0,) * (STEPS - 1)
    assert shifted(1, 0.5, (1,) + (0,) * (STEPS - 1), less) == (0, None, ())
    assert shifted(1, 0.5, (), less) == (0, None, ())


IMAGE = {"stars": {"N": "3.5"}, "rated_at": {"N": "1700000000123"}}
RECORD = {
    "dynamodb": {
        "Keys": {"user_id": {"S": "ada"}, "movie_id": {"N": "7"}},
        "SequenceNumber": "111",
        "ApproximateCreationDateTime": 1_700_000_001.0,
        "NewImage": IMAGE,
    }
}


@pytest.mark.parametrize(
    ("images", "before", "after", "rated_at"),
    [
        ({"NewImage": IMAGE}, 0, 7, 1_700_000_000),
        ({"NewImage": IMAGE, "OldImage": {**IMAGE, "stars": {"N": "5"}}}, 10, 7, 1_700_000_000),
        ({"OldImage": IMAGE}, 7, 0, 1_700_000_001),
    ],
)
def test_a_record_of_the_stream_is_read(
    images: dict[str, object], before: int, after: int, rated_at: int
) -> None:
    record = {"dynamodb": {**RECORD["dynamodb"], "NewImage": None, **images}}
    change = change_of(record)
    assert (change.before, change.after, change.rated_at) == (before, after, rated_at)
    assert (change.movie_id, change.changed_at, change.pair) == (7, 1_700_000_001, digest("ada", 7))


@pytest.mark.parametrize(
    "wrong",
    [
        {"NewImage": {**IMAGE, "stars": {"N": "3.3"}}},
        {"NewImage": {**IMAGE, "stars": {"S": "many"}}},
        {"NewImage": {"stars": {"N": "3"}}},
        {"Keys": {"user_id": {"S": "ada"}}},
        {"Keys": {"user_id": {"S": "ada"}, "movie_id": {"N": "-1"}}},
        {"ApproximateCreationDateTime": None},
    ],
)
def test_what_is_no_change_of_a_rating_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"change of a rating|rating is"):
        change_of({"dynamodb": {**RECORD["dynamodb"], **wrong}})
