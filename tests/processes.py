"""Servers of our own on this machine: where they listen, when they are up, and how they end."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
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
