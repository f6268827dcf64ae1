"""What new people are asked about first: well-known films, no two of which say the same."""

from dataclasses import replace

import numpy as np
import pytest

from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from chalicelib.recommending.beginning import WELL_KNOWN, telling_movies
from chalicelib.recommending.model import Model, RatingModel
from tests.factories import ranking_of, two_camps

KINDS = 4


def model_of_kinds(movies: int = 1000) -> Model:
    """Movies of four kinds, in turn, alike within each; the first are the best known."""
    kind = np.eye(KINDS, dtype=np.float32)[np.arange(movies) % KINDS]
    rating = RatingModel(
        mean=3.5,
        biases=np.zeros(movies, dtype=np.float32),
        factors=kind,
        average_person=np.zeros(1 + KINDS, dtype=np.float32),
        precision=np.diag([2.0, *[0.5] * KINDS]).astype(np.float32),
        memory=60.0,
        doubt=np.zeros(movies, dtype=np.float32),
    )
    likes = 900 - np.arange(movies) * 900 // movies
    every = np.ones(movies, dtype=np.bool_)
    return Model(np.arange(1, movies + 1, dtype=np.int32), every, rating, ranking_of(kind, likes))


def test_they_differ() -> None:
    asked = telling_movies(model_of_kinds(), 8)
    assert sorted((movie_id - 1) % KINDS for movie_id in asked[:KINDS]) == list(range(KINDS))
    assert sorted((movie_id - 1) % KINDS for movie_id in asked[KINDS:]) == list(range(KINDS))


def test_the_popular_alone_would_not_differ() -> None:
    """One kind is known to all, so that the best known are all of it."""
    model = model_of_kinds()
    likes = np.where(np.arange(1000) % KINDS == 0, 900, 400)
    model = replace(model, ranking=replace(model.ranking, likes=likes.astype(np.int32)))
    kinds = {(movie_id - 1) % KINDS for movie_id in telling_movies(model, 8)}
    assert kinds == set(range(KINDS))


def test_they_are_well_known_suggestible_and_each_there_once() -> None:
    model = model_of_kinds()
    barred = np.arange(1000) % 2 == 0
    asked = telling_movies(replace(model, suggestible=~barred), 60)
    assert len(set(asked)) == 60
    assert all(movie_id % 2 == 0 for movie_id in asked)
    assert max(asked) <= 2 * WELL_KNOWN


def test_the_same_model_always_asks_the_same_and_more_only_adds() -> None:
    model = train_model(
        two_camps(), None, TrainingSettings(RatingSettings(factors=8, epochs=30), RankingSettings(factors=4))
    )[0]
    assert telling_movies(model, 12)[:5] == telling_movies(model, 5)


@pytest.mark.parametrize("count", [0, 1, 50])
def test_there_are_no_more_than_there_are(count: int) -> None:
    assert len(telling_movies(model_of_kinds(movies=12), count)) == min(count, 12)
