"""The batch job: export → train → evaluate → publish → suggest, each stage recorded in the run ledger.

Stages hand over through S3, so each can also be run alone: a model is written under the run's id, a card
beside it, and only `publish` makes them current.
"""

import json
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np

from batch_jobs.bulk_writing import write_rows
from batch_jobs.catalogue import RatingSummary, publish_ratings_summary
from batch_jobs.evaluation import Evaluation, evaluate
from batch_jobs.exporting import export_ratings, read_export
from batch_jobs.ledger import Lease, Run
from batch_jobs.scoring import suggestions_for_everyone
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId
from chalicelib.domain.suggestion import MOST_SUGGESTIONS, basis_of
from chalicelib.recommending.model import FILE_NAME, Model
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.suggestions import StoredSuggestions, suggestions_row
from chalicelib.storage.tables import MarkRow

CARD = "card.json"


def export(run: Run) -> None:
    with run.stage("export") as counts:
        manifest = export_ratings(run.run_id)
        counts.update(ratings=manifest.rows, parts=len(manifest.parts))


def train(run: Run) -> None:
    with run.stage("train") as counts:
        ratings = exported_ratings(run.run_id)
        catalogued = open_catalogue().movie_ids()
        started = time.perf_counter()
        model, _ = train_model(ratings, catalogued, TrainingSettings())
        counts.update(
            ratings=len(ratings),
            people=len(ratings.people),
            movies=len(ratings.movie_ids),
            suggestible=int(model.suggestible.sum()),
            fit_seconds=round(time.perf_counter() - started, 2),
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / FILE_NAME
            model.save(file)
            artifacts.upload(Kind.MODELS, run.run_id, file)


def evaluate_model(run: Run) -> Evaluation:
    with run.stage("evaluate") as counts:
        ratings = exported_ratings(run.run_id)
        settings = TrainingSettings()
        evaluation = evaluate(ratings, settings)
        counts.update(rmse=round(evaluation.rmse, 4), ndcg10=round(evaluation.ranking.ndcg10, 4))
        card = {
            "version": run.run_id,
            "started_at": run.started_at,
            "data": {
                "ratings": len(ratings),
                "people": len(ratings.people),
                "movies": len(ratings.movie_ids),
            },
            "settings": asdict(settings),
            "held_out": asdict(evaluation),
        }
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / CARD
            file.write_text(json.dumps(card, indent=2))
            artifacts.upload(Kind.MODELS, run.run_id, file)
    return evaluation


def publish(run: Run) -> None:
    """Make the run's model current, and the catalogue's counts and averages those of its export."""
    with run.stage("publish") as counts:
        for stage in ("train", "evaluate"):
            if "finished_at" not in run.stages.get(stage, {}):
                raise NotFoundError(f"Run {run.run_id} has nothing to publish: run `{stage}` first.")
        ratings = exported_ratings(run.run_id)
        change = publish_ratings_summary(rating_summary(ratings))
        pointer = artifacts.read_pointer(Kind.MODELS)
        artifacts.swap_pointer(Kind.MODELS, run.run_id, pointer)
        counts.update(
            model=run.run_id, catalogue=change.version, replaced=pointer.version if pointer else None
        )


def suggest(run: Run) -> None:
    """Write everybody's suggestions by the current model."""
    with run.stage("suggest") as counts:
        version = artifacts.current_version(Kind.MODELS)
        model = Model.load(artifacts.fetch(Kind.MODELS, version, FILE_NAME))
        ratings = exported_ratings(run.run_id)
        written = write_rows(
            _suggestions(model, version, ratings, marked_movies()),
            lambda one: suggestions_row(*one),
            label="suggestions",
            total=len(ratings.people),
        )
        counts.update(people=written.written, model=version)


def _suggestions(
    model: Model, version: str, ratings: RatingColumns, barred: dict[str, set[MovieId]]
) -> Iterator[tuple[PersonId, StoredSuggestions]]:
    now = time.time_ns() // 1_000_000
    starts = ratings.person_starts()
    have_rated = np.flatnonzero(np.diff(starts))
    ids = ratings.movie_ids.tolist()
    everyone = suggestions_for_everyone(model, ratings, barred, MOST_SUGGESTIONS)
    for place, (person_id, suggestions) in zip(have_rated, everyone, strict=True):
        own = slice(starts[place], starts[place + 1])
        rated = {
            ids[movie]: stars
            for movie, stars in zip(ratings.movie[own].tolist(), ratings.stars[own].tolist(), strict=True)
        }
        basis = basis_of(rated, barred.get(person_id, ()))
        yield PersonId(person_id), StoredSuggestions(suggestions, basis, version, now)


@lru_cache(maxsize=1)
def exported_ratings(run_id: str) -> RatingColumns:
    """An export never changes, so the stages of one process share what the first of them read."""
    return RatingColumns.from_frame(read_export(run_id))


def marked_movies() -> dict[str, set[MovieId]]:
    """The movies that each person put on their watchlist or is not interested in."""
    marked: dict[str, set[MovieId]] = {}
    for row in MarkRow.scan():
        marked.setdefault(row.user_id, set()).add(MovieId(int(row.movie_id)))
    return marked


def rating_summary(ratings: RatingColumns) -> dict[MovieId, RatingSummary]:
    """Count and mean of each movie's ratings."""
    counts = np.bincount(ratings.movie)
    means = np.bincount(ratings.movie, weights=ratings.stars) / counts
    return {
        MovieId(int(movie_id)): RatingSummary(int(count), float(mean))
        for movie_id, count, mean in zip(ratings.movie_ids, counts, means, strict=True)
    }


STAGES: dict[str, Callable[[Run], object]] = {
    "export": export,
    "train": train,
    "evaluate": evaluate_model,
    "publish": publish,
    "suggest": suggest,
}


def run_stages(names: Collection[str], run_id: str | None = None) -> Run:
    """Run the stages in order, in a new run if they start with `export`, else in `run_id` or the latest.

    Raises ConflictError while another run works, and ValueError if there is no run to go on with.
    """
    with Lease():
        run = Run.start() if "export" in names else Run.find(run_id)
        for name in names:
            STAGES[name](run)
        run.finish()
    return run
