"""How well we know a person: every rating foretold from the others, and how far off that was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.recommending.accuracy import accuracy_of
from chalicelib.recommending.fold_in import Doubles, believe, predict_stars
from chalicelib.recommending.leave_one_out import leave_one_out
from chalicelib.recommending.model import RatingModel

MOVIES, FACTORS = 300, 6


def model_of(rng: np.random.Generator, memory: float) -> RatingModel:
    """A model of chance factors, whose people vary in correlated ways."""
    ways = rng.normal(size=(FACTORS + 1, FACTORS + 1))
    return RatingModel(
        mean=3.5,
        biases=rng.normal(0, 0.4, MOVIES).astype(np.float32),
        factors=rng.normal(0, 0.4, (MOVIES, FACTORS)).astype(np.float32),
        average_person=rng.normal(0, 0.1, FACTORS + 1).astype(np.float32),
        precision=(ways @ ways.T + np.eye(FACTORS + 1)).astype(np.float32),
        memory=memory,
        doubt=np.zeros(MOVIES, dtype=np.float32),
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.sampled_from([0, 1, 2, 31, 32, 33, 64, 150]),
    memory=st.sampled_from([2.0, 60.0, 1e9]),
)
def test_it_is_what_leaving_each_rating_out_in_turn_gives(seed: int, count: int, memory: float) -> None:
    rng = np.random.default_rng(seed)
    model = model_of(rng, memory)
    rated = rng.choice(MOVIES, count, replace=False)
    stars = (rng.integers(1, 11, count) / 2).astype(np.float32)
    each = [
        predict_stars(
            model, believe(model, np.delete(rated, j), np.delete(stars, j)).person, rated[j : j + 1]
        )[0]
        for j in range(count)
    ]
    assert leave_one_out(model, rated, stars) == pytest.approx(np.array(each), abs=1e-5)


def test_where_nothing_is_forgotten_it_is_the_closed_form_of_ridge_regression() -> None:
    rng = np.random.default_rng(1)
    model = model_of(rng, memory=1e12)
    rated = rng.choice(MOVIES, 80, replace=False)
    stars = (rng.integers(4, 8, 80) / 2).astype(np.float32)
    design: Doubles = np.column_stack((np.ones(80), model.factors[rated])).astype(np.float64)
    hat = design @ np.linalg.solve(design.T @ design + model.precision, design.T)
    known = believe(model, rated, stars).person
    residual = stars - (model.mean + model.biases[rated] + design @ known)
    left_out = stars - residual / (1 - np.diag(hat))
    assert leave_one_out(model, rated, stars) == pytest.approx(left_out.clip(0.5, 5), abs=1e-5)


def test_a_rating_has_no_part_in_its_own_prediction() -> None:
    rng = np.random.default_rng(2)
    model = model_of(rng, memory=20.0)
    rated = rng.choice(MOVIES, 50, replace=False)
    stars = (rng.integers(1, 11, 50) / 2).astype(np.float32)
    before = leave_one_out(model, rated, stars)
    stars[20] = 5.5 - stars[20]
    after = leave_one_out(model, rated, stars)
    assert after[20] == pytest.approx(before[20], abs=1e-6)
    assert np.abs(after - before).max() > 0.01


def test_accuracy_is_measured_in_stars_beside_a_plain_guess() -> None:
    predicted = np.array([3.9, 4.1, 4.2, 2.0])
    given_stars = np.array([4.0, 3.0, 5.0, 2.0])
    found = accuracy_of(predicted, given_stars, np.full(4, 3.5))
    assert found.count == 4
    assert found.error == pytest.approx((0.1 + 1.1 + 0.8 + 0) / 4)
    assert found.guess_error == pytest.approx((0.5 + 0.5 + 1.5 + 1.5) / 4)
    assert found.usually_within == pytest.approx(1.1)
    low, high = found.bins
    assert (low.stars, low.count, low.mean) == (2.0, 1, 2.0)
    assert (high.stars, high.count, high.mean) == (4.0, 3, 4.0)
    assert (high.low, high.high) == (3.5, 4.5)
