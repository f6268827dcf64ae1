"""The search for settings can be repeated, finds what is better, and never looks at the test part."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from batch_jobs.__main__ import main
from batch_jobs.evaluating.splitting import split_ratings
from batch_jobs.training.rating_model import RatingSettings
from batch_jobs.tuning import RatingSet, TuningReport, tune
from tests.benchmarks.synthetic import planted_ratings

SEED = 20
RATINGS = planted_ratings(people=80, movies=60, ratings=2_500)
TIMID = RatingSettings(factors=32, epochs=12, learning_rate=0.005, bias_learning_rate=0.001)


def tuned(ratings: RatingSet, trials: int = 10) -> TuningReport:
    return tune([ratings], trials, SEED, TIMID)


@pytest.fixture(scope="module")
def report() -> TuningReport:
    return tuned(RatingSet("planted", RATINGS))


def test_the_same_seed_finds_the_same(report: TuningReport) -> None:
    again = tuned(RatingSet("planted", RATINGS))
    assert [(one.settings, one.errors) for one in again.trials] == [
        (one.settings, one.errors) for one in report.trials
    ]


def test_what_is_found_is_better_than_timid_settings(report: TuningReport) -> None:
    (figures,) = report.files
    assert report.winner != TIMID
    assert figures.test["winner"].rmse < figures.test["defaults"].rmse
    assert figures.test["winner"].below_defaults_interval[0] > 0
    assert figures.test["defaults"].below_defaults == 0


def test_the_winner_went_through_every_final_and_the_rest_follow_in_order(report: TuningReport) -> None:
    assert len(report.trials) == 10
    slices = [len(one.errors) for one in report.trials]
    assert slices == sorted(slices, reverse=True)
    assert slices[0] > slices[-1] == 1
    last = [one.rmse for one in report.trials if len(one.errors) == 1]
    assert last == sorted(last)


def test_ratings_of_the_test_part_decide_nothing(report: TuningReport) -> None:
    """Turned upside down they change what is measured in the end, and not what is chosen."""
    altered = replace(RATINGS, stars=RATINGS.stars.copy())
    held = split_ratings(RATINGS, SEED).held_out
    pairs = held.person.astype(np.int64) * len(held.movie_ids) + held.movie
    is_held = np.isin(RATINGS.person.astype(np.int64) * len(RATINGS.movie_ids) + RATINGS.movie, pairs)
    altered.stars[is_held] = 5.5 - altered.stars[is_held]
    fooled = tuned(RatingSet("planted", altered))
    assert fooled.winner == report.winner
    assert [one.errors for one in fooled.trials] == [one.errors for one in report.trials]
    assert fooled.files[0].test["winner"].rmse > 1.2 * report.files[0].test["winner"].rmse


def test_no_trials_and_too_few_ratings_are_one_clear_sentence() -> None:
    with pytest.raises(ValueError, match="try at least one"):
        tuned(RatingSet("planted", RATINGS), trials=0)
    with pytest.raises(ValueError, match="five ratings by one person are needed"):
        tuned(RatingSet("few", RATINGS.where(np.arange(len(RATINGS)) < 3)))


def test_the_command_reads_files_and_prints_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ratings.csv"
    rows = zip(RATINGS.person.tolist(), RATINGS.movie.tolist(), RATINGS.stars.tolist(), strict=True)
    lines = "\n".join(f"{person},{movie},{stars}" for person, movie, stars in rows)
    file.write_text(f"user,movie,rating\n{lines}\n", "utf-8")
    assert main(["tune", "--ratings", str(file), "--trials", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["trials"]) == 3
    assert told["files"][0]["test"].keys() == {"winner", "defaults", "Surprise's defaults"}
    assert main(["tune", "--ratings", str(tmp_path / "none.csv")]) != 0
