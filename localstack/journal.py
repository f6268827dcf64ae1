"""A journal of DynamoDB writes: what was acknowledged is on disk, whatever happens to the process.

A journal is a folder of numbered segments, `00000001.journal`, `00000002.journal`, … A segment is

    8 bytes   b"MOVIEJ1\\n"
    records   4 bytes length, 4 bytes CRC-32 of the payload (both big-endian), payload

and a payload is one JSON object, the outcome of one request:

    {"scope": [access key, region], "writes": [[table, {"PutRequest": …} or {"DeleteRequest": …}], …],
     "streamed": [[table, stream record], …]}

Outcomes, not requests, are kept: each write names the whole item that was there afterwards. Replaying a
segment twice, or onto a snapshot that already holds it, therefore ends in the same state, and neither a
condition nor the time of day can make a replay come out differently.

A record is handed to the operating system before its request is answered, so the death of the process
loses nothing. The disk is asked to keep it (fsync) once a second, so a power cut loses at most the last
second. A record that was cut short is the last one of its segment and was never acknowledged: it is
dropped when the segment is opened.
"""

import contextlib
import json
import os
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Any

MAGIC = b"MOVIEJ1\n"
_FRAME = Struct(">II")


class DamagedStateError(Exception):
    """What is on disk cannot be read; the message says which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request wrote: `writes` are pairs of a table and a BatchWriteItem write request, `streamed`
    pairs of a table and a record that the write put into the table's stream."""

    scope: tuple[str, str]
    writes: list[tuple[str, dict[str, Any]]]
    streamed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def encode(self) -> bytes:
        content: dict[str, Any] = {"scope": self.scope, "writes": self.writes}
        if self.streamed:
            content["streamed"] = self.streamed
        return json.dumps(content, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, payload: bytes) -> "Outcome":
        data = json.loads(payload)
        return cls(
            tuple(data["scope"]),
            [(table, write) for table, write in data["writes"]],
            [(table, record) for table, record in data.get("streamed", ())],
        )


class Journal:
    """The open journal. `append` and `rotate` are for one thread; `sync` may run in another.

    Opening drops a cut-off record at the end of a segment. Raises DamagedStateError.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._syncing = threading.Lock()
        for segment in self.segments():
            _drop_torn_record(segment)
        *ended, newest = self.segments() or [self._path(1)]
        self._sealed = sum(segment.stat().st_size for segment in ended)
        self._open(newest)

    def segments(self) -> list[Path]:
        return sorted(self._folder.glob("*.journal"))

    @property
    def size(self) -> int:
        """Bytes in all segments."""
        return self._sealed + self._end

    def append(self, outcome: Outcome) -> None:
        """Hand the outcome to the operating system. Raises OSError, after which the journal is as before."""
        payload = outcome.encode()
        record = memoryview(_FRAME.pack(len(payload), zlib.crc32(payload)) + payload)
        try:
            while record:
                record = record[os.write(self._file, record) :]
        except OSError:
            # What follows a half-written record would be unreadable.
            os.ftruncate(self._file, self._end)
            os.lseek(self._file, self._end, os.SEEK_SET)
            raise
        self._end += _FRAME.size + len(payload)
        self._unsynced = True

    def sync(self) -> None:
        """Ask the disk to keep everything appended so far."""
        with self._syncing:
            if self._unsynced:
                self._unsynced = False
                os.fsync(self._file)

    def rotate(self) -> list[Path]:
        """Go on in a new segment; returns the ones that end here, for `drop` once a snapshot holds them."""
        ended = self.segments()
        following = self._path(int(ended[-1].stem) + 1)
        with self._syncing:
            before, size = self._file, self._end
            self._open(following)
            self._sealed += size
            os.close(before)
        return ended

    def drop(self, segments: list[Path]) -> None:
        for segment in segments:
            self._sealed -= segment.stat().st_size
            segment.unlink()

    def outcomes(self) -> Iterator[Outcome]:
        """Everything in the journal, oldest first."""
        for segment in self.segments():
            for payload, _ in _records(segment.read_bytes()):
                yield Outcome.decode(payload)

    def close(self) -> None:
        self.sync()
        os.close(self._file)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}.journal"

    def _open(self, segment: Path) -> None:
        file = os.open(segment, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._end = os.lseek(file, 0, os.SEEK_END)
            if self._end == 0:
                os.write(file, MAGIC)
                self._end = len(MAGIC)
        except OSError:
            os.close(file)
            with contextlib.suppress(OSError):
                segment.unlink()
            raise
        self._file = file
        self._unsynced = True


def _records(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The whole records of a segment, each with the offset where it ends."""
    at = len(MAGIC)
    while at + _FRAME.size <= len(data):
        length, checksum = _FRAME.unpack_from(data, at)
        at += _FRAME.size
        payload = data[at : at + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        at += length
        yield payload, at


def _drop_torn_record(segment: Path) -> None:
    """Cut a segment after its last whole record."""
    data = segment.read_bytes()
    if not data.startswith(MAGIC) and not MAGIC.startswith(data):
        raise DamagedStateError(
            f"{segment} is not a journal; bring it back from a copy, or begin anew: make reset"
        )
    end = len(MAGIC) if data.startswith(MAGIC) else 0
    for _, end in _records(data):  # noqa: B007 - only where the last one ends matters
        pass
    if end < len(data):
        os.truncate(segment, end)
