"""What a model is measured on it has never seen, and the figures are what they say."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_jobs.evaluating.cold_start import measure_cold_start
from batch_jobs.evaluating.intervals import Ratio, draws, interval
from batch_jobs.evaluating.ranking_metrics import (
    NOTHING,
    RECALL_AT,
    popular_lists,
    score_lists,
    shown_by_popularity,
    top_lists,
)
from batch_jobs.evaluating.scale import STARS, Scale
from batch_jobs.evaluating.splitting import Split, split_ratings
from batch_jobs.evaluating.star_metrics import calibration
from batch_jobs.evaluation import evaluate, measure, train_twin
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from tests.factories import two_camps

SMALL = TrainingSettings(RatingSettings(factors=8, epochs=30), RankingSettings(factors=4))


def columns(rows: list[tuple[str, int, float, int]]) -> RatingColumns:
    return RatingColumns.from_frame(pd.DataFrame(rows, columns=["user_id", "movie_id", "stars", "rated_at"]))


def pairs(ratings: RatingColumns) -> set[tuple[int, int]]:
    return set(zip(ratings.person.tolist(), ratings.movie.tolist(), strict=True))


def test_no_rating_is_on_both_sides_and_none_is_lost() -> None:
    ratings = two_camps(people=30)
    split = split_ratings(ratings)
    assert not pairs(split.train) & pairs(split.held_out)
    assert pairs(split.train) | pairs(split.held_out) == pairs(ratings)
    assert split.how == "newest"


def test_without_times_the_lot_decides_and_the_same_way_each_time() -> None:
    ratings = two_camps(people=200, per_person=10)
    ratings.rated_at[:] = 7
    split = split_ratings(ratings)
    assert split.how == "random"
    assert np.diff(split.held_out.person_starts()).tolist() == [2] * 200
    place_in_own = np.tile(np.arange(10), 200)[ratings.held_out_newest()]
    assert np.bincount(place_in_own, minlength=10).min() > 15
    assert pairs(split_ratings(ratings).held_out) == pairs(split.held_out)
    assert pairs(split_ratings(ratings, seed=21).held_out) != pairs(split.held_out)


def test_among_ratings_of_the_same_time_the_lot_decides_but_newer_ones_come_first() -> None:
    rows = [(f"p{n:03d}", movie, 3.0, 50) for n in range(100) for movie in range(8)]
    rows += [(f"p{n:03d}", 8, 3.0, 60) for n in range(100)] + [(f"p{n:03d}", 9, 3.0, 40) for n in range(100)]
    ratings = columns(rows)
    held = ratings.where(ratings.held_out_newest())
    assert np.bincount(held.movie, minlength=10)[8] == 100
    assert np.bincount(held.movie, minlength=10)[9] == 0
    assert np.bincount(held.movie, minlength=10)[:8].min() > 3


def test_altering_held_out_stars_changes_nothing_about_the_twin() -> None:
    ratings = two_camps(people=80)
    held = ratings.held_out_newest()
    altered = replace(ratings, stars=np.where(held, 5.5 - ratings.stars, ratings.stars).astype(np.float32))
    (twin, svd), (same, same_svd) = (train_twin(split_ratings(one), SMALL) for one in (ratings, altered))
    assert np.array_equal(twin.rating.factors, same.rating.factors)
    assert np.array_equal(twin.rating.biases, same.rating.biases)
    assert twin.rating.mean == same.rating.mean
    np.testing.assert_allclose(twin.ranking.factors, same.ranking.factors, atol=1e-5)
    assert svd.train_rmse == same_svd.train_rmse
    assert svd.held_out_rmse != same_svd.held_out_rmse
    honest, fooled = evaluate(ratings, SMALL), evaluate(altered, SMALL)
    assert fooled.popularity.coverage == honest.popularity.coverage
    assert fooled.rmse > honest.rmse + 1


def test_a_leak_would_show() -> None:
    """The test above can fail: here the held-out ratings are among those trained on."""
    ratings = two_camps(people=80)
    held = ratings.held_out_newest()
    split = Split(ratings, ratings.where(held), "newest")
    turned = replace(ratings, stars=np.where(held, 5.5 - ratings.stars, ratings.stars).astype(np.float32))
    leaking = Split(turned, turned.where(held), "newest")
    assert not np.array_equal(
        train_twin(split, SMALL)[0].rating.factors, train_twin(leaking, SMALL)[0].rating.factors
    )


def test_watching_the_twin_learn_does_not_change_what_it_learns() -> None:
    split = split_ratings(two_camps(people=80))
    watched, svd = train_twin(split, SMALL)
    plain, _ = train_model(split.train, None, SMALL)
    assert np.array_equal(watched.rating.factors, plain.rating.factors)
    curve = svd.curve()
    assert len(curve.train_rmse) == len(curve.held_out_rmse) == 30
    errors = svd.stars_of(split.train.person, split.train.movie) - split.train.stars
    assert curve.train_rmse[-1] == pytest.approx(np.sqrt(np.square(errors).mean()), rel=1e-4)
    errors = svd.stars_of(split.held_out.person, split.held_out.movie) - split.held_out.stars
    assert curve.held_out_rmse[-1] == pytest.approx(np.sqrt(np.square(errors).mean()), rel=1e-4)


def test_ranking_figures_by_hand() -> None:
    """Two people: one whose likes stand first and third, one without a like."""
    popularity = np.array([8, 4, 2, 1, 0])
    likes = columns([("a", 0, 5.0, 1), ("a", 2, 5.0, 2), ("b", 4, 1.0, 1)]).where(
        np.array([True, True, False])
    )
    likes = replace(likes, movie=np.array([0, 2], dtype=np.int32))
    lists = np.full((2, RECALL_AT), NOTHING, dtype=np.int32)
    lists[0, :3] = [0, 1, 2]
    lists[1, :1] = [4]
    scored = score_lists(lists, likes, popularity, raters=8)
    found = scored.metrics()
    assert found.ndcg10 == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)))
    assert found.recall10 == found.recall20 == 1
    assert found.coverage == 4 / 5
    assert found.novelty == pytest.approx(((0 + 1 + 2) / 3 + 3) / 2)


def test_popular_lists_and_top_lists_agree_and_never_show_what_was_seen() -> None:
    seen = two_camps(people=40)
    popularity = np.random.default_rng(1).permutation(40)
    popular = popular_lists(popularity, seen)
    by_score = top_lists(
        lambda some: np.tile(popularity.astype(np.float32), (some.stop - some.start, 1)), seen, 40
    )
    assert np.array_equal(popular, by_score)
    for person in range(40):
        assert not set(popular[person].tolist()) & set(seen.movie[seen.person == person].tolist())


def test_lists_end_where_there_are_no_more_movies() -> None:
    seen = two_camps(people=10, movies=16, per_person=15)
    for lists in (
        popular_lists(np.arange(16), seen),
        top_lists(lambda some: np.zeros((some.stop - some.start, 16)), seen, 16),
    ):
        assert np.count_nonzero(lists != NOTHING, axis=1).tolist() == [1] * 10


def test_what_is_shown_falls_into_groups_by_popularity() -> None:
    popularity = np.arange(100)[::-1]
    assert shown_by_popularity(np.array([0, 1, 4, 5, 99]), popularity) == [0.2, 0.4, 0.2, 0.0, 0.2]


def test_a_calibrated_prediction_has_no_calibration_error() -> None:
    stars = np.random.default_rng(1).uniform(0.5, 5, 5000)
    assert calibration(stars, stars, STARS).error == 0
    found = calibration(stars, stars + 0.25, STARS)
    assert found.error == pytest.approx(0.25)
    assert sum(one.ratings for one in found.bins) == 5000
    assert all(one.low <= one.predicted <= one.high for one in found.bins)


def test_the_interval_is_that_of_the_mean_over_people() -> None:
    values = np.random.default_rng(1).normal(3, 2, 2000)
    low, high = interval(draws({"mean": Ratio(values, np.ones(2000))})["mean"])
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.02)
    assert high - low == pytest.approx(2 * 1.96 * 2 / np.sqrt(2000), rel=0.15)


def test_people_are_drawn_not_ratings() -> None:
    """A hundred ratings of each person that are all alike tell no more than one of each."""
    values = np.random.default_rng(1).normal(3, 2, 500)
    one, many = (Ratio(values * n, np.full(500, float(n))) for n in (1, 100))
    drawn = draws({"one": one, "many": many})
    np.testing.assert_allclose(drawn["one"], drawn["many"])


def test_the_same_figures_come_out_twice() -> None:
    first, second = (evaluate(two_camps(people=60), SMALL) for _ in range(2))
    assert first.intervals == second.intervals
    assert first.rmse == second.rmse
    assert first.calibration == second.calibration


def test_the_model_is_told_apart_from_popularity_and_by_number_of_ratings() -> None:
    rows = two_camps(people=60, per_person=15)
    short = rows.where((rows.person % 2 == 0) | (np.arange(len(rows)) % 15 < 8))
    found = evaluate(short, SMALL)
    assert found.ndcg10_over_popularity[1][0] > 0
    assert [(one.fewest, one.most, one.people) for one in found.by_ratings] == [(1, 9, 30), (10, 19, 30)]
    low, high = found.intervals["rmse"]
    assert low < found.rmse < high
    assert sum(one.people for one in found.by_ratings) == found.people == 60


def test_ratings_on_another_scale_are_measured_in_its_units() -> None:
    ratings = two_camps(people=60)
    hundred = Scale(0, 100)
    percent = (ratings.stars - 0.5) / 4.5 * 100
    np.testing.assert_allclose(hundred.to_stars(percent), ratings.stars, atol=1e-5)
    in_stars = evaluate(ratings, SMALL)
    in_percent = evaluate(ratings, SMALL, hundred)
    assert in_percent.rmse == pytest.approx(in_stars.rmse * 100 / 4.5)
    assert in_percent.ranking.ndcg10 == pytest.approx(in_stars.ranking.ndcg10, abs=1e-6)
    assert in_percent.calibration.bins[-1].high == 100


@given(st.floats(-1000, 1000), st.floats(0.01, 1000))
def test_a_scale_goes_there_and_back(lowest: float, width: float) -> None:
    scale = Scale(lowest, lowest + width)
    given_ratings = np.linspace(scale.lowest, scale.highest, 7)
    stars = scale.to_stars(given_ratings)
    assert stars.min() >= 0.5
    assert stars.max() <= 5
    np.testing.assert_allclose(
        scale.from_stars(stars.astype(np.float64)), given_ratings, atol=1e-5 * (abs(lowest) + width)
    )


def test_a_sample_of_people_is_the_same_one_after_the_other() -> None:
    split = split_ratings(two_camps(people=100))
    fewer = split_ratings(two_camps(people=100).where(np.arange(1500) >= 15))
    some = set(split.train.people[split.measured_people(40)].tolist())
    again = set(fewer.train.people[fewer.measured_people(40)].tolist())
    assert len(some) == len(again) == 40
    assert len(some & again) >= 39


def test_few_people_measured_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring some people gives each of them the figures they have among all."""
    split = split_ratings(two_camps(people=60))
    _, everyone = measure(split, SMALL)
    monkeypatch.setattr(Split, "measured_people", lambda _: np.array([3, 10, 41]))
    evaluation, some = measure(split, SMALL)
    assert evaluation.people == 3
    assert some.people.tolist() == everyone.people[[3, 10, 41]].tolist()
    np.testing.assert_allclose(some.squared_error, everyone.squared_error[[3, 10, 41]], rtol=1e-6)
    np.testing.assert_allclose(some.ndcg10, everyone.ndcg10[[3, 10, 41]], rtol=1e-6)


def test_new_people_are_measured_by_a_model_that_never_met_them() -> None:
    """In two camps a few ratings tell which; where likes are drawn by lot nothing does."""
    ratings = two_camps(people=100, per_person=12)
    cold = measure_cold_start(ratings, RankingSettings(factors=4))
    assert [one.ratings for one in cold] == [1, 3, 5, 10]
    assert all(one.people <= 100 for one in cold)
    assert cold[2].ndcg10 > 1.3 * cold[2].popularity
    assert cold[2].over_popularity[0] > 0
    ratings.stars[:] = np.random.default_rng(1).choice([1.0, 5.0], len(ratings))
    by_lot = measure_cold_start(ratings, RankingSettings(factors=4))
    assert all(one.over_popularity[0] < 0.05 for one in by_lot)


def test_too_few_people_are_not_measured_as_new() -> None:
    assert measure_cold_start(two_camps(people=1), RankingSettings(factors=4)) == []


def test_what_else_can_be_asked_for_is_measured() -> None:
    wishes = evaluate(two_camps(people=60), SMALL).wishes
    assert wishes.keys() == {"adventure 0.5", "adventure 1", "by predicted stars"}
    assert all(0 < one.ndcg10 <= 1 for one in wishes.values())
