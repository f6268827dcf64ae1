"""How sure a prediction is: the closed form is the posterior, and what it states comes true."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from batch_jobs.card import figures_in_words
from batch_jobs.evaluation import evaluate
from batch_jobs.scoring import suggestions_for_everyone
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from batch_jobs.training.scatter import learn_scatter
from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import pack_suggestions
from chalicelib.recommending.fold_in import Doubles, believe, margins
from chalicelib.recommending.model import USUAL_SCATTER, Model, RatingModel, Scatter
from chalicelib.recommending.reasons import reasons_for
from chalicelib.recommending.suggesting import predictions, suggest
from tests.benchmarks.synthetic import planted_ratings
from tests.factories import ratings_of, two_camps

SMALL = TrainingSettings(RatingSettings(factors=4, epochs=30), RankingSettings(factors=4))
MOVIES = 60


@pytest.fixture(scope="module")
def planted() -> RatingColumns:
    """Half of the people rate as the model would have it but for little noise, the others are moody."""
    ratings = planted_ratings(people=400, movies=MOVIES, ratings=12_000)
    rng = np.random.default_rng(8)
    taste, kind = rng.normal(0, 0.6, (400, 2)), rng.normal(0, 0.6, (MOVIES, 2))
    noise = np.where(ratings.person % 2, 1.0, 0.2) * rng.normal(size=len(ratings))
    agreement = (taste[ratings.person] * kind[ratings.movie % MOVIES]).sum(axis=1)
    stars = 3.2 + agreement + noise
    return replace(ratings, stars=stars.clip(0.5, 5).astype(np.float32))


@pytest.fixture(scope="module")
def model(planted: RatingColumns) -> Model:
    return train_model(planted, None, SMALL)[0]


def some_ratings(rating: RatingModel, count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    rng = np.random.default_rng(count)
    rated = rng.choice(len(rating.biases), count, replace=False)
    return rated, (rng.integers(1, 11, count) / 2).astype(np.float32)


@pytest.mark.parametrize("count", [0, 1, 7, 40])
def test_the_margin_is_that_of_the_posterior_found_by_brute_force(model: Model, count: int) -> None:
    """One rating after the other, each by Bayes' rule for a normal mean and variance, without any matrix
    being solved: a rank-one update each, with what it says of the variance summed up on the way."""
    rating = model.rating
    rated, stars = some_ratings(rating, count)
    mean = rating.average_person.astype(float)
    covariance: Doubles = np.linalg.inv(rating.precision.astype(float))
    left, counted = rating.scatter.variance * rating.scatter.weight, rating.scatter.weight
    for place, (movie, given_stars) in enumerate(zip(rated, stars, strict=True)):
        weight = np.exp(-(count - 1 - place) / rating.memory)
        row = np.append(1.0, rating.factors[movie])
        error = given_stars - rating.mean - rating.biases[movie] - row @ mean
        expected = row @ covariance @ row + 1 / weight
        gain = covariance @ row / expected
        mean += gain * error
        covariance -= np.outer(gain, row @ covariance)
        left += error**2 / expected
        counted += weight
    belief = believe(rating, rated, stars)
    np.testing.assert_allclose(belief.person, mean, atol=1e-4)
    asked = np.arange(MOVIES)
    rows: Doubles = np.column_stack((np.ones(MOVIES), rating.factors))
    variance = left / counted * (1 + np.einsum("mi,ij,mj->m", rows, covariance, rows))
    variance += rating.scatter.doubt_weight * rating.doubt**2
    np.testing.assert_allclose(
        margins(rating, belief, asked), rating.scatter.most * np.sqrt(variance), rtol=1e-3
    )


def test_more_ratings_and_better_known_movies_are_surer(model: Model) -> None:
    rating = replace(model.rating, memory=1e9, scatter=replace(model.rating.scatter, weight=1e9))
    rated, stars = some_ratings(rating, 30)
    asked = np.arange(MOVIES)
    few, many = (margins(rating, believe(rating, rated[:n], stars[:n]), asked) for n in (3, 30))
    assert (many < few).all()
    doubtful = replace(rating, doubt=rating.doubt + np.float32(0.5))
    assert (margins(doubtful, believe(doubtful, rated, stars), asked) > many).all()


def test_moody_people_are_predicted_less_surely(model: Model, planted: RatingColumns) -> None:
    asked = [MovieId(int(model.movie_ids[3]))]
    widths = []
    for person in range(80):
        own = {MovieId(movie): stars for movie, stars in ratings_of(planted, person).items()}
        own.pop(asked[0], None)
        widths.append(predictions(model, own, asked)[asked[0]].margin)
    assert np.median(widths[1::2]) > 1.5 * np.median(widths[0::2])


def test_the_stated_share_of_held_out_ratings_lies_within_the_margin(planted: RatingColumns) -> None:
    found = evaluate(planted, SMALL)
    assert found.within50 == pytest.approx(0.5, abs=0.04)
    assert found.within80 == pytest.approx(0.8, abs=0.04)
    low, high = found.intervals["within80"]
    assert low < found.within80 < high
    assert all(group.within80 == pytest.approx(0.8, abs=0.08) for group in found.by_ratings)
    assert list(found.within80_when_new) == [0, 1, 3, 5, 10, 20]
    assert all(share == pytest.approx(0.8, abs=0.08) for share in found.within80_when_new.values())
    words = figures_in_words(found)
    assert f"within 80 % margin {found.within80:.3f}" in words


def test_without_anything_to_learn_from_the_scatter_is_the_usual() -> None:
    ratings = two_camps(people=4, per_person=4)
    scatter = learn_scatter(ratings, lambda _: pytest.fail("there is nothing to train a twin for"), 1)
    assert scatter.weight == pytest.approx(USUAL_SCATTER.weight)
    assert scatter.variance == pytest.approx(0.7 * ratings.stars.var(), rel=1e-4)
    assert (scatter.half, scatter.most) == pytest.approx((0.674, 1.282), abs=0.03)


def test_what_few_ratings_say_is_held_to_what_is_usual(planted: RatingColumns) -> None:
    few = planted.of_people(np.arange(2))
    scatter = train_model(few, None, SMALL)[0].rating.scatter
    assert 0.05 < scatter.variance < 5
    assert 1 < scatter.weight < 50
    assert 1 < scatter.most < 2


def test_the_nightly_job_and_the_api_keep_the_very_same_bytes(model: Model, planted: RatingColumns) -> None:
    everyone = dict(suggestions_for_everyone(model, planted, {}, 30))
    for place, person in enumerate(planted.people.tolist()):
        own = {MovieId(movie): stars for movie, stars in ratings_of(planted, place).items()}
        alone = suggest(model, own, (), 30)
        assert pack_suggestions(everyone[person]) == pack_suggestions(alone)
        again = predictions(model, own, [one.movie_id for one in alone])
        assert [again[one.movie_id].margin for one in alone] == pytest.approx([s.margin for s in alone])


def test_a_model_of_the_former_format_is_served_with_the_usual_scatter(
    model: Model, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("model") / "model.npz"
    assert model.rating.scatter != USUAL_SCATTER
    model.save(file)
    assert Model.load(file).rating.scatter == model.rating.scatter
    with np.load(file) as stored:
        former = {name: stored[name] for name in stored.files if name != "rating_scatter"}
    np.savez(file, **(former | {"format": 3}))
    assert Model.load(file).rating.scatter == USUAL_SCATTER
    np.savez(file, **(former | {"format": 2}))
    with pytest.raises(ValueError, match="model format 2; this code reads 4"):
        Model.load(file)


def test_somebodys_own_ratings_outweigh_the_usual_variance_in_the_end() -> None:
    scatter = Scatter(variance=1.0, weight=5.0, doubt_weight=0.0, half=0.67, most=1.28)
    assert scatter.about(0.0, 0.0) == 1
    assert scatter.about(0.0, 45.0) == pytest.approx(0.1)


own_ratings = st.dictionaries(
    st.integers(0, MOVIES - 1), st.integers(1, 10).map(lambda halves: halves / 2), max_size=40
)


@settings(deadline=None)
@given(own_ratings, st.integers(0, MOVIES - 1), st.integers(0, 6))
def test_the_reasons_add_up_to_the_score_that_ranks(
    model: Model, rated: dict[int, float], asked: int, most: int
) -> None:
    own = {MovieId(int(model.movie_ids[place])): stars for place, stars in rated.items() if place != asked}
    movie = MovieId(int(model.movie_ids[asked]))
    reasons = reasons_for(model, own, movie, most)
    assert reasons is not None
    adds, takes = ([one.adds for one in shares] for shares in (reasons.added, reasons.taken))
    assert reasons.score == pytest.approx(reasons.average + sum(adds) + sum(takes) + reasons.others, abs=1e-9)
    assert adds == sorted(adds, reverse=True)
    assert takes == sorted(takes)
    assert all(one > 0 for one in adds)
    assert all(one < 0 for one in takes)
    assert len(adds) <= most
    assert len(takes) <= most
    named = [one.movie_id for one in (*reasons.added, *reasons.taken)]
    assert len(set(named)) == len(named)
    assert set(named) <= own.keys()
    listed = suggest(model, own, (), MOVIES)
    scores = [found.score for one in listed if (found := reasons_for(model, own, one.movie_id, most))]
    assert (np.diff(scores) <= 1e-9).all()


def test_the_loudest_reason_is_the_one_that_is_told_with_the_suggestion(
    model: Model, planted: RatingColumns
) -> None:
    likes = {MovieId(movie): stars for movie, stars in ratings_of(planted, 5).items() if stars >= 4}
    for one in suggest(model, likes, (), 10):
        reasons = reasons_for(model, likes, one.movie_id, 3)
        assert reasons is not None
        assert one.because_of == (reasons.added[0].movie_id if reasons.added else None)


def test_a_movie_that_is_new_to_the_model_has_no_reasons(model: Model) -> None:
    assert reasons_for(model, {}, MovieId(99_999_999), 3) is None
