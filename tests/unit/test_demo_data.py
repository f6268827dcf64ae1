"""The demo catalogue, the fake people and the tastes planted in them."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds
from surprise import SVD, BaselineOnly, Dataset, Reader, accuracy
from threadpoolctl import threadpool_limits

from batch_jobs.demo.account import demo_ratings
from batch_jobs.demo.build_catalogue import (
    MOVIE_COUNT,
    Film,
    best_known,
    read_films,
    write_catalogue,
)
from batch_jobs.demo.catalogue import CATALOGUE_FILE, demo_movies
from batch_jobs.demo.people import fake_people
from batch_jobs.demo.tastes import fake_ratings, joining_times, planted_affinity
from chalicelib.domain.account import registration
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import PersonId, Rating, check_stars

PEOPLE, PER_PERSON, SEED = 1500, 60, 20


@pytest.fixture(scope="module")
def movies() -> list[Movie]:
    return demo_movies()


@pytest.fixture(scope="module")
def ratings(movies: list[Movie]) -> list[Rating]:
    return list(fake_ratings(movies, range(PEOPLE), PER_PERSON, SEED))


def test_the_demo_catalogue_is_complete_and_small(movies: list[Movie]) -> None:
    assert len(movies) == len({movie.movie_id for movie in movies}) == MOVIE_COUNT
    assert all(movie.year and movie.runtime and movie.genres and movie.directors for movie in movies)
    assert all(movie.cast for movie in movies if "Animation" not in movie.genres)
    assert len({genre for movie in movies for genre in movie.genres}) == 18
    assert CATALOGUE_FILE.stat().st_size <= 400_000


def test_well_known_films_are_in_the_demo_with_their_stars(movies: list[Movie]) -> None:
    by_title = {movie.title: movie for movie in reversed(movies)}
    assert {"Casablanca", "Psycho", "Jaws", "Blade Runner", "Toy Story", "Inception"} <= by_title.keys()
    assert by_title["The Matrix"].cast[:2] == ("Keanu Reeves", "Laurence Fishburne")


def test_the_committed_catalogue_is_what_its_script_writes(tmp_path: Path) -> None:
    package = pytest.importorskip("bokeh_sampledata")
    known = read_films(Path(package.__file__).parent / "_data" / "movies.db")
    write_catalogue(tmp_path / "again.gz", best_known(known, MOVIE_COUNT))
    assert (tmp_path / "again.gz").read_bytes() == CATALOGUE_FILE.read_bytes()


def test_prominent_people_lead_a_cast_that_came_by_first_name() -> None:
    extras = tuple(f"Extra {letter}" for letter in "ABCDEFGHIJKLMNOP")
    films = [
        Film(Movie(MovieId(1), "Epic", year=2000, cast=(*extras, "Zoe Star")), 1, 0, 9),
        Film(Movie(MovieId(2), "Duet", year=2001, cast=("Al Other", "Zoe Star")), 2, 0, 9),
    ]
    assert best_known(films, 1)[0].cast[0] == "Zoe Star"


def test_fake_ratings_look_like_ratings(ratings: list[Rating]) -> None:
    stars = np.array([check_stars(rating.stars) for rating in ratings])
    per_movie = np.sort(np.array(list(Counter(rating.movie_id for rating in ratings).values())))[::-1]
    per_person = np.array(list(Counter(rating.person_id for rating in ratings).values()))
    assert 3.4 < stars.mean() < 3.6
    assert 0.9 < stars.std() < 1.15
    assert len(set(stars)) == 10
    assert abs(len(ratings) / PEOPLE / PER_PERSON - 1) < 0.05
    assert per_movie[: MOVIE_COUNT // 10].sum() > 0.5 * len(ratings)
    assert per_person.max() > 3 * np.median(per_person)
    assert len({(rating.person_id, rating.movie_id) for rating in ratings}) == len(ratings)


def test_each_person_rates_in_order_of_time_after_joining(ratings: list[Rating]) -> None:
    moments: dict[str, list[int]] = defaultdict(list)
    for rating in ratings:
        moments[rating.person_id].append(rating.rated_at)
    for number, joined_at in enumerate(joining_times(range(PEOPLE), SEED)):
        own = moments[f"fake-{number}"]
        assert own == sorted(own)
        assert joined_at < own[0] <= own[-1] < 1_672_531_200_000 + 3 * 365 * 86_400_000


def test_a_persons_ratings_do_not_depend_on_who_else_is_asked_for(
    movies: list[Movie], ratings: list[Rating]
) -> None:
    wanted = {f"fake-{number}" for number in range(490, 520)}
    again = list(fake_ratings(movies, range(490, 520), PER_PERSON, SEED))
    assert again == [rating for rating in ratings if rating.person_id in wanted]
    assert list(fake_ratings(movies, range(490, 495), PER_PERSON, SEED + 1)) != again[: len(again) // 6]


def test_people_rate_what_they_like_higher(movies: list[Movie], ratings: list[Rating]) -> None:
    affinity = planted_affinity(movies, range(PEOPLE), SEED)
    column = {movie.movie_id: number for number, movie in enumerate(movies)}
    liking = [affinity[int(rating.person_id[5:]), column[rating.movie_id]] for rating in ratings]
    assert np.corrcoef(liking, [rating.stars for rating in ratings])[0, 1] > 0.6


def test_tastes_can_be_learned_from_the_ratings(movies: list[Movie], ratings: list[Rating]) -> None:
    """Suggestions by other people's ratings beat the popular films, and predictions beat averages."""
    column = {movie.movie_id: number for number, movie in enumerate(movies)}
    person = np.array([int(rating.person_id[5:]) for rating in ratings])
    film = np.array([column[rating.movie_id] for rating in ratings])
    stars = np.array([rating.stars for rating in ratings])
    held_out = np.random.default_rng(1).random(len(ratings)) < 0.15
    shape = (PEOPLE, len(movies))
    liked = ~held_out & (stars >= 4)
    likes = csr_matrix((np.ones(liked.sum(), np.float32), (person[liked], film[liked])), shape)
    seen = np.zeros(shape, dtype=bool)
    seen[person[~held_out], film[~held_out]] = True
    wanted = np.zeros(shape, dtype=bool)
    wanted[person[held_out & (stars >= 4)], film[held_out & (stars >= 4)]] = True

    with threadpool_limits(1, "blas"):
        decomposed: tuple[np.ndarray, ...] = svds(likes, k=32, rng=1)
    people, singular, films = decomposed
    popularity = np.tile(np.asarray(likes.sum(axis=0)), (PEOPLE, 1))
    by_taste = _ndcg(people * singular @ films, seen, wanted)
    assert by_taste > 2 * _ndcg(popularity, seen, wanted)

    rows = [(rating.person_id, rating.movie_id, rating.stars) for rating in ratings]
    train = [(*row, None) for row, out in zip(rows, held_out, strict=True) if not out]
    test = [row for row, out in zip(rows, held_out, strict=True) if out]
    data = Dataset(Reader(rating_scale=(0.5, 5)))
    trainset = data.construct_trainset(train)
    errors = [
        accuracy.rmse(model.fit(trainset).test(test), verbose=False)
        for model in (
            SVD(n_factors=32, n_epochs=30, lr_all=0.01, reg_all=0.06, random_state=1),
            BaselineOnly(verbose=False),
        )
    ]
    assert errors[0] < 0.95 * errors[1]


def _ndcg(scores: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> float:
    """Mean nDCG@10 of the people who have something held out."""
    top = np.argsort(-np.where(seen, -np.inf, scores), axis=1)[:, :10]
    discount = 1 / np.log2(np.arange(2, 12))
    gain = (np.take_along_axis(wanted, top, axis=1) * discount).sum(axis=1)
    held = wanted.sum(axis=1)
    best = np.cumsum(discount)[np.clip(held, 1, 10) - 1]
    return float((gain / best)[held > 0].mean())


def test_fake_people_have_names_and_addresses_of_their_own() -> None:
    people = list(fake_people(range(60_000), SEED))
    assert len({account.name for account in people}) == len({account.email for account in people}) == 60_000
    assert all(account.email.endswith("@example.com") for account in people)
    for account in people[::997]:
        checked = registration(account.name, account.email, "a password that is long enough")
        assert (checked.name, checked.email) == (account.name, account.email)


def test_more_fake_people_only_add() -> None:
    assert list(fake_people(range(700), SEED))[:30] == list(fake_people(range(30), SEED))


def test_the_demo_account_has_one_clear_taste(movies: list[Movie]) -> None:
    by_id = {movie.movie_id: movie for movie in movies}
    rated = demo_ratings(PersonId("demo"), movies)
    assert len({rating.movie_id for rating in rated}) == len(rated) == 25
    for rating in rated:
        movie = by_id[rating.movie_id]
        if rating.stars >= 4:
            assert {"Science Fiction", "Thriller"} & set(movie.genres)
            assert movie.year in range(1979, 2000)
        else:
            assert {"Romance", "Music"} & set(movie.genres)
