"""Training, and measuring on held-out ratings."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from batch_jobs.evaluation import evaluate
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from tests.factories import two_camps

SMALL = TrainingSettings(RatingSettings(factors=8, epochs=30), RankingSettings(factors=4))


def test_held_out_are_each_persons_newest() -> None:
    ratings = two_camps(people=20, per_person=15)
    held = ratings.held_out_newest(share=0.2)
    assert held.sum() == 20 * 3
    for person in range(20):
        own = ratings.person == person
        assert ratings.rated_at[own & held].min() > ratings.rated_at[own & ~held].max()


def test_people_with_few_ratings_keep_them_all() -> None:
    ratings = two_camps(people=5, per_person=4)
    assert not ratings.held_out_newest().any()
    with pytest.raises(ValueError, match="five ratings by one person are needed"):
        evaluate(ratings, SMALL)


def test_planted_tastes_are_found() -> None:
    evaluation = evaluate(two_camps(people=120), SMALL)
    assert evaluation.rmse < 0.6
    assert evaluation.ranking.ndcg10 > 1.5 * evaluation.popularity.ndcg10


def test_no_held_out_rating_leaks_into_the_model() -> None:
    """Stars of pure noise cannot be predicted; a model that had seen the held-out ones would seem to."""
    ratings = two_camps(people=200, per_person=20)
    ratings.stars[:] = np.random.default_rng(3).choice([1.0, 5.0], len(ratings))
    settings = replace(SMALL, rating=replace(SMALL.rating, factor_regularisation=0.001, epochs=60))
    evaluation = evaluate(ratings, settings)
    assert evaluation.rmse > 1.95
    assert evaluation.svd_rmse > 1.95


def test_training_twice_gives_the_same_model() -> None:
    first, _ = train_model(two_camps(), None, SMALL)
    second, _ = train_model(two_camps(), None, SMALL)
    assert np.array_equal(first.rating.factors, second.rating.factors)
    np.testing.assert_allclose(first.ranking.factors, second.ranking.factors, atol=1e-5)


def test_no_ratings_at_all_is_one_clear_sentence() -> None:
    with pytest.raises(ValueError, match="import or create some first"):
        RatingColumns.from_frame(pd.DataFrame(columns=["user_id", "movie_id", "stars", "rated_at"]))
