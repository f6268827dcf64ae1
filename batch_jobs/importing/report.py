"""What an import did: every row read was kept, merged, left out or rejected, and is counted as such."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO


class Rejects:
    """The file of rejected rows: which file, which line (counted from 1), why, and the row itself.

    Without a path the rows are only counted.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stream: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._stream)
            self._writer.writerow(("file", "line", "reason", "row"))

    def write(self, rows: Iterable[tuple[str, int, str, str]]) -> None:
        if self._stream is not None:
            self._writer.writerows(rows)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


@dataclass(slots=True)
class Tally:
    """What became of the rows of one file: read = kept + merged + left out + rejected.

    Merged rows said again what another row says. Rows left out are sound but were not asked for.
    `mended` counts values (not rows) that were unreadable or meaningless and taken as unknown.
    """

    source: str
    rejects: Rejects
    read: int = 0
    kept: int = 0
    merged: int = 0
    left_out: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)

    def reject(self, reason: str, line: int, row: str) -> None:
        self.reject_all(reason, ((line, row),))

    def reject_all(self, reason: str, rows: Iterable[tuple[int, str]]) -> None:
        """Reject rows, given as line number and text, for one reason."""
        listed = [(self.source, line, reason, row) for line, row in rows]
        self.rejected[reason] += len(listed)
        self.rejects.write(listed)


class ImportReport:
    """The account of one import. Use it in a `with` block, which completes the file of rejects."""

    def __init__(self, rejects_file: Path | None = None) -> None:
        self.rejects = Rejects(rejects_file)
        self.tallies: list[Tally] = []
        self.ignored: list[str] = []
        self.notes: list[str] = []
        self.outcome: dict[str, int | str | bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rejects.close()

    def tally(self, source: str) -> Tally:
        """A new count for the file called `source`."""
        self.tallies.append(Tally(source, self.rejects))
        return self.tallies[-1]

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def as_dict(self) -> dict[str, object]:
        """The whole report as plain values that JSON can hold."""
        return {
            "files": [
                {
                    "file": tally.source,
                    "read": tally.read,
                    "kept": tally.kept,
                    "merged": tally.merged,
                    "left_out": tally.left_out,
                    "rejected": tally.rejected.total(),
                    "rejected_because": dict(tally.rejected),
                    "taken_as_unknown": dict(tally.mended),
                }
                for tally in self.tallies
            ],
            "ignored": self.ignored,
            "notes": self.notes,
            "outcome": self.outcome,
            "rejects_file": str(self.rejects.path) if self.rejects.path else None,
        }

    def __str__(self) -> str:
        """A table for people."""
        head = ("file", "read", "kept", "merged", "left out", "rejected")
        rows = [
            (tally.source, *map(_grouped, (tally.read, tally.kept, tally.merged, tally.left_out)),
             _grouped(tally.rejected.total()))
            for tally in self.tallies
        ]  # fmt: skip
        widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
        lines = [
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in (head, *rows)
        ]
        for tally in self.tallies:
            for reason, count in tally.rejected.most_common():
                lines.append(f"{tally.source}: {_grouped(count)} rejected because {reason}")
            for what, count in tally.mended.most_common():
                lines.append(f"{tally.source}: {_grouped(count)} × {what} taken as unknown")
        if self.ignored:
            lines.append(f"not used: {', '.join(self.ignored)}")
        lines.extend(self.notes)
        if self.outcome:
            lines.append(
                ", ".join(
                    f"{name.replace('_', ' ')} {_grouped(value) if isinstance(value, int) else value}"
                    for name, value in self.outcome.items()
                )
            )
        if self.rejects.path and any(tally.rejected for tally in self.tallies):
            lines.append(f"the rejected rows are in {self.rejects.path}")
        return "\n".join(lines)


def _grouped(count: int) -> str:
    if isinstance(count, bool):
        return "yes" if count else "no"
    return f"{count:,}"
