"""Time and memory of a process and those it started, by their session; on Linux, with nothing installed.

`getrusage` would leave out what has not been waited for, such as the Java machine under Spark.
"""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_SESSION, _USER_TIME, _SYSTEM_TIME = 3, 11, 12
"""Places in /proc/PID/stat, counted after the name, which may hold spaces."""


def _of_session(session: int) -> Iterator[tuple[Path, list[str]]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            if int(fields[_SESSION]) == session:
                yield folder, fields


def cpu_seconds(session: int) -> float:
    """Processor time that the session's living processes have taken."""
    return sum(int(f[_USER_TIME]) + int(f[_SYSTEM_TIME]) for _, f in _of_session(session)) / _TICKS


def peak_megabytes(session: int) -> float:
    """The most memory that each of the session's living processes has held, added up."""
    kilobytes = 0
    for folder, _ in _of_session(session):
        try:
            status = (folder / "status").read_text(encoding="utf-8")
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return kilobytes / 1024
