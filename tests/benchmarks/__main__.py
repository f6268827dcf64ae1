"""This project against other libraries: the same data, the same split, the same machine, in turns.

    make bench                                    # everything; hours
    make bench SIZES="ml-100k 1m"
    python -m tests.benchmarks --sizes 26m --only ours/svd-tuned implicit/als

What was measured is kept in build/bench/results.json beside the data, and a run that was interrupted goes on
from there; --again measures anew. The tables go to docs/benchmarks.md unless another --table is named.
"""

import argparse
import datetime
import json
import signal
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.contestants import CONTESTANTS, Contestant
from tests.benchmarks.data import SIZES, facts, prepare
from tests.benchmarks.report import Results, machine, render
from tests.benchmarks.running import ROOT, environment_of, run

ROUNDS = {"26m": 1}
"""Where not three."""

_SHARE_OF_MEMORY = 0.8


def free_gigabytes() -> float:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    return round(_SHARE_OF_MEMORY * kilobytes / 2**20, 1)


class Benchmark:
    def __init__(self, folder: Path, minutes: float, gigabytes: float) -> None:
        self._folder, self._minutes, self._gigabytes = folder, minutes, gigabytes
        self._file = folder / "results.json"
        self.results: Results = (
            json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
        )

    def run(self, size: str, contestants: list[Contestant], rounds: int, again: bool) -> None:
        """Run each contestant until it has been measured `rounds` times; once is enough for a failure."""
        data = prepare(size, self._folder / "data")
        measured = self.results.setdefault(size, {"runs": {}})
        measured["about"] = facts(data)
        runs = measured["runs"]
        if again:
            for one in contestants:
                runs.pop(one.key, None)
        for n in range(rounds):
            for one in contestants:
                so_far = runs.setdefault(one.key, [])
                if len(so_far) > n or any("failed" in result for result in so_far):
                    continue
                result = self._measure(one, data)
                so_far.append(result)
                measured |= {
                    "machine": machine(),
                    "date": str(datetime.datetime.now(datetime.UTC).date()),
                }
                print(f"{size:8} round {n + 1}  {one.key:22} {_said(result)}", flush=True)
                self._save()

    def _measure(self, contestant: Contestant, data: Path) -> dict[str, Any]:
        python = Path(sys.executable)
        if contestant.package:
            try:
                python = environment_of(contestant.package, self._folder / "environments")
            except RuntimeError as error:
                return {"failed": str(error)}
        return run(contestant, python, data, self._minutes, self._gigabytes)

    def _save(self) -> None:
        in_order = {size: self.results[size] for size in SIZES if size in self.results}
        partly = self._file.with_suffix(".partly")
        partly.write_text(json.dumps(in_order, indent=1), encoding="utf-8")
        partly.replace(self._file)


def _said(result: dict[str, Any]) -> str:
    names = ("rmse", "ndcg10", "peak_mb")
    figures: dict[str, float] = {name: result[name] for name in names if name in result}
    figures |= {f"{phase} s": seconds for phase, seconds in result.get("seconds", {}).items()}
    return ", ".join([*(f"{name} {value:.4g}" for name, value in figures.items()), result.get("failed", "")])


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    keys = [one.key for one in CONTESTANTS]
    command.add_argument("--sizes", nargs="+", choices=SIZES, default=["ml-100k", "1m", "26m"])
    command.add_argument("--only", nargs="+", choices=keys, metavar="CONTESTANT", default=keys)
    command.add_argument("--rounds", type=int, help="default: 3, and 1 at 26m")
    command.add_argument("--minutes", type=float, default=10, help="for a fit, and for any other phase")
    command.add_argument("--gigabytes", type=float, default=free_gigabytes(), help="for a process")
    command.add_argument("--again", action="store_true", help="forget what was measured of these before")
    command.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    command.add_argument("--table", type=Path, default=ROOT / "docs" / "benchmarks.md")
    asked = command.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that a contestant does not outlive us
    asked.folder.mkdir(parents=True, exist_ok=True)
    benchmark = Benchmark(asked.folder, asked.minutes, asked.gigabytes)
    for size in asked.sizes:
        chosen = [c for c in CONTESTANTS if c.key in asked.only and (not c.sizes or size in c.sizes)]
        benchmark.run(size, chosen, asked.rounds or ROUNDS.get(size, 3), asked.again)
    table = render({size: one for size, one in benchmark.results.items() if one["runs"]})
    print(table)
    asked.table.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
