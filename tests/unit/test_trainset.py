"""The columnar trainset is, to Surprise and its algorithms, the trainset that Surprise makes itself."""

import io
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surprise import SVD, BaselineOnly, Dataset, KNNBasic, Reader, Trainset

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.trainset import ColumnarTrainset
from tests.factories import two_camps

SCALE = (0.5, 5.0)
STARS = st.integers(1, 10).map(lambda halves: halves / 2)
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.integers(1, 12), STARS),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row[:2],
)


def frame_of(rows: list[tuple[str, int, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "stars"])


def surprises_own(frame: pd.DataFrame) -> Trainset:
    return Dataset.load_from_df(frame, Reader(rating_scale=SCALE)).build_full_trainset()


def ours(frame: pd.DataFrame) -> ColumnarTrainset:
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    file.seek(0)
    return ColumnarTrainset.from_parquet(file, rating_scale=SCALE)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    columns = two_camps(people=25)
    return pd.DataFrame(
        {
            "user_id": columns.people[columns.person],
            "movie_id": columns.movie_ids[columns.movie],
            "stars": columns.stars,
        }
    )


@settings(deadline=None)
@given(ROWS)
def test_everything_a_trainset_says(rows: list[tuple[str, int, float]]) -> None:
    theirs, mine = surprises_own(frame_of(rows)), ours(frame_of(rows))
    assert (mine.n_users, mine.n_items, mine.n_ratings) == (theirs.n_users, theirs.n_items, theirs.n_ratings)
    assert mine.rating_scale == theirs.rating_scale
    assert mine.global_mean == pytest.approx(theirs.global_mean, abs=1e-12)
    assert list(mine.all_ratings()) == list(theirs.all_ratings())
    assert dict(mine.ur) == dict(theirs.ur)
    assert {i: sorted(r) for i, r in mine.ir.items()} == {i: sorted(r) for i, r in theirs.ir.items()}
    assert mine.build_testset() == theirs.build_testset()
    assert mine.build_anti_testset() == theirs.build_anti_testset()
    for user, movie, _ in rows:
        assert mine.to_inner_uid(user) == theirs.to_inner_uid(user)
        assert mine.to_inner_iid(movie) == theirs.to_inner_iid(movie)
        assert mine.to_raw_uid(mine.to_inner_uid(user)) == user
        assert mine.to_raw_iid(mine.to_inner_iid(movie)) == movie


def test_strangers_are_told_from_the_known(frame: pd.DataFrame) -> None:
    trainset = ours(frame)
    with pytest.raises(ValueError, match="not part of the trainset"):
        trainset.to_inner_uid("nobody")
    with pytest.raises(ValueError, match="not part of the trainset"):
        trainset.to_inner_iid(1)
    with pytest.raises(ValueError, match="not a valid inner id"):
        trainset.to_raw_uid(-1)
    for stranger in (-1, trainset.n_users, trainset.n_items, "UKN__nobody"):
        assert not (trainset.knows_user(stranger) and trainset.knows_item(stranger))
        assert stranger not in trainset.ir or stranger in range(trainset.n_items)
    assert all(trainset.knows_user(u) for u in trainset.all_users())
    assert all(trainset.knows_item(i) for i in trainset.all_items())
    with pytest.raises(KeyError):
        trainset.ur[trainset.n_users]


def test_all_ratings_come_in_portions_without_loss(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batch_jobs.training.trainset._FEWEST_AT_ONCE", 20)
    assert list(ours(frame).all_ratings()) == list(surprises_own(frame).all_ratings())


@pytest.mark.parametrize(
    "algorithm",
    [
        lambda: SVD(n_factors=5, n_epochs=5, random_state=1),
        lambda: BaselineOnly(verbose=False),
        lambda: BaselineOnly(bsl_options={"method": "sgd"}, verbose=False),
        lambda: KNNBasic(verbose=False),
        lambda: KNNBasic(sim_options={"user_based": False, "name": "pearson_baseline"}, verbose=False),
    ],
    ids=["svd", "baseline-als", "baseline-sgd", "knn-people", "knn-movies"],
)
def test_surprises_algorithms_predict_the_same(algorithm: type, frame: pd.DataFrame) -> None:
    theirs = algorithm().fit(surprises_own(frame))
    mine = algorithm().fit(ours(frame))
    pairs = theirs.trainset.build_testset()[:60] + theirs.trainset.build_anti_testset()[:60]
    pairs += [("nobody", 1000, 3.0), ("person-001", 1, 3.0)]
    expected, found = theirs.test(pairs), mine.test(pairs)
    np.testing.assert_allclose([p.est for p in found], [p.est for p in expected], atol=1e-12)
    assert [p.details for p in found] == [p.details for p in expected]


def test_columns_are_taken_as_they_are_and_the_unrated_left_out() -> None:
    ratings = two_camps(people=6)
    kept = (ratings.person != 2) & (ratings.movie != 7)
    trainset = ColumnarTrainset.from_columns(ratings.where(kept))
    assert 2 not in trainset.user_ids
    assert 7 not in trainset.item_ids
    known = {(p, m): s for p, m, s in trainset.build_testset()}
    assert known == {
        (int(p), int(m)): float(s)
        for p, m, s in zip(ratings.person[kept], ratings.movie[kept], ratings.stars[kept], strict=True)
    }
    assert trainset.rating_scale == (1.5, 5.0)


def test_a_rating_takes_eight_bytes() -> None:
    trainset = ColumnarTrainset.from_columns(two_camps())
    assert trainset.movie.nbytes + trainset.stars.nbytes == 8 * trainset.n_ratings


def test_a_pickled_trainset_says_the_same(frame: pd.DataFrame) -> None:
    trainset = ours(frame)
    again = pickle.loads(pickle.dumps(trainset))  # noqa: S301 - what was pickled is our own
    assert list(again.all_ratings()) == list(trainset.all_ratings())
    assert again.to_raw_uid(3) == trainset.to_raw_uid(3)


def test_no_ratings_at_all_is_one_clear_sentence() -> None:
    nothing: RatingColumns = two_camps(people=2)
    with pytest.raises(ValueError, match="import or create some first"):
        ColumnarTrainset.from_columns(nothing.where(np.zeros(len(nothing), dtype=np.bool_)))
