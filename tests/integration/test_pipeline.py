"""The batch job from ratings in DynamoDB to suggestions in DynamoDB."""

import json
import os
import subprocess
import sys
import time

import pytest

from batch_jobs.bulk_writing import write_ratings
from batch_jobs.catalogue import publish_movies
from batch_jobs.exporting import read_export
from batch_jobs.ledger import Lease, Run, process_name
from batch_jobs.pipeline import STAGES, run_stages
from chalicelib.aws import s3
from chalicelib.config import settings
from chalicelib.domain.account import Account
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.domain.suggestion import Suggestion
from chalicelib.services.suggesting import suggestions_for
from chalicelib.storage import artifacts
from chalicelib.storage.accounts import add_account
from chalicelib.storage.artifacts import Kind, read_pointer
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.marks import put_mark
from chalicelib.storage.ratings import put_rating
from chalicelib.storage.suggestions import suggestions_of
from chalicelib.storage.tables import RunRow
from tests.factories import ratings_of, two_camps
from tests.integration.permissions import BATCH_ROLE, permitted

RATINGS = two_camps(people=40)
UNCATALOGUED = 1000 + 7 * 39
MARKED = MovieId(1000 + 7 * 5)
MARKER = PersonId("person-002")


@pytest.fixture(scope="module")
def run(aws: None) -> Run:  # noqa: ARG001
    """One whole run over two camps of people, one of whom marked a movie."""
    ids = [MovieId(int(i)) for i in RATINGS.movie_ids if i != UNCATALOGUED]
    publish_movies(Movie(movie_id=i, title="Hamlet", year=1900 + i % 100) for i in ids)
    write_ratings(
        Rating(PersonId(str(RATINGS.people[person])), MovieId(movie), stars, 1_700_000_000_000 + turn)
        for person in range(len(RATINGS.people))
        for turn, (movie, stars) in enumerate(ratings_of(RATINGS, person).items())
    )
    put_mark(Mark(MARKER, MARKED, MarkKind.NOT_INTERESTED, 1))
    with permitted(BATCH_ROLE):
        return run_stages(list(STAGES))


def test_the_export_holds_every_rating_as_it_was_given(run: Run) -> None:
    frame = read_export(run.run_id)
    exported = {(r.user_id, r.movie_id): r.stars for r in frame.itertuples()}
    given = {
        (str(RATINGS.people[person]), movie): stars
        for person in range(40)
        for movie, stars in ratings_of(RATINGS, person).items()
    }
    assert exported == given


def test_a_damaged_export_is_refused(run: Run) -> None:
    bucket = settings().artifacts_bucket
    manifest = json.load(
        s3().get_object(Bucket=bucket, Key=f"exports/ratings/{run.run_id}/manifest.json")["Body"]
    )
    key = manifest["parts"][0]["key"]
    whole = s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    s3().put_object(Bucket=bucket, Key=key, Body=whole[:-10])
    with pytest.raises(ValueError, match="not what the export wrote"):
        read_export(run.run_id)
    s3().put_object(Bucket=bucket, Key=key, Body=whole)


def test_every_stage_is_in_the_ledger_and_the_model_is_current(run: Run) -> None:
    known = Run.find(None)
    assert known.run_id == run.run_id
    assert list(known.stages) == list(STAGES)
    assert all("finished_at" in record and "error" not in record for record in known.stages.values())
    assert RunRow.get(f"run#{run.run_id}").state == "finished"
    pointer = read_pointer(Kind.MODELS)
    assert pointer is not None
    assert pointer.version == run.run_id


def test_the_card_tells_the_held_out_figures(run: Run) -> None:
    card = json.loads(artifacts.fetch(Kind.MODELS, run.run_id, "card.json").read_text())
    assert card["data"] == {
        "ratings": len(RATINGS),
        "people": 40,
        "movies": 40,
        "earliest": 1_700_000_000_000,
        "latest": 1_700_000_000_014,
    }
    assert card["gate"]["accepted"] is True
    assert card["held_out"]["held_out_ratings"] == 40 * 3
    assert card["held_out"]["ranking"]["ndcg10"] > card["held_out"]["popularity"]["ndcg10"]


def test_the_card_comes_with_its_plots(run: Run) -> None:
    card = json.loads(artifacts.read(Kind.MODELS, run.run_id, "card.json") or b"")
    assert len(card["plots"]) == 4
    for name in card["plots"]:
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=f"models/{run.run_id}/{name}")
        assert answer["ContentType"] == "image/svg+xml"
        assert answer["Body"].read().rstrip().endswith(b"</svg>")


def test_everyone_has_suggestions_without_what_they_rated_or_marked(run: Run) -> None:
    for place in range(40):
        person = PersonId(str(RATINGS.people[place]))
        stored = suggestions_of(person)
        assert stored is not None
        assert stored.model_version == run.run_id
        suggested = {s.movie_id for s in stored.suggestions}
        seen = ratings_of(RATINGS, place).keys() | ({MARKED} if person == MARKER else set())
        assert suggested == set(RATINGS.movie_ids.tolist()) - seen - {UNCATALOGUED}


def test_suggestions_differ_between_people(run: Run) -> None:  # noqa: ARG001
    tops = {tuple(s.movie_id for s in _stored(n)[:5]) for n in range(40)}
    assert len(tops) > 20
    stars = {s.predicted_stars for n in range(40) for s in _stored(n)}
    assert len(stars) > 20


def test_what_the_job_stored_is_served_and_a_rating_makes_it_fresh_at_once(run: Run) -> None:
    person = PersonId("person-000")
    add_account(Account(person, "Ada", "person-000@example.com", 0), "no password")
    served = suggestions_for(person)
    assert (served.source, served.model_version) == ("stored", run.run_id)
    assert served.suggestions == _stored(0)
    rated = served.suggestions[0].movie_id
    put_rating(Rating(person, rated, 1.0, time.time_ns() // 1_000_000))
    fresh = suggestions_for(person)
    assert fresh.source == "fresh"
    assert rated not in {s.movie_id for s in fresh.suggestions}
    assert suggestions_for(person).source == "stored"


def test_the_catalogue_gets_counts_and_averages_and_keeps_remakes(run: Run) -> None:  # noqa: ARG001
    catalogue = open_catalogue()
    assert catalogue.count() == 39
    for place in (0, 7):
        movie = catalogue.movie(int(RATINGS.movie_ids[place]))
        stars = RATINGS.stars[RATINGS.movie == place]
        assert movie is not None
        assert movie.rating_count == len(stars)
        assert movie.rating_mean == pytest.approx(float(stars.mean()))
        assert movie.rating_histogram == tuple((stars == (step + 1) / 2).sum() for step in range(10))


def test_stages_can_be_run_one_by_one_and_only_publishing_changes_what_is_current(run: Run) -> None:
    before = read_pointer(Kind.MODELS)
    second = run_stages(["export"])
    for name in ("train", "evaluate"):
        assert run_stages([name]).run_id == second.run_id
    assert read_pointer(Kind.MODELS) == before
    run_stages(["publish"], second.run_id)
    after = read_pointer(Kind.MODELS)
    assert after is not None
    assert after.version == second.run_id != run.run_id


def test_nothing_untrained_is_published(run: Run) -> None:  # noqa: ARG001
    before = read_pointer(Kind.MODELS)
    untrained = run_stages(["export"])
    with pytest.raises(NotFoundError, match="run `train` first"):
        run_stages(["publish"], untrained.run_id)
    assert read_pointer(Kind.MODELS) == before
    failed = RunRow.get(f"run#{untrained.run_id}")
    assert failed.state == "failed"
    assert "run `train` first" in failed.error


def test_two_runs_never_work_at_once_but_a_killed_one_does_not_block(run: Run) -> None:  # noqa: ARG001
    elsewhere = RunRow("lease", owner="another-host/1", lease_until=(time.time_ns() // 1_000_000) + 60_000)
    elsewhere.save()
    with pytest.raises(ConflictError, match="another-host/1"), Lease():
        pass
    elsewhere.update(actions=[RunRow.lease_until.set(time.time_ns() // 1_000_000 - 1)])
    with Lease():
        pass
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True
    )
    owner = process_name(int(gone.stdout))
    RunRow("lease", owner=owner, lease_until=(time.time_ns() // 1_000_000) + 60_000).save()
    with Lease():
        assert RunRow.get("lease").owner == process_name(os.getpid())


def _stored(place: int) -> list[Suggestion]:
    stored = suggestions_of(PersonId(str(RATINGS.people[place])))
    assert stored is not None
    return stored.suggestions
