"""Loading the demo: catalogue, fake people with their ratings, and the account to look at them with."""

import pytest

from batch_jobs.catalogue import publish_movies
from batch_jobs.demo.account import DEMO_EMAIL, create_demo_account
from batch_jobs.demo.catalogue import demo_movies
from batch_jobs.demo.people import create_fake_people, fake_people
from batch_jobs.demo.ratings import create_fake_ratings, movies_by_fame
from batch_jobs.demo.tastes import fake_ratings
from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services.accounts import account_of, log_in
from chalicelib.services.passwords import NOBODY
from chalicelib.storage.ratings import put_rating, ratings_of

PASSWORD = "a password for the demo"


@pytest.fixture(autouse=True, scope="module")
def loaded(aws: None) -> None:  # noqa: ARG001
    publish_movies([*demo_movies()[:400], Movie(MovieId(1), "Carmencita", year=1894)])


def test_fake_people_have_accounts_that_nobody_can_log_in_to() -> None:
    assert create_fake_people(30, 20).written == 60
    somebody = next(fake_people(range(29, 30), 20))
    assert account_of(somebody.person_id) == somebody
    for password in ("", NOBODY, "password"):
        with pytest.raises(UnauthenticatedError):
            log_in(somebody.email, password, "192.0.2.1")


def test_fake_people_rate_what_is_in_the_catalogue() -> None:
    movies = movies_by_fame()
    assert movies == [*demo_movies()[:400], Movie(MovieId(1), "Carmencita", year=1894)]
    report = create_fake_ratings(30, 10, 20)
    stored = [rating for number in range(30) for rating in ratings_of(PersonId(f"fake-{number}"))]
    expected = list(fake_ratings(movies, range(30), 10, 20))
    assert {(one.person_id, one.movie_id): one for one in stored} == {
        (one.person_id, one.movie_id): one for one in expected
    }
    assert report.written == len(stored)


def test_the_demo_account_can_be_made_again_without_losing_anything() -> None:
    account = create_demo_account(PASSWORD)
    rated = ratings_of(account.person_id)
    assert len(rated) == 25
    changed = Rating(account.person_id, rated[0].movie_id, 0.5, rated[0].rated_at + 1)
    put_rating(changed)
    assert create_demo_account("another password") == account
    assert changed in ratings_of(account.person_id)
    assert log_in(DEMO_EMAIL, PASSWORD, "192.0.2.1").account == account
