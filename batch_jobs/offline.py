"""Evaluating and training on a file of ratings, without any AWS."""

import csv
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from batch_jobs import card
from batch_jobs.card import DataFacts, figures_in_words, make_card
from batch_jobs.evaluating.cold_start import ColdStart, measure_cold_start
from batch_jobs.evaluating.splitting import split_ratings
from batch_jobs.evaluation import Evaluation, measure
from batch_jobs.plots import draw_plots
from batch_jobs.ratings_file import FileRatings, read_ratings_file
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from chalicelib.domain import model_card
from chalicelib.recommending.model import FILE_NAME as MODEL_FILE

IDS_FILE = "movies.csv"
WITHOUT_FADING = 1e9
"""A `memory` in which the order of ratings does not matter, for ratings that come in none."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What came out. Rates are in ratings per second over all of a fit, both models together."""

    evaluation: Evaluation
    data: DataFacts
    repeated: int
    fit_seconds: float
    ratings_per_second: float
    peak_rss_mb: float
    written_to: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        found = asdict(self.evaluation)
        ranking = found.pop("ranking")
        intervals = found.pop("intervals") | ranking.pop("intervals")
        whole: dict[str, Any] = (
            found
            | ranking
            | {
                "calibration_error": self.evaluation.calibration.error,
                "intervals": intervals,
                "data": asdict(self.data) | {"repeated": self.repeated},
                "fit_seconds": round(self.fit_seconds, 3),
                "ratings_per_second": round(self.ratings_per_second),
                "score_seconds": round(self.evaluation.score_seconds, 3),
                "peak_rss_mb": round(self.peak_rss_mb, 1),
                "written_to": self.written_to and str(self.written_to),
            }
        )
        return whole

    def __str__(self) -> str:
        lines = [
            f"{self.data.ratings:,} ratings by {self.data.people:,} people of {self.data.movies:,} movies",
            figures_in_words(self.evaluation),
            "",
            f"trained in {self.fit_seconds:.1f} s ({self.ratings_per_second:,.0f} ratings/s), suggested in "
            f"{self.evaluation.score_seconds:.1f} s, {self.peak_rss_mb:,.0f} MB at the most",
        ]
        if self.repeated:
            lines.insert(1, f"{self.repeated:,} ratings of a pair rated again later were left out")
        if self.written_to:
            lines.append(f"written to {self.written_to}")
        return "\n".join(lines)


def evaluate_file(path: Path) -> FileReport:
    """Measure the models on a file of ratings. Raises ValueError if they cannot be measured on it."""
    with _told(f"Reading {path.name}"):
        read = read_ratings_file(path)
    settings, data, repeated, scale = _settings(read), DataFacts.of(read.ratings), read.repeated, read.scale
    cold_start = _cold_start(read.ratings, settings)
    split = split_ratings(read.ratings)
    del read
    with _told("Training and measuring a twin"):
        evaluation, _ = measure(split, settings, scale, cold_start)
    return _report(evaluation, data, repeated, evaluation.fit_seconds, len(split.train))


def train_file(path: Path, out: Path) -> FileReport:
    """Measure the models on a file of ratings, then train on all of it; write what came out to `out`:

    model.npz, card.json, plots/*.svg, and movies.csv, which has the file's own id of each movie id in the
    model. Predictions are in stars; `scale` on the card tells how those relate to the file's ratings.
    Raises ValueError if there is nothing to measure on.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; give a folder to write to.")
    with _told(f"Reading {path.name}"):
        read = read_ratings_file(path)
    settings, data = _settings(read), DataFacts.of(read.ratings)
    cold_start = _cold_start(read.ratings, settings)
    with _told("Training and measuring a twin"):
        evaluation, _ = measure(split_ratings(read.ratings), settings, read.scale, cold_start)
    started = time.perf_counter()
    with _told("Training on all ratings"):
        model, _ = train_model(read.ratings, None, settings)
    seconds = time.perf_counter() - started
    plots = {f"plots/{name}": content for name, content in draw_plots(evaluation).items()}
    made = make_card(path.name, time.time_ns() // 1_000_000, data, settings, evaluation, read.scale)
    made["plots"] = sorted(plots)
    (out / "plots").mkdir(parents=True, exist_ok=True)
    for name, content in plots.items():
        (out / name).write_bytes(content)
    (out / model_card.FILE_NAME).write_bytes(card.to_json(made))
    with (out / IDS_FILE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("movie_id", "movie"))
        writer.writerows(enumerate(read.movies.tolist()))
    model.save(out / MODEL_FILE)
    return replace(_report(evaluation, data, read.repeated, seconds, len(read.ratings)), written_to=out)


def _settings(read: FileRatings) -> TrainingSettings:
    settings = TrainingSettings()
    if read.has_times:
        return settings
    return replace(
        settings,
        rating=replace(settings.rating, memory=WITHOUT_FADING),
        ranking=replace(settings.ranking, memory=WITHOUT_FADING),
    )


def _cold_start(ratings: RatingColumns, settings: TrainingSettings) -> list[ColdStart]:
    with _told("Measuring what new people are shown"):
        return measure_cold_start(ratings, settings.ranking)


def _report(
    evaluation: Evaluation, data: DataFacts, repeated: int, fit_seconds: float, ratings: int
) -> FileReport:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1 << 20) if sys.platform == "darwin" else peak / 1024
    return FileReport(evaluation, data, repeated, fit_seconds, ratings / fit_seconds, megabytes)


@contextmanager
def _told(what: str) -> Iterator[None]:
    print(f"{what} …", file=sys.stderr, flush=True)
    started = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
