"""Running one contestant in a process of its own, within bounds of time and memory."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.judging import Ranks, Stars
from tests.benchmarks.processes import cpu_seconds, peak_megabytes

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).with_name("peers.txt")

_LOOK_EVERY_SECONDS = 0.5
_THREADS = {f"{library}_NUM_THREADS": str(os.cpu_count()) for library in ("OMP", "OPENBLAS", "MKL")}


def environment_of(package: str, folder: Path) -> Path:
    """The Python of the package's own virtual environment, made unless it is there as peers.txt wants it.

    Raises RuntimeError, with what pip said last, if it cannot be installed.
    """
    home = folder / package
    python, stamp = home / "bin" / "python", home / "peers.txt"
    if not stamp.exists() or stamp.read_bytes() != PEERS.read_bytes():
        print(f"Installing {package} into {home} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", str(PEERS)]
        done = subprocess.run(
            [*command, package, "pandas", "pyarrow"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"cannot be installed: {_last_line(done.stderr)}")
        stamp.write_bytes(PEERS.read_bytes())
    return python


def run(contestant: Contestant, python: Path, data: Path, minutes: float, gigabytes: float) -> dict[str, Any]:
    """What it took and how good it was; `failed` says why there is less than that.

    A phase (load, fit, predict, score) that takes more than `minutes`, or a process that holds more than
    `gigabytes`, is ended. `others` is the share of the machine's processors that went to other programs.
    """
    worked, own, started = _worked(), _waited_for(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        out = Path(name)
        command = [str(python), "-m", f"tests.benchmarks.entrants.{contestant.module}", contestant.entrant]
        with (out / "said").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(
                [*command, str(data / contestant.kind), str(out)],
                cwd=ROOT,
                env=os.environ | _THREADS | {"PYTHONPATH": f"{ROOT}:{ROOT / 'chalice_app'}"},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                failed, watched = _watch(process, out, minutes, gigabytes)
            finally:
                _end(process)
            own = max(watched, _waited_for() - own)  # the former knows what was not waited for
            there = (time.monotonic() - started) * (os.cpu_count() or 1)
            if process.returncode and not failed:
                said.seek(0)
                failed = f"failed: {_last_line(said.read())}"
        result = _report(out)
        result.pop("phase", None)
        result["others"] = max(0.0, _worked() - worked - own) / there
        if failed:
            return result | {"failed": failed}
        judge = (Stars if contestant.kind == "stars" else Ranks).load(data / f"{contestant.kind}.npz")
        try:
            return result | judge.judge(np.load(out / "answer.npy"))
        except ValueError as error:
            return result | {"failed": f"disqualified: {error}"}


def _watch(
    process: subprocess.Popen[bytes], out: Path, minutes: float, gigabytes: float
) -> tuple[str, float]:
    """Wait for the end: why it had to be ended, if it had to be, and the processor time seen last."""
    phase, since, taken = "start", time.monotonic(), 0.0
    while process.poll() is None:
        time.sleep(_LOOK_EVERY_SECONDS)
        taken = max(taken, cpu_seconds(process.pid))
        now = _report(out).get("phase", "start")
        if now != phase:
            phase, since = now, time.monotonic()
        if time.monotonic() - since > 60 * minutes:
            return f"{phase} takes over {minutes:g} min", taken
        if peak_megabytes(process.pid) > 1024 * gigabytes:
            return f"{phase} needs over {gigabytes:g} GB", taken
    return "", taken


def _worked() -> float:
    """Seconds that the machine's processors have worked, in all."""
    user, nice, system, *_ = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=5)[1:]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _waited_for() -> float:
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started, which is all in one session and group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _report(out: Path) -> dict[str, Any]:
    file = out / "report.json"
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return report


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"
