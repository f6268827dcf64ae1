"""What the model says to one person: right by the formulas, and right to the eye."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from chalicelib.domain.movie import MovieId
from chalicelib.domain.wish import Wish
from chalicelib.recommending.fold_in import believe, fold_in_ranking
from chalicelib.recommending.model import Model
from chalicelib.recommending.similar import similar_movies
from chalicelib.recommending.suggesting import predictions, suggest, top_positions
from tests.factories import ranking_of, ratings_of, two_camps

SMALL = TrainingSettings(RatingSettings(factors=8, epochs=30), RankingSettings(factors=4))


@pytest.fixture(scope="module")
def ratings() -> RatingColumns:
    return two_camps()


@pytest.fixture(scope="module")
def model(ratings: RatingColumns) -> Model:
    return train_model(ratings, None, SMALL)[0]


def predicted_stars(
    model: Model, ratings: dict[MovieId, float], movie_ids: list[MovieId]
) -> dict[MovieId, float]:
    return {movie: one.stars for movie, one in predictions(model, ratings, movie_ids).items()}


def in_even_camp(movie_id: int) -> bool:
    return (movie_id - 1000) // 7 % 2 == 0


def test_the_score_is_exactly_the_sum_of_its_reasons(model: Model) -> None:
    rated = np.arange(10)
    stars = np.array([5, 1, 4, 3, 4.5, 1, 5, 1, 5, 1], dtype=np.float32)
    ranking = model.ranking
    taste = fold_in_ranking(ranking, rated, stars)
    scores = model.ranking_rows.values @ np.append(taste.vector, taste.averageness)
    added = ranking.factors @ taste.shares
    taken = ranking.factors @ taste.aversion
    average = taste.averageness * ranking.popularity
    np.testing.assert_allclose(scores, average + added.sum(axis=1) + taken, atol=1e-6)
    assert taste.liked.tolist() == [0, 2, 4, 6, 8]


def test_folding_in_is_a_ridge_regression_on_the_singular_vectors(model: Model) -> None:
    """With V the singular vectors and S = σ² / (σ² + λ) the factors are V √S: then the closed form scores as
    what solves `min |row − x Vᵀ|² + Σ (λ/σ²) x²`, with no solving done."""
    ranking = replace(model.ranking, prior=0.0, length_damping=0.0)
    rated, stars = np.array([1, 5, 8]), np.array([5, 4, 1], dtype=np.float32)
    taste = fold_in_ranking(ranking, rated, stars)
    shrunk = np.square(ranking.factors.astype(float)).sum(axis=0)
    vectors = ranking.factors / np.sqrt(shrunk)
    row = np.zeros(len(model.movie_ids))
    row[rated] = np.array([1, 1, -ranking.dislike_weight]) * ranking.emphasis[rated]
    row[rated] *= np.exp(-np.array([2, 1, 0]) / ranking.memory)
    penalty = np.diag(1 / shrunk - 1)
    solved = np.linalg.solve(np.eye(len(shrunk)) + penalty, vectors.T @ row)
    np.testing.assert_allclose(ranking.factors @ taste.vector, vectors @ solved, atol=2e-3)


def test_folding_in_stars_solves_its_ridge_regression(model: Model) -> None:
    """At the solution the weighted errors pull as hard as the prior pulls back."""
    rated, stars = np.array([2, 3, 11]), np.array([5, 1, 3.5], dtype=np.float32)
    person = believe(model.rating, rated, stars).person
    design = np.column_stack((np.ones(3), model.rating.factors[rated]))
    errors = stars - model.rating.mean - model.rating.biases[rated] - design @ person
    weights = np.exp(-np.array([2, 1, 0]) / model.rating.memory)
    pulled_back = model.rating.precision @ (person - model.rating.average_person)
    np.testing.assert_allclose(design.T @ (weights * errors), pulled_back, atol=1e-4)


def test_without_ratings_one_is_the_average_person(model: Model) -> None:
    nothing = np.empty(0, dtype=np.intp)
    person = believe(model.rating, nothing, nothing.astype(np.float32)).person
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


@pytest.mark.parametrize(("stars", "likes"), [(1.0, 0), (3.0, 5), (5.0, 5)])
def test_strict_and_generous_people_both_have_likes(model: Model, stars: float, likes: int) -> None:
    taste = fold_in_ranking(model.ranking, np.arange(5), np.full(5, stars, dtype=np.float32))
    assert len(taste.liked) == likes


def test_a_dislike_takes_its_like_from_the_list(model: Model) -> None:
    even = [MovieId(1000 + 14 * n) for n in range(4)]
    liked: dict[MovieId, float] = {even[0]: 5.0, MovieId(1007): 5.0}
    without = [in_even_camp(one.movie_id) for one in suggest(model, liked, (), 10)]
    disliking = [
        in_even_camp(one.movie_id) for one in suggest(model, liked | dict.fromkeys(even[1:], 0.5), (), 10)
    ]
    assert sum(disliking) < sum(without)


def test_more_adventure_never_shows_better_known_movies(model: Model) -> None:
    rng = np.random.default_rng(4)
    movies = len(model.movie_ids)
    known = ranking_of(rng.uniform(0.1, 0.2, (movies, 4)), likes=rng.permutation(movies), people=60)
    varied = replace(model, ranking=known)
    shown = []
    for adventure in (0, 0.25, 0.5, 0.75, 1):
        chosen = suggest(varied, {MovieId(1000): 5.0}, (), 5, Wish(adventure))
        positions, _ = varied.positions(np.array([one.movie_id for one in chosen]))
        shown.append(float(known.popularity[positions].mean()))
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] < shown[0]


def test_by_predicted_stars_the_sure_ones_come_first(model: Model) -> None:
    doubtful = np.arange(len(model.movie_ids)) % 4 < 2
    unsure = replace(model, rating=replace(model.rating, doubt=np.where(doubtful, 3, 0).astype(np.float32)))
    liked = {MovieId(1000): 5.0, MovieId(1014): 5.0}
    chosen = suggest(unsure, liked, (), 10, Wish(order="predicted"))
    assert not doubtful[unsure.positions(np.array([one.movie_id for one in chosen]))[0]].any()
    stars = [one.predicted_stars for one in chosen]
    assert stars == sorted(stars, reverse=True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"adventure": -0.1}, "goes from 0 to 1"),
        ({"adventure": 1.1}, "goes from 0 to 1"),
        ({"order": "alphabet"}, "can be 'ranking'"),
    ],
)
def test_a_wish_that_cannot_be_granted_says_so(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Wish(**wrong)


def test_movies_like_one_are_those_the_same_people_like(model: Model) -> None:
    like = similar_movies(model, MovieId(1000), 10)
    assert len(like) == 10
    assert all(in_even_camp(movie) for movie in like)
    assert MovieId(1000) not in like


def test_a_movie_that_one_person_likes_is_not_like_everything(model: Model) -> None:
    """Going together by chance, as the twin of a movie that one person liked does, counts little."""
    likes = model.ranking.likes.copy()
    factors = model.ranking.factors.copy()
    likes[2], factors[2] = 1, factors[0]
    chancy = replace(model, ranking=replace(model.ranking, likes=likes, factors=factors))
    assert similar_movies(chancy, MovieId(1000), 1) != [MovieId(1014)]


def test_nothing_is_like_a_movie_that_nobody_likes_or_knows(model: Model) -> None:
    factors = model.ranking.factors.copy()
    factors[5] = 0
    unliked = replace(model, ranking=replace(model.ranking, factors=factors))
    assert similar_movies(unliked, MovieId(1035), 5) == []
    assert similar_movies(unliked, MovieId(99), 5) == []
    assert MovieId(1035) not in similar_movies(unliked, MovieId(1000), 50)


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


def test_a_model_file_cannot_bring_code_along(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    model.save(file)
    with np.load(file) as stored:
        parts = dict(stored)
    parts["rating_biases"] = np.array([Trap()], dtype=object)
    np.savez(file, **parts)
    with pytest.raises(ValueError, match="allow_pickle"):
        Model.load(file)


class Trap:
    """Unpickling it would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("the file was unpickled",)
