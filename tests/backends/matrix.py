"""What came of the suite: a row for each promise, a column for each backend."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pytest

NOTE = "note"
"""The name under which a test records what does not hold, or holds in another way, on its backend."""

_TEST = re.compile(r"test_(?P<promise>\w+)\[(?P<backend>\w+)\]$")


def matrix(reports: Iterable[pytest.TestReport], backends: Sequence[str]) -> list[str]:
    """The table as lines of text; no lines where none of the reports is of a backend."""
    said: dict[str, dict[str, pytest.TestReport]] = defaultdict(dict)
    seconds: dict[str, float] = defaultdict(float)
    for report in sorted(reports, key=lambda report: (report.location[0], report.location[1] or 0)):
        if (named := _TEST.search(report.nodeid)) and named["backend"] in backends:
            seconds[named["backend"]] += report.duration
            cells = said[named["promise"].replace("_", " ")]
            if report.when == "call" or not report.passed:
                cells[named["backend"]] = report
    if not said:
        return []
    shown = [name for name in backends if name in seconds]
    notes: list[str] = []
    width = max(map(len, said))
    lines = [_line("", shown, width)]
    for promise, cells in said.items():
        lines.append(_line(promise, [_cell(cells.get(name), name, notes) for name in shown], width))
    lines.append(_line("seconds", [f"{seconds[name]:.0f}" for name in shown], width))
    return lines + [f"{number}  {note}" for number, note in enumerate(notes, 1)]


def _line(first: str, others: Sequence[str], width: int) -> str:
    return f"{first:{width}}  {'  '.join(f'{one:12}' for one in others)}".rstrip()


def _cell(report: pytest.TestReport | None, backend: str, notes: list[str]) -> str:
    """One word, and the number of the note that says why."""
    if report is None:
        return "not run"
    noted = [text for name, text in report.user_properties if name == NOTE]
    word = "yes"
    if report.failed:
        word, noted = "NO", [_reason(report)]
    elif report.skipped:
        word, noted = "skipped", [_reason(report)]
    elif noted:
        word = "in part"
    numbers = []
    for text in noted:
        note = f"{backend}: {text}"
        if note not in notes:
            notes.append(note)
        numbers.append(str(notes.index(note) + 1))
    return " ".join([word, *numbers])


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longreprtext).strip().partition("\n")[0]
