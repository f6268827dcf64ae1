"""The benchmark's results as Markdown tables."""

import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.contestants import BASE_OF_RANKS, BASE_OF_STARS, CONTESTANTS
from tests.benchmarks.entrants.task import COUNT

Rounds = list[dict[str, Any]]
Results = dict[str, Any]

_STARS = (
    "who", "RMSE", "MAE", "fit, s", "× as fast as Surprise", "CPU, s", "M ratings/s", "load, s",
    "predict, µs each", "peak, MB",
)  # fmt: skip
_RANKS = (
    "who", "nDCG@10", "× popularity", "recall@20", "coverage", "novelty, bits", "fit, s", "CPU, s",
    "M ratings/s", "load, s", f"top {COUNT} for 1,000, s", "peak, MB",
)  # fmt: skip


_INTRODUCTION = """# Benchmarks

Written by `make bench`: the same data, split, machine and judge for all. Every contestant runs in a process
of its own, and each peer in an environment of its own, with the versions and settings listed at the end:
the defaults or examples of its documentation, with the factors and epochs of ours where both have them.
Rounds go in turns, and their medians are shown: of three, or of one where there are 26M ratings.

*How many stars?* is asked of a random tenth of the ratings, at most 200,000 of them: RMSE and MAE of what is
predicted. *What next?* holds out everybody's newest fifth of the ratings, and asks for lists for at most
2,000 people: nDCG@10 and recall@20 of the held-out films that they gave four stars or more, among all films
that they had not rated. A list that names a rated film, or one film twice, is disqualified. Coverage is the
share of all films in anybody's top ten; novelty is how rare those are, in bits: minus log2 of the share of
people who had rated them.

Load is from Parquet to what the library fits on. CPU is of the fit. Ratings/s are those of the training set
by the seconds of the fit. Peak memory is of the whole process and those it started. Compiling ahead of time
and the start of the Java machine are not counted. *Ours* under *What next?* fits both of our models, because
they are trained together. † marks who ran while other programs took over a tenth of the processors, so that
its times are too long; figures of quality and memory do not suffer by that.
"""


_DISTURBANCE = 0.1


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {model}, {gigabytes:.0f} GB, Python {platform.python_version()}"


def median(rounds: Rounds, *path: str) -> float | None:
    """Of a figure over the rounds that have it; None if none has."""
    found = []
    for one in rounds:
        value: Any = one
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            found.append(float(value))
    return statistics.median(found) if found else None


def render(results: Results) -> str:
    """The whole document."""
    parts = [_INTRODUCTION]
    for size, measured in results.items():
        about = measured["about"]
        parts.append(
            f"## {about['title']}\n\n{about['ratings']:,} ratings by {about['people']:,} people of "
            f"{about['movies']:,} films. {measured['machine']}; {measured['date']}.\n"
        )
        runs: Mapping[str, Rounds] = measured["runs"]
        parts.append("### How many stars?\n\n" + _table(_STARS, _rows(size, "stars", runs, about)))
        parts.append("### What next?\n\n" + _table(_RANKS, _rows(size, "ranks", runs, about)))
    parts.append("## Settings\n\n" + _table(("who", "version", "settings"), _settings(results), "---"))
    return "\n".join(parts)


def _rows(
    size: str, kind: str, runs: Mapping[str, Rounds], about: Mapping[str, Any]
) -> Iterable[Sequence[str]]:
    cells = _stars_cells if kind == "stars" else _ranks_cells
    for one in CONTESTANTS:
        if one.kind != kind or (one.sizes and size not in one.sizes):
            continue
        rounds = runs.get(one.key, [])
        failed = next((r["failed"] for r in rounds if "failed" in r), None if rounds else "not run")
        disturbed = (median(rounds, "others") or 0) > _DISTURBANCE
        row = [f"{one.name} †" if disturbed else one.name, *cells(rounds, runs, about)]
        if failed:
            row[1] = failed
        yield row


def _stars_cells(rounds: Rounds, runs: Mapping[str, Rounds], about: Mapping[str, Any]) -> Sequence[str]:
    fit, base = median(rounds, "seconds", "fit"), median(runs.get(BASE_OF_STARS, []), "seconds", "fit")
    return (
        _number(median(rounds, "rmse"), 4),
        _number(median(rounds, "mae"), 4),
        _figures(fit),
        _figures(base / fit) if base and fit else "",
        _figures(median(rounds, "cpu_seconds", "fit")),
        _figures(about["stars_ratings"] / fit / 1e6) if fit else "",
        _figures(median(rounds, "seconds", "load")),
        _per(median(rounds, "seconds", "predict"), 1e6 / about["pairs"]),
        _number(median(rounds, "peak_mb"), 0),
    )


def _ranks_cells(rounds: Rounds, runs: Mapping[str, Rounds], about: Mapping[str, Any]) -> Sequence[str]:
    fit = median(rounds, "seconds", "fit")
    ndcg, base = median(rounds, "ndcg10"), median(runs.get(BASE_OF_RANKS, []), "ndcg10")
    return (
        _number(ndcg, 4),
        _number(ndcg / base, 2) if ndcg and base else "",
        _number(median(rounds, "recall20"), 4),
        _number(median(rounds, "coverage"), 3),
        _number(median(rounds, "novelty"), 2),
        _figures(fit),
        _figures(median(rounds, "cpu_seconds", "fit")),
        _figures(about["ranks_ratings"] / fit / 1e6) if fit else "",
        _figures(median(rounds, "seconds", "load")),
        _per(median(rounds, "seconds", "score"), 1000 / about["sample"]),
        _number(median(rounds, "peak_mb"), 0),
    )


def _settings(results: Results) -> Iterable[Sequence[str]]:
    """A row for each contestant, or for each size where its settings go by that."""
    for one in CONTESTANTS:
        said: dict[tuple[str, str], list[str]] = {}
        for size, measured in results.items():
            for result in measured["runs"].get(one.key, [])[:1]:
                options = ", ".join(f"{name} {value}" for name, value in result.get("settings", {}).items())
                said.setdefault((result.get("version", ""), options), []).append(size)
        for (version, options), sizes in said.items():
            yield one.name if len(said) == 1 else f"{one.name}, {' and '.join(sizes)}", version, options


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], side: str = "---:") -> str:
    lines = [heads, ["---"] + [side] * (len(heads) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _figures(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


def _per(value: float | None, times: float) -> str:
    return "" if value is None else _figures(value * times)
