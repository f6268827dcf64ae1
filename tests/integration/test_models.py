"""Which model is served: the gate at publishing, promotion by hand, and rollback."""

import json
import time
from dataclasses import replace

import pytest

from batch_jobs import models, pipeline
from batch_jobs.__main__ import main
from batch_jobs.bulk_writing import write_ratings
from batch_jobs.catalogue import publish_movies
from batch_jobs.ledger import Run
from batch_jobs.pipeline import STAGES, run_stages
from batch_jobs.training.model import TrainingSettings
from batch_jobs.training.ranking_model import RankingSettings
from batch_jobs.training.rating_model import RatingSettings
from chalicelib import clock
from chalicelib.domain.account import Account
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services.suggesting import suggestions_for
from chalicelib.storage import artifacts
from chalicelib.storage.accounts import add_account
from chalicelib.storage.artifacts import Kind, read_pointer
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.ratings import put_rating
from chalicelib.storage.suggestions import suggestions_of
from chalicelib.storage.tables import RunRow
from tests.factories import ratings_of, two_camps

RATINGS = two_camps(people=60)
PERSON = PersonId("person-000")
GOOD = TrainingSettings(RatingSettings(factors=8, epochs=30), RankingSettings(factors=4))
UNTRAINED = replace(GOOD, rating=replace(GOOD.rating, epochs=1, learning_rate=1e-6, bias_learning_rate=1e-6))


def current() -> str:
    pointer = read_pointer(Kind.MODELS)
    assert pointer is not None
    return pointer.version


def run_with(settings: TrainingSettings) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "TrainingSettings", lambda: settings)
        return run_stages(list(STAGES))


@pytest.fixture(scope="module")
def first(aws: None) -> Run:  # noqa: ARG001
    publish_movies(Movie(movie_id=MovieId(int(i)), title="Hamlet", year=1900) for i in RATINGS.movie_ids)
    add_account(Account(PERSON, "Ada", "person-000@example.com", 0), "no password")
    write_ratings(
        Rating(PersonId(str(RATINGS.people[person])), MovieId(movie), stars, 1_700_000_000_000 + turn)
        for person in range(len(RATINGS.people))
        for turn, (movie, stars) in enumerate(ratings_of(RATINGS, person).items())
    )
    return run_with(GOOD)


@pytest.fixture(scope="module")
def second(first: Run) -> Run:  # noqa: ARG001
    return run_with(GOOD)


@pytest.fixture(scope="module")
def refused(second: Run) -> Run:  # noqa: ARG001
    put_rating(Rating(PersonId("newcomer"), MovieId(1000), 5.0, time.time_ns() // 1_000_000))
    return run_with(UNTRAINED)


def test_a_model_that_is_not_worse_replaces_the_current_one(first: Run, second: Run) -> None:
    counts = second.stages["publish"]["counts"]
    assert (counts["model"], counts["replaced"]) == (second.run_id, first.run_id)
    gate = models.show_model(second.run_id).card["gate"]
    assert gate["accepted"] is True
    assert gate["compared_with"] == first.run_id
    assert gate["people"] == 60


def test_a_worse_model_is_refused_and_kept_with_the_reason(second: Run, refused: Run) -> None:
    assert current() == second.run_id
    assert RunRow.get(f"run#{refused.run_id}").state == "finished"
    counts = refused.stages["publish"]["counts"]
    assert (counts["model"], counts["refused"]) == (second.run_id, refused.run_id)
    assert "the error of its stars (RMSE)" in counts["reason"]
    assert models.show_model(refused.run_id).card["gate"]["reason"] == counts["reason"]
    assert artifacts.has(Kind.MODELS, refused.run_id, "model.npz")
    listed = {line.version: line for line in models.list_models().models}
    assert listed[refused.run_id].state == "refused"
    assert listed[refused.run_id].reason == counts["reason"]
    assert [line.version for line in listed.values() if line.current] == [second.run_id]


def test_a_run_whose_model_was_refused_still_refreshes_averages_and_suggestions(
    second: Run, refused: Run
) -> None:
    movie = open_catalogue().movie(1000)
    assert movie is not None
    assert movie.rating_count == (RATINGS.movie == 0).sum() + 1
    newcomer = suggestions_of(PersonId("newcomer"))
    assert newcomer is not None
    assert newcomer.model_version == second.run_id
    assert refused.stages["suggest"]["counts"]["model"] == second.run_id


def test_a_refused_model_can_be_promoted_by_hand_and_rolled_back(second: Run, refused: Run) -> None:
    change = models.promote(refused.run_id)
    assert (change.current, change.before) == (refused.run_id, second.run_id)
    assert suggestions_for(PERSON).model_version == refused.run_id
    assert models.rollback().current == second.run_id
    served = suggestions_for(PERSON)
    assert (served.model_version, served.source) == (second.run_id, "fresh")
    assert suggestions_for(PERSON).source == "stored"


def test_rolling_back_again_goes_further_back_until_there_is_nothing(
    first: Run, second: Run, refused: Run
) -> None:
    models.promote(refused.run_id)
    assert [models.rollback().current for _ in range(2)] == [second.run_id, first.run_id]
    with pytest.raises(ConflictError, match="no earlier model to go back to"):
        models.rollback()
    assert current() == first.run_id
    models.promote(second.run_id)


def test_another_process_serves_the_earlier_model_within_a_minute(
    first: Run, second: Run, refused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that read the pointer just before the rollback: its knowledge of it is set by hand."""
    models.promote(second.run_id)
    models.promote(refused.run_id)
    models.rollback()
    read_just_before = (time.monotonic(), refused.run_id)
    monkeypatch.setitem(artifacts._pointers, Kind.MODELS, read_just_before)
    assert suggestions_for(PERSON).model_version == refused.run_id
    a_minute_later = (time.monotonic() - 59, refused.run_id)
    monkeypatch.setitem(artifacts._pointers, Kind.MODELS, a_minute_later)
    assert suggestions_for(PERSON).model_version == second.run_id != first.run_id


def test_what_is_not_there_is_neither_promoted_nor_shown(second: Run) -> None:
    for action in (models.promote, models.show_model):
        with pytest.raises(NotFoundError, match="models list"):
            action("20200101T000000-dead")
    assert current() == second.run_id


def test_publishing_the_same_model_again_changes_nothing(second: Run) -> None:
    before = read_pointer(Kind.MODELS)
    run_stages(["publish"], second.run_id)
    assert read_pointer(Kind.MODELS) == before


def test_the_commands_print_what_they_did(second: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    assert f"* {second.run_id}" in capsys.readouterr().out
    assert main(["models", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == second.run_id
    assert main(["models", "promote", second.run_id]) == 0
    assert capsys.readouterr().out == f"{second.run_id} is current already.\n"
    assert main(["models", "promote", "nonsense"]) == 1
    assert capsys.readouterr().err.startswith("error: There is no model nonsense")


@pytest.mark.usefixtures("second")
def test_a_run_refused_for_another_has_its_own_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    RunRow("lease", owner="elsewhere/1", lease_until=clock.now_ms() + 60_000).save()
    try:
        assert main(["suggest"]) == 3
        assert "Another run holds the lease (elsewhere/1)" in capsys.readouterr().err
    finally:
        RunRow("lease").delete()
