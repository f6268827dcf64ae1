"""How the service is doing, from what jobs have left behind: nothing is counted while somebody waits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chalicelib.domain.cost import Estimate, Prices, Usage, estimate, read_prices
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.model_card import is_version
from chalicelib.services.runs import latest_runs
from chalicelib.storage import rating_exports
from chalicelib.storage.artifacts import Kind, current_version_if_any
from chalicelib.storage.rating_exports import ExportSummary, RatingExport
from chalicelib.storage.runs import RecordedRun

_DAYS = 30


@dataclass(frozen=True, slots=True)
class SuggestionCoverage:
    """Whom the last job wrote suggestions for, and which films appear in any of them.

    `up_to_date` tells whether the model they were made by is still the current one; otherwise they are
    computed anew when they are asked for.
    """

    run_id: str
    model: str
    people: int
    of_people: int
    movies: int
    of_movies: int
    up_to_date: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """What is None is not there yet. `summary` is of the export of `exported`."""

    catalogue_version: str | None
    model_version: str | None
    last_run: RecordedRun | None
    exported: RatingExport | None
    summary: ExportSummary | None
    coverage: SuggestionCoverage | None


def overview() -> Overview:
    recent = latest_runs()
    model = current_version_if_any(Kind.MODELS)
    exported = next(filter(None, (_export_of(run) for run in recent)), None)
    return Overview(
        current_version_if_any(Kind.CATALOGUE),
        model,
        recent[0] if recent else None,
        exported,
        rating_exports.summary_of(exported.run_id) if exported else None,
        _coverage(recent, model),
    )


def link_to_export(run_id: str, name: str) -> str:
    """Where to download a part of an export. Raises NotFoundError if there is none of that name."""
    export = rating_exports.export_of(run_id) if is_version(run_id) else None
    if export is None or name not in {part.name for part in export.parts}:
        raise NotFoundError("There is no such export; it may have expired.")
    return rating_exports.link_to_part(run_id, name)


def usage_now() -> Usage:
    """What is known of how the service is used; the rest is as `Usage` assumes."""
    now = overview()
    usage = Usage()
    if now.exported is not None:
        usage = replace(usage, ratings=now.exported.rows)
    if now.summary is not None:
        usage = replace(usage, people=now.summary.people, ratings_a_day=_ratings_a_day(now.summary))
    minutes = _whole_minutes(now.last_run)
    return usage if minutes is None else replace(usage, job_minutes=minutes)


def bill(usage: Usage) -> tuple[Estimate, Prices]:
    prices = read_prices()
    return estimate(usage, prices), prices


def _ratings_a_day(summary: ExportSummary) -> float:
    """The mean of the thirty days up to the latest that has ratings."""
    begin = date.fromisoformat(max(summary.days)) - timedelta(days=_DAYS - 1)
    counts = (count for day, count in summary.days.items() if date.fromisoformat(day) >= begin)
    return round(sum(counts) / _DAYS, 1)


def _export_of(run: RecordedRun) -> RatingExport | None:
    exported = run.stages.get("export", {})
    done = "finished_at" in exported and "error" not in exported
    return rating_exports.export_of(run.run_id) if done else None


def _coverage(recent: Iterable[RecordedRun], model: str | None) -> SuggestionCoverage | None:
    for run in recent:
        counts = run.stages.get("suggest", {}).get("counts", {})
        if "of_people" in counts:
            return SuggestionCoverage(
                run.run_id,
                counts["model"],
                counts["people"],
                counts["of_people"],
                counts["movies"],
                counts["of_movies"],
                counts["model"] == model,
            )
    return None


def _whole_minutes(run: RecordedRun | None) -> float | None:
    """How long a run took, its container's start included; None unless it finished all it does."""
    if run is None or run.state != "finished" or not {"export", "suggest"} <= run.stages.keys():
        return None
    milliseconds: int = sum(stage["finished_at"] - stage["started_at"] for stage in run.stages.values())
    return round(1 + milliseconds / 60_000, 1)
