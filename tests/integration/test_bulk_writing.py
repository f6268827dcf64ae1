"""Writing very many rows: nothing is lost, nothing refused, and an interrupted run goes on."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pynamodb.exceptions import PutError

from batch_jobs import bulk_writing
from batch_jobs.bulk_writing import write_ratings
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.storage.ratings import ratings_of
from chalicelib.storage.tables import RatingRow

pytestmark = pytest.mark.usefixtures("aws", "impatient")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small windows, short waits."""
    monkeypatch.setattr(bulk_writing, "WINDOW", 100)
    monkeypatch.setattr(bulk_writing, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(bulk_writing, "MOST_ATTEMPTS", 6)


@pytest.fixture
def on_event() -> Iterator[Callable[[str, Callable[..., Any]], None]]:
    """Register a handler of botocore's for batch writes, for the length of a test."""
    events = RatingRow._get_connection().connection.client.meta.events
    registered: list[tuple[str, Callable[..., Any]]] = []

    def register(name: str, handler: Callable[..., Any]) -> None:
        events.register(f"{name}.dynamodb.BatchWriteItem", handler)
        registered.append((f"{name}.dynamodb.BatchWriteItem", handler))

    yield register
    for name, handler in registered:
        events.unregister(name, handler)


def some_ratings(person: str, count: int, stars: float = 3.5) -> list[Rating]:
    return [Rating(PersonId(person), MovieId(n), stars, 1_700_000_000_000 + n) for n in range(1, count + 1)]


def test_every_rating_arrives() -> None:
    ratings = some_ratings("all", 333)
    report = write_ratings(iter(ratings), len(ratings))
    assert ratings_of(PersonId("all")) == ratings
    assert (report.written, report.retried) == (333, 0)


def test_no_ratings_are_fine() -> None:
    assert write_ratings([]).written == 0


def test_of_two_ratings_for_one_movie_the_later_stays_however_far_apart() -> None:
    early, late = some_ratings("twice", 250, stars=1.0), some_ratings("twice", 250, stars=5.0)
    write_ratings([*early[:3], *late[:3], *early[3:], *late[3:]])
    assert ratings_of(PersonId("twice")) == late


def test_what_dynamodb_leaves_unprocessed_is_sent_again(on_event: Callable[..., None]) -> None:
    """DynamoDB takes at most ten rows of a call and hands the rest back."""

    def take_ten(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        ((table, requests),) = params["RequestItems"].items()
        context["left"] = {table: requests[10:]} if requests[10:] else {}
        params["RequestItems"] = {table: requests[:10]}

    def hand_back(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        parsed["UnprocessedItems"] = context["left"]

    on_event("before-parameter-build", take_ten)
    on_event("after-call", hand_back)
    ratings = some_ratings("slow", 100)
    report = write_ratings(ratings)
    assert ratings_of(PersonId("slow")) == ratings
    assert report.retried == 4 * (15 + 5)


def refusal(code: str) -> tuple[SimpleNamespace, dict[str, Any]]:
    return SimpleNamespace(status_code=HTTPStatus.BAD_REQUEST), {"Error": {"Code": code, "Message": "No."}}


def test_a_throttled_call_is_made_again(on_event: Callable[..., None]) -> None:
    refusals = [refusal("ThrottlingException")] * 3
    on_event("before-call", lambda **_: refusals.pop() if refusals else None)
    ratings = some_ratings("throttled", 60)
    report = write_ratings(ratings)
    assert ratings_of(PersonId("throttled")) == ratings
    assert report.retried >= 30


@pytest.mark.parametrize("code", ["ValidationException", "ProvisionedThroughputExceededException"])
def test_lasting_refusals_are_raised(on_event: Callable[..., None], code: str) -> None:
    on_event("before-call", lambda **_: refusal(code))
    with pytest.raises(PutError, match=code):
        write_ratings(some_ratings("refused", 60))


def interrupted(ratings: list[Rating], after: int) -> Iterator[Rating]:
    yield from ratings[:after]
    raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    resume = tmp_path / "resume.json"
    ratings = some_ratings("patient", 450)
    with pytest.raises(KeyboardInterrupt):
        write_ratings(interrupted(ratings, 330), len(ratings), resume)
    report = write_ratings(iter(ratings), len(ratings), resume)
    assert 0 < report.written < 450
    assert ratings_of(PersonId("patient")) == ratings
    assert not resume.exists()


@pytest.mark.parametrize("change", ["other stars", "shorter"])
def test_another_input_is_noticed(tmp_path: Path, change: str) -> None:
    resume = tmp_path / "resume.json"
    with pytest.raises(KeyboardInterrupt):
        write_ratings(interrupted(some_ratings("first", 450), 330), None, resume)
    other = some_ratings("first", 450, stars=1.0) if change == "other stars" else some_ratings("first", 50)
    with pytest.raises(InvalidInputError, match="other input"):
        write_ratings(other, None, resume)
    assert all(rating.stars == 3.5 for rating in ratings_of(PersonId("first")))
