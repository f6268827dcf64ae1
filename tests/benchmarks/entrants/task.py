"""What an entrant is given to do. It runs in the entrant's own environment: numpy and pyarrow alone.

    python -m tests.benchmarks.entrants.MODULE ENTRANT DATA OUT

Each phase is timed; when one begins, what has been measured until then is written to `OUT/report.json`.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests.benchmarks.processes import cpu_seconds, peak_megabytes

COUNT = 100
"""How many movies to suggest to each person."""


class Task:
    """Either of stars (`asked`, `answer`) or of ranks (`sample`, `suggest`)."""

    def __init__(self, data: Path, out: Path) -> None:
        self.train_file, self.asked_file = data / "train.parquet", data / "asked.parquet"
        about = json.loads((data / "about.json").read_text(encoding="utf-8"))
        self.people, self.movies, self.ratings = about["people"], about["movies"], about["learnt"]
        self._data, self._out = data, out
        self._report: dict[str, Any] = {"seconds": {}, "cpu_seconds": {}}

    def settings(self, package: str, **options: Any) -> dict[str, Any]:
        """Put on record what the entrant is run with; returns the options."""
        self._report |= {"version": f"{package} {version(package)}", "settings": options}
        return options

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """One of `load`, `fit` and `predict` or `score`."""
        self._write(phase)
        started, processor = time.perf_counter(), cpu_seconds(os.getsid(0))
        yield
        self._report["seconds"][phase] = time.perf_counter() - started
        self._report["cpu_seconds"][phase] = cpu_seconds(os.getsid(0)) - processor
        self._write("")

    def train(self) -> dict[str, NDArray[Any]]:
        """user_id, movie_id (both from 0 on) and stars."""
        table = pq.read_table(self.train_file, columns=["user_id", "movie_id", "stars"])
        return {name: table[name].to_numpy() for name in table.column_names}

    def asked(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        table = pq.read_table(self.asked_file)
        return table["user_id"].to_numpy(), table["movie_id"].to_numpy()

    def answer(self, stars: Any) -> None:
        """One prediction for each pair that is asked; NaN for none."""
        np.save(self._out / "answer.npy", np.asarray(stars, dtype=np.float32))

    @cached_property
    def sample(self) -> NDArray[np.int32]:
        people: NDArray[np.int32] = np.load(self._data / "people.npy")
        return people

    def suggest(self, lists: NDArray[np.integer]) -> None:
        """For each of `sample` the `COUNT` best movies they had not rated; -1 where there are no more."""
        np.save(self._out / "answer.npy", lists.astype(np.int32))

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """What the people of `sample` had rated: place in the sample * movies + movie, ascending."""
        pairs: NDArray[np.int64] = np.load(self._data / "seen.npy")
        return pairs

    def most_seen(self) -> int:
        return int(np.bincount(self.seen // self.movies).max())

    def without_seen(self, lists: NDArray[np.integer]) -> NDArray[np.integer]:
        """The first `COUNT` of each list that had not been rated."""
        pairs = np.arange(len(lists))[:, np.newaxis] * self.movies + lists
        lists = np.where(np.isin(pairs, self.seen), -1, lists)
        order = np.argsort(lists < 0, axis=1, kind="stable")[:, :COUNT]
        return np.take_along_axis(lists, order, axis=1)

    def best_unseen(self, scores_of: Callable[[int], NDArray[Any]]) -> NDArray[np.integer]:
        """From the scores of all movies for a person."""
        ends = np.searchsorted(self.seen, np.arange(len(self.sample) + 1) * self.movies)
        lists = np.empty((len(self.sample), min(COUNT, self.movies)), dtype=np.int32)
        for place, person in enumerate(self.sample.tolist()):
            scores = np.array(scores_of(person), dtype=np.float32)
            scores[self.seen[ends[place] : ends[place + 1]] - place * self.movies] = -np.inf
            best = np.argpartition(-scores, lists.shape[1] - 1)[: lists.shape[1]]
            best = best[np.argsort(-scores[best], kind="stable")]
            lists[place] = np.where(np.isfinite(scores[best]), best, -1)
        return lists

    def _write(self, phase: str) -> None:
        report = self._report | {"phase": phase, "peak_mb": peak_megabytes(os.getsid(0))}
        partly = self._out / "report.partly"
        partly.write_text(json.dumps(report), encoding="utf-8")
        partly.replace(self._out / "report.json")


def run(entrants: Mapping[str, Callable[[Task], None]]) -> None:
    command = argparse.ArgumentParser()
    command.add_argument("entrant", choices=entrants)
    command.add_argument("data", type=Path)
    command.add_argument("out", type=Path)
    asked = command.parse_args()
    entrants[asked.entrant](Task(asked.data, asked.out))
