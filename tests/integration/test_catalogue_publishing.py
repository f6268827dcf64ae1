"""Publishing catalogues: readers see whole versions, and nothing that was known is lost."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

import batch_jobs.catalogue
from batch_jobs.catalogue import RatingSummary, publish_movies, publish_ratings_summary
from chalicelib.config import settings
from chalicelib.domain.errors import ConflictError, NotReadyError
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind
from chalicelib.storage.catalogue import Listing, open_catalogue

HEAT = Movie(MovieId(113277), "Heat", year=1995, genres=("Crime",), overview="Two men meet for coffee.")
ALIEN = Movie(MovieId(78748), "Alien", year=1979, genres=("Horror",))


@pytest.fixture(autouse=True)
def bucket() -> Iterator[None]:
    """An empty artifacts bucket for each test."""
    with mock_aws():
        artifacts._pointers.clear()
        boto3.client("s3").create_bucket(Bucket=settings().artifacts_bucket)
        yield
    artifacts._pointers.clear()


def test_before_the_first_catalogue_there_is_none() -> None:
    with pytest.raises(NotReadyError):
        open_catalogue()
    with pytest.raises(NotReadyError):
        publish_ratings_summary({HEAT.movie_id: RatingSummary(1, 4.0)})


def test_published_movies_can_be_read() -> None:
    change = publish_movies([HEAT, ALIEN])
    catalogue = open_catalogue()
    assert catalogue.version == change.version
    assert (change.added, change.updated, change.unchanged, change.total) == (2, 0, 0, 2)
    assert [one.movie for one in catalogue.browse(Listing(text="heat"), None, 5).movies] == [HEAT]


def test_running_again_publishes_nothing() -> None:
    first = publish_movies([HEAT, ALIEN])
    again = publish_movies([ALIEN])
    assert (again.changed, again.version, again.unchanged, again.total) == (False, first.version, 1, 2)
    stored = boto3.client("s3").list_objects_v2(Bucket=settings().artifacts_bucket)
    assert stored["KeyCount"] == 3  # the catalogue, what its figures hold, and the pointer


def test_a_source_adds_and_updates_and_keeps_the_ratings() -> None:
    publish_movies([HEAT])
    publish_ratings_summary({HEAT.movie_id: RatingSummary(10, 4.25)})
    change = publish_movies([Movie(HEAT.movie_id, "Heat", runtime=170), ALIEN])
    assert (change.added, change.updated, change.unchanged, change.changed) == (1, 1, 0, True)
    heat = open_catalogue().movie(HEAT.movie_id)
    assert heat is not None
    assert (heat.rating_count, heat.rating_mean) == (10, 4.25)
    assert (heat.movie.runtime, heat.movie.overview) == (170, HEAT.overview)


def test_a_summary_is_the_whole_truth_about_ratings() -> None:
    publish_movies([HEAT, ALIEN])
    publish_ratings_summary({HEAT.movie_id: RatingSummary(10, 4.25), MovieId(999): RatingSummary(5, 1.0)})
    change = publish_ratings_summary({ALIEN.movie_id: RatingSummary(3, 4.0)})
    assert (change.updated, change.unchanged, change.total) == (2, 0, 2)
    listed = open_catalogue().movies([HEAT.movie_id, ALIEN.movie_id])
    assert [(one.rating_count, one.rating_mean) for one in listed.values()] == [(0, None), (3, 4.0)]
    assert not publish_ratings_summary({ALIEN.movie_id: RatingSummary(3, 4.0)}).changed


def test_a_catalogue_in_use_stays_whole_while_the_next_appears() -> None:
    publish_movies([HEAT])
    held = open_catalogue()
    publish_movies([ALIEN])
    assert held.movie(ALIEN.movie_id) is None
    assert open_catalogue().movie(ALIEN.movie_id) is not None


def race(monkeypatch: pytest.MonkeyPatch, others: list[Movie]) -> None:
    """Let another job publish one of `others` whenever this one is about to."""

    def after_another(kind: Kind, version: str, file: Path) -> None:
        if others:
            other = others.pop()
            with monkeypatch.context() as alone:
                alone.setattr(batch_jobs.catalogue, "upload", artifacts.upload)
                publish_movies([other])
        artifacts.upload(kind, version, file)

    monkeypatch.setattr(batch_jobs.catalogue, "upload", after_another)


def test_of_two_jobs_at_once_neither_loses_its_movies(monkeypatch: pytest.MonkeyPatch) -> None:
    race(monkeypatch, [ALIEN])
    change = publish_movies([HEAT])
    assert (change.added, change.total) == (1, 2)
    assert open_catalogue().movie_ids() == [ALIEN.movie_id, HEAT.movie_id]


def test_losing_the_race_twice_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    race(monkeypatch, [ALIEN, Movie(MovieId(1), "Carmencita")])
    with pytest.raises(ConflictError):
        publish_movies([HEAT])
    assert open_catalogue().movie(HEAT.movie_id) is None
