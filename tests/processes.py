"""Servers of our own on this machine: where they listen, when they are up, and how they end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCALSTACK = ROOT / "localstack"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def await_ready(
    process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool], seconds: float = 60
) -> None:
    """Wait until it is `ready`. Raises AssertionError with what it said last if it has ended, or is late."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, f"{log.stem} has ended:\n{log.read_text(errors='replace')[-3000:]}"
        assert time.monotonic() < deadline, f"{log.stem} is late:\n{log.read_text(errors='replace')[-3000:]}"
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
    """Tell a process that leads a session, and all that is in it, to end."""
    os.killpg(process.pid, number)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def product(state: Path, *options: str, seconds: float) -> Iterator[tuple[str, str]]:
    """What `make run` starts, once it is ready: the addresses of the site and of its AWS.

    Everything is kept in the folder `state`. Raises AssertionError if it is not ready within so many seconds.
    """
    port, aws_port = free_port(), free_port()
    log = state / "run.log"
    places = ["--port", str(port), "--aws-port", str(aws_port), "--state", str(state)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(LOCALSTACK / "run.py"), *places, *options],
            cwd=ROOT,
            # Where its site is, and who sends its mail, is for the product to say, as it is for anybody.
            env={name: value for name, value in os.environ.items() if name not in {"SITE_URL", "MAIL_FROM"}},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        await_ready(process, log, lambda: "Ready:" in log.read_text(errors="replace"), seconds)
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{aws_port}"
    finally:
        end(process, signal.SIGINT)
