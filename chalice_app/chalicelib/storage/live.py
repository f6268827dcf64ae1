"""The changes of ratings since the last exact count, and what they come to, in one S3 object.

    live/changes                      8 bytes   b"MOVIEL1\\n"
                                      4 bytes   length of the head, big-endian
                                      head      compressed JSON: what the changes come to
                                      changes   30 bytes each
    catalogue/<version>/counted.json  what the figures of that catalogue hold; never changes

The handler of the ratings' stream alone writes the object, on the condition that it is still what was
read: many batches at once end as if they had come one after the other. Head and changes are replaced
together, so neither is ever ahead of the other. Readers want the head only and read no further.
"""

import json
import logging
import struct
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import s3
from chalicelib.config import settings
from chalicelib.domain.errors import ConflictError, InvalidInputError
from chalicelib.domain.live import Basis, Change, LiveCounts, counts_of, digest
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import FEWEST_STARS, check_stars
from chalicelib.domain.trending import RecentRatings
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind, is_missing, was_too_late

LIVE_SECONDS = 20.0
"""How old the figures that a container shows may be."""

MOST_CHANGES = 200_000
"""Further changes (a bulk import, months without the nightly job) wait for the next exact count."""

BASIS_NAME = "counted.json"
_KEY = "live/changes"
_MAGIC = b"MOVIEL1\n"
_LENGTH = struct.Struct(">I")
_CHANGE = struct.Struct(">QQIIIBB")
_START = len(_MAGIC) + _LENGTH.size
_FIRST_READ = 64 << 10  # bytes, which the heads of most days fit into

log = logging.getLogger("movies.live")


@dataclass(frozen=True, slots=True)
class LiveState:
    """The object's content: uncounted `changes`, relative to the figures of the version `catalogue`."""

    catalogue: str | None
    changes: tuple[Change, ...]
    etag: str | None = None

    def joined(self, changes: Iterable[Change], catalogue: str | None, basis: Basis | None) -> "LiveState":
        """With further changes, relative to that catalogue; without a `basis` nothing is known of it."""
        every = {one.change_id: one for one in (*self.changes, *changes)}.values()
        left = basis.uncounted(every) if basis else list(every)
        if len(left) > MOST_CHANGES:
            log.warning("%d changes of ratings wait for the next exact count", len(left) - MOST_CHANGES)
        return LiveState(catalogue, tuple(left[:MOST_CHANGES]), self.etag)


_written: LiveState | None = None
_read_at = float("-inf")
_counts: dict[str, LiveCounts] = {}


def forget() -> None:
    """Forget what this process has read."""
    global _written, _read_at
    _written, _read_at = None, float("-inf")
    _counts.clear()
    basis_of.cache_clear()


def change_of(record: Mapping[str, Any]) -> Change:
    """A record of the ratings' stream, as Lambda delivers it. Raises ValueError for anything else."""
    try:
        change = record["dynamodb"]
        person, movie = change["Keys"]["user_id"]["S"], int(change["Keys"]["movie_id"]["N"])
        before, after = change.get("OldImage"), change.get("NewImage")
        changed_at = int(change["ApproximateCreationDateTime"])
        rated_at = int(after["rated_at"]["N"]) // 1000 if after else changed_at
        made = Change(
            change_id=digest(change["SequenceNumber"]),
            pair=digest(person, movie),
            movie_id=MovieId(movie),
            changed_at=changed_at,
            # Whatever an import says, four bytes have to do for it.
            rated_at=min(max(rated_at, 0), 0xFFFF_FFFF),
            before=_half_stars(before),
            after=_half_stars(after),
        )
        _CHANGE.pack(*made)
    except (KeyError, TypeError, AttributeError, InvalidInputError, struct.error) as error:
        raise ValueError(f"This is no change of a rating: {error!r}.") from error
    return made


def _half_stars(image: Mapping[str, Any] | None) -> int:
    return round(check_stars(float(image["stars"]["N"])) / FEWEST_STARS) if image else 0


def read_state() -> LiveState:
    """Everything, as S3 has it; what this process wrote itself and nobody has replaced is not sent again."""
    known: dict[str, Any] = {"IfNoneMatch": _written.etag} if _written and _written.etag else {}
    try:
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=_KEY, **known)
    except ClientError as error:
        if _written and error.response["Error"]["Code"] in {"304", "NotModified"}:
            return _written
        if is_missing(error):
            return LiveState(None, ())
        raise
    content = answer["Body"].read()
    end = _START + _LENGTH.unpack_from(content, len(_MAGIC))[0]
    head = json.loads(zlib.decompress(content[_START:end]))
    changes = tuple(Change._make(row) for row in _CHANGE.iter_unpack(content[end:]))
    return LiveState(head["catalogue"], changes, answer["ETag"])


def write_state(state: LiveState) -> None:
    """Replace what `state.etag` says was read. Raises ConflictError if somebody else was first."""
    global _written, _read_at  # noqa: PLW0603
    head = zlib.compress(_head(state))
    body = _MAGIC + _LENGTH.pack(len(head)) + head + b"".join(_CHANGE.pack(*one) for one in state.changes)
    condition: dict[str, Any] = {"IfMatch": state.etag} if state.etag else {"IfNoneMatch": "*"}
    try:
        answer = s3().put_object(Bucket=settings().artifacts_bucket, Key=_KEY, Body=body, **condition)
    except ClientError as error:
        if was_too_late(error):
            raise ConflictError("Another batch of changes was counted in the meantime.") from error
        raise
    _written = LiveState(state.catalogue, state.changes, answer["ETag"])
    _read_at = float("-inf")  # so that who shares a process with the handler sees it at once


def live_counts(catalogue: str) -> LiveCounts:
    """What changed since the figures of this version, at most `LIVE_SECONDS` old.

    A process that has not moved on to a new version yet keeps the last it knew of its own. Where S3 does
    not answer, the figures stay as they were: a count that is a little late is no reason to fail.
    """
    global _read_at  # noqa: PLW0603
    if time.monotonic() - _read_at >= LIVE_SECONDS:
        _read_at = time.monotonic()
        try:
            _remember(_read_head())
        except (ClientError, BotoCoreError) as error:
            log.warning("The live counts could not be read: %s", error)
    return _counts.get(catalogue, _NONE)


@lru_cache(maxsize=4)
def basis_of(catalogue: str) -> Basis | None:
    """What this version's figures hold; None for a catalogue from before that was written down."""
    stored = artifacts.read(Kind.CATALOGUE, catalogue, BASIS_NAME)
    if stored is None:
        return None
    data = json.loads(stored)
    recent = data["recent"]
    if recent is not None:
        films = {MovieId(movie): (count, weight) for movie, count, weight in recent.pop("films")}
        recent = RecentRatings(**recent, films=films)
    return Basis(data["since"], frozenset(data["counted"]), recent)


def write_basis(catalogue: str, basis: Basis) -> None:
    """Say what the figures of a version hold that is not current yet."""
    recent: dict[str, Any] | None = None
    if basis.recent is not None:
        recent = asdict(basis.recent)
        recent["films"] = [[movie, *figures] for movie, figures in basis.recent.films.items()]
    data = {"since": basis.since, "counted": sorted(basis.counted), "recent": recent}
    artifacts.write(Kind.CATALOGUE, catalogue, BASIS_NAME, json.dumps(data).encode(), "application/json")


_NONE = LiveCounts()


def _head(state: LiveState) -> bytes:
    basis = basis_of(state.catalogue) if state.catalogue else None
    counts = counts_of(state.changes) if basis else _NONE
    head = {
        "catalogue": state.catalogue,
        "shifts": [[movie, *shift] for movie, shift in sorted(counts.shifts.items())],
        "newly_rated": sorted(counts.newly_rated.items()),
        "until": counts.until,
    }
    return json.dumps(head, separators=(",", ":")).encode()


def _read_head() -> bytes | None:
    """The compressed head, or None before anything was counted."""
    wanted = _FIRST_READ
    while True:
        try:
            answer = s3().get_object(
                Bucket=settings().artifacts_bucket, Key=_KEY, Range=f"bytes=0-{wanted - 1}"
            )
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        content = answer["Body"].read()
        end = _START + _LENGTH.unpack_from(content, len(_MAGIC))[0]
        if end <= len(content):
            return content[_START:end]
        wanted = end


def _remember(packed: bytes | None) -> None:
    if packed is None:
        return
    head = json.loads(zlib.decompress(packed))
    if head["catalogue"] is None:
        return
    _counts.pop(head["catalogue"], None)
    while len(_counts) > 1:
        del _counts[next(iter(_counts))]
    _counts[head["catalogue"]] = LiveCounts(
        shifts={MovieId(movie): tuple(shift) for movie, *shift in head["shifts"]},
        newly_rated={MovieId(movie): count for movie, count in head["newly_rated"]},
        until=head["until"],
        revision=blake2b(packed, digest_size=8).hexdigest(),
    )
