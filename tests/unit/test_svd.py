"""FastSVD is Surprise's SVD: the same numbers in Surprise's order, as good ones in its own, and its API."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from surprise import SVD, Dataset, Reader, Trainset, accuracy, dump
from surprise.model_selection import GridSearchCV, cross_validate

from batch_jobs import progress
from batch_jobs.training import svd as svd_module
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.kernel import Ratings, deal
from batch_jobs.training.svd import FastSVD
from batch_jobs.training.trainset import ColumnarTrainset
from tests.benchmarks.synthetic import planted_ratings

# Each number of factors is compiled for itself, which takes a second: use these two only.
FACTORS = 8
ODD = 3
Options = dict[str, Any]
LEARNED = ("bu", "bi", "pu", "qi")


@pytest.fixture(scope="module")
def ratings() -> RatingColumns:
    return planted_ratings(people=300, movies=120, ratings=9_000, seed=4)


@pytest.fixture(scope="module")
def split(ratings: RatingColumns) -> tuple[ColumnarTrainset, RatingColumns]:
    held = np.random.default_rng(1).random(len(ratings)) < 0.2
    return ColumnarTrainset.from_columns(ratings.where(~held)), ratings.where(held)


@pytest.fixture(scope="module")
def dataset(ratings: RatingColumns) -> Dataset:
    frame = pd.DataFrame({"person": ratings.person, "movie": ratings.movie, "stars": ratings.stars})
    return Dataset.load_from_df(frame.sample(frac=1, random_state=3), Reader(rating_scale=(0.5, 5)))


@pytest.fixture(scope="module")
def surprises_trainset(dataset: Dataset) -> Trainset:
    return dataset.build_full_trainset()


def learned(svd: SVD) -> list[NDArray[np.floating]]:
    return [getattr(svd, name) for name in LEARNED]


def rmse(svd: FastSVD, held_out: RatingColumns) -> float:
    errors = svd.estimated_stars(held_out.person, held_out.movie) - held_out.stars
    return float(np.sqrt(np.square(errors).mean()))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"biased": False},
        {"n_factors": ODD, "init_mean": 0.1, "init_std_dev": 0.3, "lr_all": 0.01, "reg_all": 0.1},
        {"lr_bu": 0.001, "lr_bi": 0.02, "lr_pu": 0.003, "lr_qi": 0.004},
        {"reg_bu": 0.3, "reg_bi": 0.2, "reg_pu": 0.1, "reg_qi": 0.0},
        {"biased": False, "init_mean": 0.5, "lr_pu": 0.02, "reg_qi": 0.2},
    ],
    ids=str,
)
def test_in_surprises_order_it_is_surprises_svd(options: Options, surprises_trainset: Trainset) -> None:
    common: Options = {"n_factors": FACTORS, "n_epochs": 6, "random_state": 11, **options}
    theirs = SVD(**common).fit(surprises_trainset)
    mine = FastSVD(**common, order="sequential", dtype="float64").fit(surprises_trainset)
    for expected, found in zip(learned(theirs), learned(mine), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_on_columns_it_is_surprises_svd_too(split: tuple[ColumnarTrainset, RatingColumns]) -> None:
    theirs = SVD(n_factors=FACTORS, n_epochs=4, random_state=5).fit(split[0])
    mine = FastSVD(n_factors=FACTORS, n_epochs=4, random_state=5, order="sequential", dtype="float64")
    mine.fit(split[0])
    for expected, found in zip(learned(theirs), learned(mine), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("stripes", [2, 4])
def test_any_number_of_threads_gives_the_same_to_the_bit(
    stripes: int, split: tuple[ColumnarTrainset, RatingColumns], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(svd_module, "_STRIPES", ((0, stripes),))
    alone, *together = (
        FastSVD(n_factors=FACTORS, n_epochs=8, random_state=2, threads=threads).fit(split[0])
        for threads in (1, 2, 3)
    )
    for svd in together:
        for expected, found in zip(learned(alone), learned(svd), strict=True):
            assert expected.tobytes() == found.tobytes()
    other = FastSVD(n_factors=FACTORS, n_epochs=8, random_state=3).fit(split[0])
    assert not np.array_equal(alone.qi, other.qi)


@pytest.mark.parametrize("stripes", [1, 2, 5])
def test_dealing_keeps_every_rating_and_blocks_apart(ratings: RatingColumns, stripes: int) -> None:
    people, movies = len(ratings.people), len(ratings.movie_ids)
    blocks = deal(Ratings(ratings.person, ratings.movie, ratings.stars), people, movies, stripes)
    dealt = blocks.ratings
    before = sorted(zip(ratings.person, ratings.movie, ratings.stars, strict=True))
    movie_of = blocks.movie_order[dealt.movie]
    assert sorted(zip(dealt.person, movie_of, dealt.stars, strict=True)) == before
    block = np.repeat(np.arange(stripes**2), np.diff(blocks.starts))
    for ids, stripe in ((dealt.person, block // stripes), (dealt.movie, block % stripes)):
        assert all(len(set(stripe[ids == one])) == 1 for one in np.unique(ids))
    assert np.diff(blocks.starts).max() <= 1.3 * len(ratings) / stripes**2
    assert sorted(blocks.movie_order) == list(range(movies))


def test_blocks_in_single_precision_learn_as_well_per_epoch(
    split: tuple[ColumnarTrainset, RatingColumns], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted factors: the held-out error nears the noise, and is Surprise's after as many epochs."""
    monkeypatch.setattr(svd_module, "_STRIPES", ((0, 4),))
    trainset, held_out = split
    options: Options = {
        "n_factors": FACTORS,
        "n_epochs": 30,
        "lr_all": 0.02,
        "reg_all": 0.05,
        "random_state": 1,
    }
    theirs = FastSVD(**options, order="sequential", dtype="float64").fit(trainset)
    mine = FastSVD(**options).fit(trainset)
    knowing_nothing = float(held_out.stars.std())
    assert rmse(theirs, held_out) < 0.75 * knowing_nothing
    assert rmse(mine, held_out) == pytest.approx(rmse(theirs, held_out), abs=0.01)
    assert mine.qi.dtype == np.float32


def test_the_learning_rate_decays(split: tuple[ColumnarTrainset, RatingColumns]) -> None:
    """At a decay of zero nothing moves after the first epoch."""
    once = FastSVD(n_factors=FACTORS, n_epochs=1, random_state=1).fit(split[0])
    stopped = FastSVD(n_factors=FACTORS, n_epochs=5, random_state=1, lr_decay=0.0).fit(split[0])
    moving = FastSVD(n_factors=FACTORS, n_epochs=5, random_state=1, lr_decay=0.5).fit(split[0])
    np.testing.assert_array_equal(stopped.qi, once.qi)
    assert not np.array_equal(moving.qi, once.qi)


def test_early_stopping_stops_and_keeps_the_best_epoch(
    split: tuple[ColumnarTrainset, RatingColumns],
) -> None:
    options: Options = {"n_factors": FACTORS, "lr_all": 0.05, "reg_all": 0.0, "random_state": 1}
    stopped = FastSVD(**options, n_epochs=200, validation_share=0.2, patience=2).fit(split[0])
    measured = stopped.validation_rmse
    best = int(np.argmin(measured))
    assert len(measured) == best + 1 + 2 < 200
    again = FastSVD(**options, n_epochs=best + 1, validation_share=0.2, patience=2).fit(split[0])
    np.testing.assert_array_equal(again.qi, stopped.qi)
    np.testing.assert_array_equal(again.bu, stopped.bu)
    assert rmse(stopped, split[1]) < rmse(FastSVD(**options, n_epochs=60).fit(split[0]), split[1])


@pytest.mark.parametrize("biased", [True, False])
def test_a_learning_rate_that_is_too_high_is_one_clear_sentence(
    biased: bool, split: tuple[ColumnarTrainset, RatingColumns]
) -> None:
    with pytest.raises(ValueError, match=r"diverged in epoch \d+: a learning rate of 3 is too high"):
        FastSVD(n_factors=FACTORS, lr_all=3, biased=biased).fit(split[0])


@pytest.mark.parametrize("biased", [True, False])
def test_estimates_of_many_are_those_of_predict(
    biased: bool, split: tuple[ColumnarTrainset, RatingColumns]
) -> None:
    svd = FastSVD(n_factors=FACTORS, n_epochs=5, biased=biased, random_state=1).fit(split[0])
    person = np.array([0, 5, 299, 100_000, 3, -1])
    movie = np.array([0, 7, 11, 4, 100_000, -1])
    predicted = [svd.predict(u, i).est for u, i in zip(person, movie, strict=True)]
    np.testing.assert_allclose(svd.estimated_stars(person, movie), predicted, atol=1e-6)


def test_surprises_own_tools_work_with_it(dataset: Dataset) -> None:
    options: Options = {"n_factors": FACTORS, "n_epochs": 5, "random_state": 1}
    mine = cross_validate(FastSVD(**options), dataset, cv=3, n_jobs=1)["test_rmse"].mean()
    theirs = cross_validate(SVD(**options), dataset, cv=3, n_jobs=1)["test_rmse"].mean()
    assert mine == pytest.approx(theirs, abs=0.05)
    search = GridSearchCV(
        FastSVD, {"lr_all": [0.0001, 0.02], "n_factors": [FACTORS], "lr_decay": [0.9]}, ["rmse"], cv=2
    )
    search.fit(dataset)
    assert search.best_params["rmse"]["lr_all"] == 0.02


def test_a_dumped_svd_predicts_the_same(
    split: tuple[ColumnarTrainset, RatingColumns], tmp_path_factory: pytest.TempPathFactory
) -> None:
    svd = FastSVD(n_factors=FACTORS, n_epochs=3, random_state=1).fit(split[0])
    predictions = svd.test(split[0].build_testset()[:50])
    assert accuracy.rmse(predictions, verbose=False) < 2
    file = str(tmp_path_factory.mktemp("dump") / "svd")
    dump.dump(file, predictions, svd)
    stored, loaded = dump.load(file)
    assert stored == predictions
    assert loaded.predict(3, 4) == svd.predict(3, 4)


def test_progress_is_shown_only_when_asked_for(
    split: tuple[ColumnarTrainset, RatingColumns], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.StringIO()
    monkeypatch.setitem(progress._LOOK, "file", shown)
    FastSVD(n_factors=FACTORS, n_epochs=2).fit(split[0])
    assert shown.getvalue() == ""
    FastSVD(n_factors=FACTORS, n_epochs=2, verbose=True).fit(split[0])
    assert "100%" in shown.getvalue()
    assert "ratings/s" in shown.getvalue()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"order": "random"}, "'blocks' or 'sequential'"),
        ({"dtype": "float16"}, "'float32' or 'float64'"),
        ({"validation_share": 1}, "0 or more and below 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: Options, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FastSVD(**options)
