"""How sure predictions are, measured on real ratings. Set MOVIE_DATA_DIR to the folder that holds them."""

from pathlib import Path

import pytest

from batch_jobs.evaluating.splitting import split_ratings
from batch_jobs.evaluation import measure
from batch_jobs.training.model import TrainingSettings
from tests import real_data

DATA = real_data.data_folder() or Path()

pytestmark = pytest.mark.skipif(
    real_data.data_folder() is None,
    reason=f"{real_data.VARIABLE} is not set, so how sure predictions are was NOT measured on real ratings",
)


@pytest.mark.parametrize("name", ["ml-100k", "ratings-small", "ml-latest-small"])
def test_ratings_lie_within_the_margins_as_often_as_is_said(name: str) -> None:
    read = {
        "ml-100k": lambda: real_data.movielens_100k(DATA),
        "ratings-small": lambda: real_data.ratings_small(DATA).ratings,
        "ml-latest-small": lambda: real_data.ml_latest_small(DATA).ratings,
    }
    found, _ = measure(split_ratings(read[name]()), TrainingSettings())
    assert found.within50 == pytest.approx(0.5, abs=0.02)
    assert found.within80 == pytest.approx(0.8, abs=0.02)
    assert all(share == pytest.approx(0.8, abs=0.04) for share in found.within80_when_new.values())
    many = [group for group in found.by_ratings if group.fewest >= 20]
    assert all(group.within80 == pytest.approx(0.8, abs=0.04) for group in many)
