"""Scoring everyone at once says what would be said to each alone."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from batch_jobs import scoring, scoring_kernel
from batch_jobs.scoring import BestMovies, best_for_everyone, suggestions_for_everyone
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import Suggestion
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.fold_in import fold_in_ranking
from chalicelib.recommending.model import Model, RatingModel
from chalicelib.recommending.suggesting import suggest
from tests.benchmarks.synthetic import planted_ratings
from tests.factories import ranking_of, ratings_of, two_camps

Barred = Mapping[str, Collection[MovieId]]
FACTORS = 9


def drawn_model(movies: int, seed: int = 1) -> Model:
    """Movies 1, 2, … of which some are liked by most; a tenth cannot be suggested."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(0, 0.2, (movies, FACTORS)) * rng.random((movies, 1))
    factors[:, 0] += rng.random(movies) ** 4
    spread = rng.normal(0, 0.3, (40, 1 + FACTORS))
    return Model(
        movie_ids=np.arange(1, movies + 1, dtype=np.int32),
        suggestible=rng.random(movies) < 0.9,
        rating=RatingModel(
            mean=3.4,
            biases=rng.normal(0, 0.3, movies).astype(np.float32),
            factors=rng.normal(0, 0.2, (movies, FACTORS)).astype(np.float32),
            average_person=rng.normal(0, 0.1, 1 + FACTORS).astype(np.float32),
            precision=np.linalg.inv(spread.T @ spread).astype(np.float32),
            memory=20.0,
            doubt=rng.random(movies).astype(np.float32),
        ),
        ranking=ranking_of(factors, likes=rng.integers(0, 900, movies)),
    )


def alone(
    model: Model, ratings: RatingColumns, barred: Barred, count: int, wish: Wish = USUAL
) -> dict[str, list[Suggestion]]:
    said = {}
    for place, person in enumerate(ratings.people.tolist()):
        own = {MovieId(movie): stars for movie, stars in ratings_of(ratings, place).items()}
        if own:
            said[person] = suggest(model, own, barred.get(person, ()), count, wish)
    return said


def assert_same(everyone: dict[str, list[Suggestion]], alone: dict[str, list[Suggestion]]) -> None:
    assert list(everyone) == list(alone)
    for person, expected in alone.items():
        assert [s.movie_id for s in everyone[person]] == [s.movie_id for s in expected]
        assert [s.because_of for s in everyone[person]] == [s.because_of for s in expected]
        for one, other in zip(everyone[person], expected, strict=True):
            assert one.predicted_stars == pytest.approx(other.predicted_stars, abs=1e-4)


def test_everyone_gets_what_they_would_get_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ratings = two_camps(people=30)
    settings = TrainingSettings(RatingSettings(factors=8, epochs=30), RankingSettings(factors=4))
    model, _ = train_model(ratings, ratings.movie_ids[3:].tolist(), settings)
    barred = {"person-004": {MovieId(1000 + 7 * 30), MovieId(1000 + 7 * 31), MovieId(5)}}
    monkeypatch.setattr(scoring, "PEOPLE_AT_ONCE", 7)
    everyone = dict(suggestions_for_everyone(model, ratings, barred, 10))
    assert list(everyone) == [f"person-{n:03d}" for n in range(30)]
    assert_same(everyone, alone(model, ratings, barred, 10))
    for place, (person, suggestions) in enumerate(everyone.items()):
        suggested = {s.movie_id for s in suggestions}
        assert not suggested & {*ratings_of(ratings, place), *ratings.movie_ids[:3].tolist()}
        assert not suggested & set(barred.get(person, ()))


@pytest.mark.parametrize("count", [1, 20, 100, 5000])
def test_many_tiles_of_movies_and_few_or_many_likes_change_nothing(count: int) -> None:
    """Some people like more movies than are suggested to them, some fewer, some none that is known."""
    movies = 2 * scoring_kernel.TILE + 77
    model = drawn_model(movies)
    ratings = planted_ratings(people=60, movies=movies + 40, ratings=6000)
    unknown = np.isin(ratings.person, (3, 4))
    ratings.movie[unknown] = movies + np.arange(unknown.sum()) % 40
    rated_nothing = ratings.where(ratings.person != 5)
    barred = {str(ratings.people[place]): range(place, movies, 3) for place in (0, 3, 59)}
    bars: Barred = {person: [MovieId(movie) for movie in ids] for person, ids in barred.items()}
    everyone = dict(suggestions_for_everyone(model, rated_nothing, bars, count))
    assert_same(everyone, alone(model, rated_nothing, bars, count))
    assert str(ratings.people[5]) not in everyone


@pytest.mark.parametrize("wish", [Wish(adventure=0.6), Wish(order="predicted")])
def test_whatever_is_wished_everyone_gets_what_they_would_get_alone(wish: Wish) -> None:
    model, ratings = drawn_model(700), planted_ratings(people=40, movies=700, ratings=2000)
    (best,) = best_for_everyone(model, ratings, {}, 20, wish=wish)
    expected = alone(model, ratings, {}, 20, wish)
    assert expected != alone(model, ratings, {}, 20)
    for person, row in zip(ratings.people.tolist(), best.movies, strict=True):
        assert model.movie_ids[row].tolist() == [one.movie_id for one in expected[person]]


@pytest.mark.parametrize("kinds", [4, 700])
def test_equal_scores_stand_in_order_of_movie_however_many_there_are(kinds: int) -> None:
    model = drawn_model(1500)
    kind = np.random.default_rng(2).integers(0, kinds, 1500)
    factors, likes = model.ranking.factors[:kinds], model.ranking.likes[:kinds]
    model = replace(model, ranking=replace(model.ranking, factors=factors[kind], likes=likes[kind]))
    ratings = planted_ratings(people=20, movies=1500, ratings=400)
    (best,) = best_for_everyone(model, ratings, {}, 50)
    for person, row in enumerate(best.movies):
        rated = np.array(list(ratings_of(ratings, person))) - 1
        stars = np.array(list(ratings_of(ratings, person).values()), dtype=np.float32)
        taste = fold_in_ranking(model.ranking, rated, stars)
        popularity = (likes / model.ranking.people).astype(np.float32)
        scores = (factors @ taste.vector + taste.averageness * popularity)[kind]
        scores[~model.suggestible] = scores[rated] = -np.inf
        assert row.tolist() == np.argsort(-scores, kind="stable")[:50].tolist()


def test_movies_that_single_precision_cannot_tell_apart_are_in_their_order() -> None:
    """Their scores differ by less than its rounding, and there are more of them than are kept."""
    model = drawn_model(3000)
    factors = np.tile(model.ranking.factors[:1], (3000, 1))
    factors[:, 1:3] *= 1 + np.random.default_rng(2).integers(-3, 4, (3000, 2)).astype(np.float32) * 2.0**-23
    alike = np.full(3000, 100, dtype=np.int32)
    close = replace(model, ranking=replace(model.ranking, factors=factors, likes=alike))
    ratings = planted_ratings(people=10, movies=3000, ratings=200)
    assert len(np.unique(factors, axis=0)) > 40
    assert_same(dict(suggestions_for_everyone(close, ratings, {}, 30)), alone(close, ratings, {}, 30))


def collected(model: Model, ratings: RatingColumns, threads: int) -> list[BestMovies]:
    return list(best_for_everyone(model, ratings, {}, 20, threads))


def test_threads_change_neither_what_is_said_nor_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "PEOPLE_AT_ONCE", 7)
    model, ratings = drawn_model(600), planted_ratings(people=80, movies=600, ratings=2000)
    one, three = collected(model, ratings, 1), collected(model, ratings, 3)
    assert [best.people for best in one] == [slice(n, min(n + 7, 80)) for n in range(0, 80, 7)]
    for mine, other in zip(one, three, strict=True):
        assert mine.people == other.people
        np.testing.assert_array_equal(mine.movies, other.movies)
        np.testing.assert_array_equal(mine.stars, other.stars)
        np.testing.assert_array_equal(mine.reasons, other.reasons)


def test_what_is_missing_is_marked_so() -> None:
    model, ratings = drawn_model(30), planted_ratings(people=4, movies=30, ratings=40)
    (best,) = collected(replace(model, suggestible=np.arange(30) < 10), ratings, 1)
    assert best.movies.shape == best.stars.shape == best.reasons.shape == (4, 20)
    assert (best.movies < 10).all()
    assert (best.movies[:, 10:] == -1).all()
    np.testing.assert_array_equal(np.isnan(best.stars), best.movies == -1)
    assert (best.reasons[best.movies == -1] == -1).all()


def test_without_suggestible_movies_everyone_gets_an_empty_list() -> None:
    model, ratings = drawn_model(30), planted_ratings(people=4, movies=30, ratings=40)
    nothing = replace(model, suggestible=np.zeros(30, dtype=np.bool_))
    everyone = dict(suggestions_for_everyone(nothing, ratings, {}, 5))
    assert everyone == {person: [] for person in ratings.people.tolist()}


def test_only_a_few_blocks_are_made_before_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "PEOPLE_AT_ONCE", 1)
    made = 0
    fold_in = scoring_kernel.fold_in_rankings

    def counted(*given: Any) -> None:
        nonlocal made
        made += 1
        fold_in(*given)

    monkeypatch.setattr(scoring_kernel, "fold_in_rankings", counted)
    model, ratings = drawn_model(30), planted_ratings(people=100, movies=30, ratings=300)
    best = best_for_everyone(model, ratings, {}, 5, threads=2)
    next(best)
    del best  # waits for what is begun
    assert 1 <= made <= 6


def test_blas_has_its_threads_back_when_all_is_drawn() -> None:
    before = [library["num_threads"] for library in threadpool_info()]
    collected(drawn_model(30), planted_ratings(people=4, movies=30, ratings=40), 1)
    assert [library["num_threads"] for library in threadpool_info()] == before
