"""What people are shown, measured on real ratings. Set MOVIE_DATA_DIR to the folder that holds them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from batch_jobs.evaluating.cold_start import measure_cold_start
from batch_jobs.evaluating.ranking_metrics import Lists, popular_lists
from batch_jobs.evaluation import suggested
from batch_jobs.ratings_file import read_ratings_file
from batch_jobs.training.ranking_model import RankingSettings
from chalicelib.domain.wish import USUAL
from chalicelib.recommending.liking import LIKED_STARS
from tests import real_data
from tests.benchmarks.ranking import Judge, data_sets, our_model
from tests.benchmarks.ranking_rivals import surprise_svd

DATA = real_data.data_folder() or Path()

pytestmark = pytest.mark.skipif(
    real_data.data_folder() is None,
    reason=f"{real_data.VARIABLE} is not set, so the ranking was NOT measured on real ratings",
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.of(real_data.movielens_100k(DATA))


@pytest.fixture(scope="module")
def ndcg10(judge: Judge) -> float:
    model, _, _ = our_model(judge.split.train, RankingSettings())
    return judge.ndcg10(suggested(model, judge.seen, USUAL))


def test_people_find_far_more_than_among_what_is_popular(judge: Judge, ndcg10: float) -> None:
    train = judge.split.train
    likes = np.bincount(train.movie[train.stars >= LIKED_STARS], minlength=len(train.movie_ids))
    assert ndcg10 >= 1.8 * judge.ndcg10(popular_lists(likes, judge.seen))


def test_people_find_far_more_than_by_the_stars_that_surprise_predicts(judge: Judge, ndcg10: float) -> None:
    """On average over random starts: one alone moves what Surprise finds by a tenth."""
    train, people = judge.split.train, judge.people
    found = [judge.ndcg10(judge.lists(surprise_svd(train, people, seed))) for seed in range(10)]
    assert ndcg10 >= 3.5 * np.mean(found)


@pytest.mark.parametrize("name", ["ml-100k", "ratings-small", "ml-latest-small", "long-tail"])
def test_new_people_are_shown_nothing_worse_than_what_is_popular(name: str) -> None:
    measured = measure_cold_start(data_sets()[name](), RankingSettings())
    assert [step.ratings for step in measured] == [1, 3, 5, 10, 20]
    for step in measured:
        assert step.over_popularity[1] >= 0, f"after {step.ratings} ratings it is worse than popularity"


def lists_of_all(file: Path) -> Lists:
    read = read_ratings_file(file)
    model, _, _ = our_model(read.ratings, RankingSettings())
    return suggested(model, read.ratings, USUAL)


def test_ten_points_make_the_lists_that_five_stars_make(tmp_path: Path) -> None:
    file = DATA / "the-movies-dataset" / "ratings_small.csv"
    copy = tmp_path / "ten-points.csv"
    with file.open(encoding="utf-8", newline="") as stars, copy.open("w", newline="") as points:
        reader, writer = csv.reader(stars), csv.writer(points)
        writer.writerow(next(reader))
        writer.writerows((user, movie, 2 * float(rating), time) for user, movie, rating, time in reader)
    np.testing.assert_array_equal(lists_of_all(copy), lists_of_all(file))
