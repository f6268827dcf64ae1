"""What the model says to one person: right by the formulas, and right to the eye."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from chalicelib.domain.movie import MovieId
from chalicelib.recommending.fold_in import fold_in_ranking, fold_in_rating
from chalicelib.recommending.model import Model
from chalicelib.recommending.suggesting import predicted_stars, suggest, top_positions
from tests.factories import ratings_of, two_camps

SMALL = TrainingSettings(
    RatingSettings(factors=8, epochs=30), RankingSettings(factors=4, regularisation=5.0, ridge=5.0)
)


@pytest.fixture(scope="module")
def ratings() -> RatingColumns:
    return two_camps()


@pytest.fixture(scope="module")
def model(ratings: RatingColumns) -> Model:
    return train_model(ratings, None, SMALL)[0]


def in_even_camp(movie_id: int) -> bool:
    return (movie_id - 1000) // 7 % 2 == 0


def test_the_score_is_exactly_the_sum_of_its_reasons(model: Model) -> None:
    rated = np.arange(10)
    stars = np.array([5, 1, 4, 2, 4.5, 1, 5, 1, 5, 1], dtype=np.float32)
    taste = fold_in_ranking(model, rated, stars)
    without_likes = fold_in_ranking(model, rated[:0], stars[:0])
    scores = model.ranking.factors @ taste.vector
    added = model.ranking.factors @ taste.shares
    gram = model.gram + model.ranking.like_weight * (
        model.ranking.factors[taste.liked].T.astype(float) @ model.ranking.factors[taste.liked]
    )
    base = model.ranking.factors @ np.linalg.solve(
        gram + model.ranking.ridge * np.eye(len(gram)), model.ranking.ridge * model.ranking.mean_person
    )
    np.testing.assert_allclose(scores, base + added.sum(axis=1), atol=1e-6)
    assert taste.liked.tolist() == [0, 2, 4, 6, 8]
    assert not np.allclose(taste.vector, without_likes.vector)


def test_folding_in_is_the_person_step_of_als(model: Model) -> None:
    """With its ridge at zero instead of the mean person it gives the library's own person factors."""
    from implicit.als import AlternatingLeastSquares

    liked = np.array([1, 5, 9])
    centred_at_zero = replace(
        model, ranking=replace(model.ranking, mean_person=np.zeros_like(model.ranking.mean_person))
    )
    mine = fold_in_ranking(centred_at_zero, liked, np.full(3, 5, dtype=np.float32)).vector
    als = AlternatingLeastSquares(factors=4, alpha=1.0, regularization=model.ranking.ridge)
    als.item_factors = model.ranking.factors
    confidence = np.full(3, 1 + model.ranking.like_weight, dtype=np.float32)
    likes = csr_matrix((confidence, ([0, 0, 0], liked)), shape=(1, len(model.movie_ids)))
    np.testing.assert_allclose(mine, als.recalculate_user(0, likes).ravel(), rtol=1e-3, atol=1e-5)


def test_folding_in_stars_solves_its_ridge_regression(model: Model) -> None:
    """At the solution the weighted errors pull as hard as the prior pulls back."""
    rated, stars = np.array([2, 3, 11]), np.array([5, 1, 3.5], dtype=np.float32)
    person = fold_in_rating(model.rating, rated, stars)
    design = np.column_stack((np.ones(3), model.rating.factors[rated]))
    errors = stars - model.rating.mean - model.rating.biases[rated] - design @ person
    weights = np.exp(-np.array([2, 1, 0]) / model.rating.memory)
    pulled_back = model.rating.precision @ (person - model.rating.average_person)
    np.testing.assert_allclose(design.T @ (weights * errors), pulled_back, atol=1e-4)


def test_without_ratings_one_is_the_average_person(model: Model) -> None:
    nothing = np.empty(0, dtype=np.intp)
    person = fold_in_rating(model.rating, nothing, nothing.astype(np.float32))
    np.testing.assert_allclose(person, model.rating.average_person, atol=1e-7)


def test_what_one_rated_last_counts_most(model: Model) -> None:
    """Somebody who changes camps is expected to stay in the one they came to."""
    forgetful = replace(model, rating=replace(model.rating, memory=4.0))
    even, odd = ([MovieId(1000 + 7 * (2 * n + camp)) for n in range(11)] for camp in (0, 1))
    as_even = dict.fromkeys(even[:5], 5.0) | dict.fromkeys(odd[:5], 1.5)
    as_odd = dict.fromkeys(even[5:10], 1.5) | dict.fromkeys(odd[5:10], 5.0)
    asked = [even[10], odd[10]]
    became_odd = predicted_stars(forgetful, as_even | as_odd, asked)
    became_even = predicted_stars(forgetful, as_odd | as_even, asked)
    assert became_odd[odd[10]] > became_odd[even[10]] + 1
    assert became_even[even[10]] > became_even[odd[10]] + 1


def test_each_camp_is_shown_its_own_movies(model: Model) -> None:
    for camp in (0, 1):
        liked = {MovieId(1000 + 7 * (2 * n + camp)): 5.0 for n in range(4)}
        top = suggest(model, liked, (), 8)
        assert all(in_even_camp(s.movie_id) == (camp == 0) for s in top)
        assert {s.because_of for s in top} <= liked.keys()
        assert all(s.predicted_stars > 4 for s in top)


def test_predictions_differ_between_people_and_between_movies(model: Model, ratings: RatingColumns) -> None:
    ids = [MovieId(int(i)) for i in model.movie_ids]
    first = predicted_stars(model, {MovieId(k): v for k, v in ratings_of(ratings, 0).items()}, ids)
    second = predicted_stars(model, {MovieId(k): v for k, v in ratings_of(ratings, 1).items()}, ids)
    assert np.ptp(list(first.values())) > 1
    assert all(abs(first[movie] - second[movie]) > 1 for movie in ids)
    assert {round(s, 3) for s in first.values()} != {5.0}


def test_the_ids_trained_on_are_the_ids_predicted_on() -> None:
    """One movie that everybody loves, far along the list of ids, must be the one predicted highest."""
    ratings = two_camps()
    loved = ratings.movie == 33
    ratings.stars[:] = np.where(loved, 5.0, 2.0)
    model, svd = train_model(ratings, None, SMALL)
    best = suggest(model, {MovieId(1000): 2.0}, (), 40)
    favourite = max(best, key=lambda s: s.predicted_stars)
    assert favourite.movie_id == 1000 + 7 * 33
    assert svd.predict(0, 33).est > svd.predict(0, 32).est + 0.5


def test_a_rating_changes_what_is_suggested(model: Model) -> None:
    before = [s.movie_id for s in suggest(model, {MovieId(1000): 5.0}, (), 10)]
    after = [s.movie_id for s in suggest(model, {MovieId(1000): 5.0, MovieId(1007): 5.0}, (), 10)]
    assert before != after


def test_rated_and_marked_movies_are_never_suggested(model: Model) -> None:
    rated = {MovieId(int(i)): 4.0 for i in model.movie_ids[:20]}
    marked = [MovieId(int(i)) for i in model.movie_ids[20:30]]
    assert {s.movie_id for s in suggest(model, rated, marked, 100)} == {int(i) for i in model.movie_ids[30:]}


def test_asking_for_more_than_there_are_ends(model: Model) -> None:
    everything = {MovieId(int(i)): 3.0 for i in model.movie_ids}
    assert suggest(model, everything, (), 100) == []
    assert len(suggest(model, {}, (), 10_000)) == len(model.movie_ids)


def test_movies_the_catalogue_lacks_teach_but_are_not_suggested(ratings: RatingColumns) -> None:
    known = ratings.movie_ids[::2].tolist()
    model, _ = train_model(ratings, known, SMALL)
    assert {s.movie_id for s in suggest(model, {}, (), 100)} == set(known)


def test_ratings_of_movies_new_to_the_model_do_no_harm(model: Model) -> None:
    assert suggest(model, {MovieId(99_999_999): 5.0}, [MovieId(5)], 5) == suggest(model, {}, (), 5)
    assert predicted_stars(model, {}, [MovieId(3), MovieId(1000)]).keys() == {1000}


def test_strict_and_generous_people_both_have_likes(model: Model) -> None:
    for stars in (1.0, 3.0, 5.0):
        taste = fold_in_ranking(model, np.arange(5), np.full(5, stars, dtype=np.float32))
        assert len(taste.liked) == 5


def test_a_saved_model_says_the_same(model: Model, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("model") / "model.npz"
    model.save(file)
    loaded = Model.load(file)
    rated = {MovieId(1000): 5.0, MovieId(1021): 1.0}
    assert suggest(loaded, rated, (), 20) == suggest(model, rated, (), 20)


@given(
    hnp.arrays(
        np.float64, st.integers(0, 60), elements=st.one_of(st.just(-np.inf), st.integers(-3, 3).map(float))
    ),
    st.integers(1, 70),
)
def test_the_top_is_what_a_full_sort_gives_with_ties_in_order(
    scores: NDArray[np.float64], count: int
) -> None:
    expected = [i for i in np.argsort(-scores, kind="stable") if np.isfinite(scores[i])][:count]
    assert top_positions(scores, count).tolist() == expected
