"""The figures of films follow the ratings, however their stream is delivered."""

import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config
from chalice.app import DynamoDBEvent

from batch_jobs.catalogue import publish_movies, publish_ratings_summary
from batch_jobs.exporting import export_ratings, read_export
from batch_jobs.pipeline import rating_summary
from batch_jobs.recent import basis_of_export
from batch_jobs.training.columns import RatingColumns
from chalicelib import clock
from chalicelib.api.streams import count_ratings
from chalicelib.config import settings
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services.live import count_changes, count_records
from chalicelib.storage import artifacts, live
from chalicelib.storage.catalogue import ListedMovie, open_catalogue
from chalicelib.storage.ratings import delete_rating, put_rating
from stream_pump import StreamPump
from tests.integration.api_client import FIRST_MOVIE, Api
from tests.integration.permissions import COUNTING_ROLE, permitted

FILMS = [MovieId(number) for number in range(2001, 2016)]


class Stream:
    """The ratings table's own stream: what has come since the last look, as Lambda would deliver it."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self._pump = StreamPump(settings().table("ratings"), self._take)

    def _take(self, event: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
        self.records += event["Records"]
        return {"batchItemFailures": []}

    def new(self) -> list[dict[str, Any]]:
        known = len(self.records)
        self.records.clear()
        self._pump._stopping.set()  # at the end of the stream, it is done
        self._pump._pump()
        return self.records[known:]


def lambda_runs(records: list[dict[str, Any]]) -> list[str]:
    """In a container that knows nothing of those before; returns which records it could not count."""
    live.forget()
    with permitted(COUNTING_ROLE):
        answered = count_ratings(DynamoDBEvent({"Records": records}, None))
    return [failure["itemIdentifier"] for failure in answered["batchItemFailures"]]


def rate(person: str, movie_id: MovieId, stars: float) -> None:
    put_rating(Rating(PersonId(person), movie_id, stars, clock.now_ms()))


def film(movie_id: MovieId) -> ListedMovie:
    artifacts._pointers.clear()
    live.forget()
    listed = open_catalogue().movie(movie_id)
    assert listed
    return listed


def figures(movie_id: MovieId) -> tuple[int, float | None]:
    listed = film(movie_id)
    assert sum(listed.rating_histogram) == listed.rating_count
    return listed.rating_count, listed.rating_mean


@pytest.fixture(scope="module")
def stream(aws: None) -> Stream:  # noqa: ARG001
    publish_movies([Movie(movie_id, f"Film {movie_id}", year=1999) for movie_id in FILMS])
    return Stream()


def test_batches_that_come_again_in_any_portions_count_once(stream: Stream) -> None:
    heat, alien, *_ = FILMS
    rate("ada", heat, 5.0)
    rate("bob", heat, 2.0)
    rate("bob", heat, 3.0)
    rate("ada", alien, 1.0)
    delete_rating(PersonId("ada"), alien)
    rate("cy", alien, 4.5)
    records = stream.new()
    assert len(records) == 6
    # A container that dies before it answers has its batch delivered again, whole or in halves.
    for batch in (records[:3], records[:3], records[1:5], records[:2], records[2:], records):
        assert lambda_runs(batch) == []
    assert figures(heat) == (2, 4.0)
    assert figures(alien) == (1, 4.5)


def test_a_record_that_cannot_be_read_is_named_and_those_before_it_are_counted(stream: Stream) -> None:
    heat = FILMS[0]
    before, _ = figures(heat)
    for person in ("dora", "eve", "finn"):
        rate(person, heat, 4.0)
    first, second, third = stream.new()
    broken = {**second, "dynamodb": {**second["dynamodb"], "NewImage": {"stars": {"S": "many"}}}}
    assert lambda_runs([first, broken, third]) == [second["dynamodb"]["SequenceNumber"]]
    assert figures(heat)[0] == before + 1
    assert lambda_runs([second, third]) == []
    assert figures(heat)[0] == before + 3


def test_an_exact_count_in_between_counts_nothing_twice_and_forgets_nothing(stream: Stream) -> None:
    heat, alien, brazil, *_ = FILMS
    rate("gus", brazil, 5.0)
    early = stream.new()
    lambda_runs(early)
    rate("hal", brazil, 4.0)  # the export sees this one
    started = export_ratings("exact").started_at
    seen = stream.new()
    lambda_runs(seen)
    rate("gus", brazil, 1.0)  # and not this one
    delete_rating(PersonId("hal"), brazil)
    rate("ivy", brazil, 3.0)
    lambda_runs(stream.new())
    assert figures(brazil) == (2, 2.0)
    kept = [figures(heat), figures(alien)]

    ratings = RatingColumns.from_frame(read_export("exact"))
    publish_ratings_summary(rating_summary(ratings), basis_of_export(ratings, started))
    count_changes()
    assert figures(brazil) == (2, 2.0)
    assert [figures(heat), figures(alien)] == kept
    # An import of films in the meantime says nothing new of the ratings.
    publish_movies([Movie(MovieId(2100), "A new film")])
    assert figures(brazil)[0] == 2  # before anybody rates, the figures are as they were counted
    for batch in (early, seen, stream.records):
        lambda_runs(batch)
    assert figures(brazil) == (2, 2.0)
    assert [figures(heat), figures(alien)] == kept


def test_cards_pages_and_tags_follow_and_what_did_not_change_keeps_its_tag(stream: Stream, api: Api) -> None:
    movie_id = FILMS[4]
    path = f"/movies/{movie_id}"
    live.forget()
    artifacts._pointers.clear()
    first = api.get(path)
    assert (first.json_body["rating_count"], first.json_body["rating_mean"]) == (0, None)
    assert api.get(path, {"If-None-Match": first.headers["ETag"]}).status_code == 304
    ada = api.signed_up()
    assert ada.put(f"/me/ratings/{movie_id}", {"stars": 4.5}).status_code == 200
    records = stream.new()
    assert lambda_runs(records) == []
    second = api.get(path, {"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert second.json_body["rating_count"] == 1
    assert second.json_body["rating_mean"] == 4.5
    assert second.json_body["rating_histogram"] == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    cards = {card["movie_id"]: card for card in api.get("/movies?limit=60").json_body["items"]}
    assert cards[movie_id]["rating_count"] == 1
    assert lambda_runs(records) == []
    assert api.get(path, {"If-None-Match": second.headers["ETag"]}).status_code == 304
    assert api.get("/movies?limit=60").headers["ETag"] != first.headers["ETag"]


def test_trending_names_the_days_and_without_enough_ratings_the_popular_stand_in(
    stream: Stream, api: Api
) -> None:
    few = api.get("/movies/trending?limit=5")
    assert few.status_code == 200
    assert few.json_body["basis"] == "popular"
    assert few.json_body["first_day"] is None
    assert [card["movie_id"] for card in few.json_body["items"]] == [
        card["movie_id"] for card in api.get("/movies?limit=5").json_body["items"]
    ]
    risen = FILMS[7]
    for movie_id in FILMS:
        for number in range(9 if movie_id == risen else 3):
            rate(f"fan-{number}", movie_id, 2.5)
    lambda_runs(stream.new())
    now = api.get("/movies/trending?limit=5", {"If-None-Match": few.headers["ETag"]})
    assert now.status_code == 200
    assert now.json_body["basis"] == "recent"
    assert now.json_body["items"][0]["movie_id"] == risen
    assert len(now.json_body["items"]) == 5
    assert now.json_body["first_day"] == now.json_body["last_day"]
    assert api.get("/movies/trending?limit=0").status_code == 422
    again = api.get("/movies/trending?limit=5", {"If-None-Match": now.headers["ETag"]})
    assert again.status_code == 304


def test_a_head_that_is_longer_than_the_first_read_is_read_whole(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = figures(FILMS[0])
    monkeypatch.setattr(live, "_FIRST_READ", 16)
    assert figures(FILMS[0]) == known
    assert stream.records


def test_where_the_live_counts_cannot_be_read_the_last_ones_stay(
    stream: Stream, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stream.records
    path = f"/movies/{FILMS[0]}"
    shown = api.get(path).json_body["rating_count"]
    assert shown > 0
    out_of_reach = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1})
    )
    monkeypatch.setattr(live, "s3", lambda: out_of_reach)
    monkeypatch.setattr(live, "_read_at", float("-inf"))
    assert api.get(path).json_body["rating_count"] == shown


@pytest.mark.usefixtures("emulator")
def test_batches_at_the_same_time_all_count() -> None:
    """What shards do: each delivers its own batches at once, from containers that share S3 only."""
    publish_movies([Movie(MovieId(FIRST_MOVIE), "A film")])
    records = [
        {
            "dynamodb": {
                "Keys": {"user_id": {"S": f"person-{number}"}, "movie_id": {"N": str(FIRST_MOVIE)}},
                "SequenceNumber": str(number),
                "ApproximateCreationDateTime": clock.now_s(),
                "NewImage": {"stars": {"N": "4"}, "rated_at": {"N": str(clock.now_ms())}},
            }
        }
        for number in range(40)
    ]
    shards = [
        threading.Thread(
            target=lambda own: [count_records(own[:5]), count_records(own)], args=(records[s::4],)
        )
        for s in range(4)
    ]
    with permitted(COUNTING_ROLE):
        for shard in shards:
            shard.start()
        for shard in shards:
            shard.join()
    assert figures(MovieId(FIRST_MOVIE)) == (40, 4.0)
