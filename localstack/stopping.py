"""How a server that `run.py` started is told to end."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType


def stop_when_told(stop: Callable[[], None], *, with_parent: bool) -> None:
    """Call `stop` at SIGINT and SIGTERM and, `with_parent`, when standard input closes: our parent is gone,
    however it ended."""

    def obey(_number: int, _frame: FrameType | None) -> None:
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, obey)
    if with_parent:

        def wait_for_parent() -> None:
            sys.stdin.buffer.read()
            stop()

        threading.Thread(target=wait_for_parent, daemon=True).start()
