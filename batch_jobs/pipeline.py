"""The batch job: export → train → evaluate → publish → suggest, each stage recorded in the run ledger.

Stages hand over through S3, so each can also be run alone: a model is written under the run's id, its card,
plots and figures beside it, and only `publish` makes it current, if the gate lets it pass. A refused model
is kept with the reason on its card and in the ledger; the run goes on with the current one and ends well.
"""

import json
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from batch_jobs import card
from batch_jobs.bulk_writing import write_rows
from batch_jobs.catalogue import RatingSummary, publish_ratings_summary
from batch_jobs.evaluating import per_person
from batch_jobs.evaluating.cold_start import measure_cold_start
from batch_jobs.evaluating.per_person import PersonFigures
from batch_jobs.evaluating.splitting import split_ratings
from batch_jobs.evaluation import Evaluation, measure
from batch_jobs.exporting import export_ratings, read_export, started_at
from batch_jobs.gate import Verdict, judge
from batch_jobs.ledger import Lease, Run
from batch_jobs.recent import basis_of_export
from batch_jobs.scoring import suggestions_for_everyone
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from chalicelib.domain import model_card
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS, PersonId
from chalicelib.domain.suggestion import MOST_SUGGESTIONS, basis_of
from chalicelib.recommending.model import FILE_NAME, Model
from chalicelib.services.leaving import finish_interrupted_deletions
from chalicelib.services.live import count_changes
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.rating_exports import ExportSummary, write_summary
from chalicelib.storage.suggestions import StoredSuggestions, suggestions_row
from chalicelib.storage.tables import MarkRow, SuggestionsRow

SVG = "image/svg+xml"
JSON = "application/json"
BINARY = "application/octet-stream"
DAY_MS = 86_400_000
SUMMARISED_DAYS = 365


def export(run: Run) -> None:
    with run.stage("export") as counts:
        finish_interrupted_deletions()
        manifest = export_ratings(run.run_id)
        counts.update(ratings=manifest.rows, parts=len(manifest.parts))
        if manifest.rows:
            ratings = exported_ratings(run.run_id)
            write_summary(run.run_id, ExportSummary(len(ratings.people), ratings_per_day(ratings)))


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
    """Measure a twin of the model, and write the model's card, plots and figures by person beside it."""
    from batch_jobs.plots import draw_plots

    with run.stage("evaluate") as counts:
        settings = TrainingSettings()
        ratings = exported_ratings(run.run_id)
        facts = card.DataFacts.of(ratings)
        cold_start = measure_cold_start(ratings, settings.ranking)
        split = split_ratings(ratings)
        # A twin is trained in the memory that the whole export took.
        del ratings
        exported_ratings.cache_clear()
        evaluation, figures = measure(split, settings, cold_start=cold_start)
        counts.update(
            people=evaluation.people,
            rmse=round(evaluation.rmse, 4),
            ndcg10=round(evaluation.ranking.ndcg10, 4),
            popularity_ndcg10=round(evaluation.popularity.ndcg10, 4),
        )
        plots = {f"plots/{name}": content for name, content in draw_plots(evaluation).items()}
        for name, content in plots.items():
            artifacts.write(Kind.MODELS, run.run_id, name, content, SVG)
        artifacts.write(Kind.MODELS, run.run_id, per_person.FILE_NAME, figures.to_bytes(), BINARY)
        made = card.make_card(run.run_id, run.started_at, facts, settings, evaluation)
        made["plots"] = sorted(plots)
        artifacts.write(Kind.MODELS, run.run_id, model_card.FILE_NAME, card.to_json(made), JSON)
    return evaluation


def publish(run: Run) -> None:
    """Make the run's model current if the gate lets it pass, and the catalogue's counts and averages those
    of its export in any case."""
    with run.stage("publish") as counts:
        for stage in ("train", "evaluate"):
            if "finished_at" not in run.stages.get(stage, {}):
                raise NotFoundError(f"Run {run.run_id} has nothing to publish: run `{stage}` first.")
        ratings = exported_ratings(run.run_id)
        basis = basis_of_export(ratings, started_at(run.run_id))
        change = publish_ratings_summary(rating_summary(ratings), basis)
        count_changes()  # those since the export are now relative to it
        counts["catalogue"] = change.version
        pointer = artifacts.read_pointer(Kind.MODELS)
        current = pointer.version if pointer else None
        if current == run.run_id:
            counts["model"] = current
            return
        verdict = _judged(run.run_id, current)
        if verdict.accepted:
            artifacts.swap_pointer(Kind.MODELS, run.run_id, pointer)
            counts.update(model=run.run_id, replaced=current)
        else:
            counts.update(model=current, refused=run.run_id, reason=verdict.reason)


def _judged(version: str, current: str | None) -> Verdict:
    """What the gate says of a model; it is written on the model's card."""
    figures = _figures(version)
    made = artifacts.read(Kind.MODELS, version, model_card.FILE_NAME)
    if figures is None or made is None:
        raise NotFoundError(f"The model {version} has no figures to judge it by: run `evaluate` first.")
    verdict = judge(figures, _figures(current) if current else None)
    judged = card.with_verdict(json.loads(made), verdict, current)
    artifacts.write(Kind.MODELS, version, model_card.FILE_NAME, card.to_json(judged), JSON)
    return verdict


def _figures(version: str) -> PersonFigures | None:
    stored = artifacts.read(Kind.MODELS, version, per_person.FILE_NAME)
    return None if stored is None else PersonFigures.from_bytes(stored)


def suggest(run: Run) -> None:
    """Write everybody's suggestions by the current model."""
    with run.stage("suggest") as counts:
        version = artifacts.current_version(Kind.MODELS)
        model = Model.load(artifacts.fetch(Kind.MODELS, version, FILE_NAME))
        ratings = exported_ratings(run.run_id)
        suggested: set[MovieId] = set()

        def row(one: tuple[PersonId, StoredSuggestions]) -> SuggestionsRow:
            suggested.update(suggestion.movie_id for suggestion in one[1].suggestions)
            return suggestions_row(*one)

        written = write_rows(
            _suggestions(model, version, ratings, marked_movies()),
            row,
            label="suggestions",
            total=len(ratings.people),
        )
        counts.update(
            people=written.written,
            of_people=len(ratings.people),
            movies=len(suggested),
            of_movies=int(model.suggestible.sum()),
            model=version,
        )


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


def ratings_per_day(ratings: RatingColumns) -> dict[str, int]:
    """How many ratings were given on each of the latest `SUMMARISED_DAYS` days (UTC) that have any."""
    days, counts = np.unique(ratings.rated_at // DAY_MS, return_counts=True)
    return {
        str(day): count
        for day, count in zip(
            days[-SUMMARISED_DAYS:].astype("datetime64[D]"), counts[-SUMMARISED_DAYS:].tolist(), strict=True
        )
    }


def rating_summary(ratings: RatingColumns) -> dict[MovieId, RatingSummary]:
    """Count, mean and histogram of each movie's ratings."""
    steps = round(MOST_STARS / FEWEST_STARS)
    half_stars = np.rint(ratings.stars / FEWEST_STARS).astype(np.int64) - 1
    cells = ratings.movie.astype(np.int64) * steps + half_stars
    histograms = np.bincount(cells, minlength=len(ratings.movie_ids) * steps).reshape(-1, steps)
    counts = histograms.sum(axis=1)
    means = histograms @ (FEWEST_STARS * np.arange(1, steps + 1)) / counts
    return {
        MovieId(movie_id): RatingSummary(count, mean, tuple(histogram))
        for movie_id, count, mean, histogram in zip(
            ratings.movie_ids.tolist(), counts.tolist(), means.tolist(), histograms.tolist(), strict=True
        )
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
