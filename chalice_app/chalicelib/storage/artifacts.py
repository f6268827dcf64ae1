"""What jobs publish: versioned, immutable folders in S3 and one small pointer to the current one.

    catalogue/<version>/catalogue.sqlite        catalogue/current.json
    models/<version>/{model.npz, card.json, …}  models/current.json
    exports/ratings/<run>/…                     (found through the run ledger, no pointer)

A version is never changed once written, and the pointer is swapped last and only if it still says
what the writer read, so a reader never meets a half-finished job.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from chalicelib.aws import s3
from chalicelib.config import settings
from chalicelib.domain.errors import ConflictError, NotReadyError

POINTER_SECONDS = 20.0
REMEMBERED_VERSIONS = 10
KEPT_VERSIONS = 3
"""Local copies kept of each kind: more than one, because readers move on to a new version one by one."""

_MOST_DOWNLOADS = 3
_PIECE = 1 << 20  # bytes


class Kind(StrEnum):
    CATALOGUE = "catalogue"
    MODELS = "models"


_MISSING = {
    Kind.CATALOGUE: "There is no catalogue yet: it appears when films have been imported.",
    Kind.MODELS: "There is no model yet: it appears when the batch job has run.",
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version is current; `etag` is the pointer object's own, for the conditional swap.

    `earlier` are the versions that were current before it, the latest first.
    """

    version: str
    etag: str
    earlier: tuple[str, ...] = ()


def is_missing(error: ClientError) -> bool:
    """Whether S3 refused because there is no such object."""
    return error.response["Error"]["Code"] in {"NoSuchKey", "404"}


def was_too_late(error: ClientError) -> bool:
    """Whether S3 refused because the object is no longer the one that the writer has read."""
    return error.response["Error"]["Code"] in {
        "PreconditionFailed",
        "ConditionalRequestConflict",
        "412",
        "409",
    }


def read_pointer(kind: Kind) -> Pointer | None:
    """The current version as S3 has it now, or None before anything was published."""
    try:
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=f"{kind}/current.json")
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    stored = json.load(answer["Body"])
    return Pointer(stored["version"], answer["ETag"], tuple(stored.get("earlier", ())))


def swap_pointer(
    kind: Kind, version: str, expected: Pointer | None, earlier: Sequence[str] | None = None
) -> None:
    """Make `version` current if the pointer is still `expected` (None: there was none).

    `earlier` is what a rollback from `version` goes back to; where it is not given, it is what was
    current up to now. Raises ConflictError if another writer came first.
    """
    if earlier is None:
        before = (expected.version, *expected.earlier) if expected else ()
        earlier = [one for one in before if one != version][:REMEMBERED_VERSIONS]
    condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected.etag}
    try:
        s3().put_object(
            Bucket=settings().artifacts_bucket,
            Key=f"{kind}/current.json",
            Body=json.dumps({"version": version, "earlier": list(earlier)}).encode(),
            ContentType="application/json",
            CacheControl="no-store",
            **condition,
        )
    except ClientError as error:
        if was_too_late(error):
            raise ConflictError(
                f"Another job changed the current {kind} in the meantime; run this one again."
            ) from error
        raise
    _pointers.pop(kind, None)


def upload(kind: Kind, version: str, file: Path) -> None:
    """Add a file to a version that is not current yet."""
    with file.open("rb") as content:
        s3().put_object(Bucket=settings().artifacts_bucket, Key=f"{kind}/{version}/{file.name}", Body=content)


def write(kind: Kind, version: str, name: str, content: bytes, content_type: str) -> None:
    """Add a small file, from memory, to a version that is not current yet."""
    s3().put_object(
        Bucket=settings().artifacts_bucket,
        Key=f"{kind}/{version}/{name}",
        Body=content,
        ContentType=content_type,
    )


def read(kind: Kind, version: str, name: str) -> bytes | None:
    """A small file of a version as S3 has it now; None if the version has no such file."""
    try:
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=f"{kind}/{version}/{name}")
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return answer["Body"].read()


def has(kind: Kind, version: str, name: str) -> bool:
    """Whether a version has this file."""
    answer = s3().list_objects_v2(Bucket=settings().artifacts_bucket, Prefix=f"{kind}/{version}/{name}")
    return any(one["Key"] == f"{kind}/{version}/{name}" for one in answer.get("Contents", ()))


def versions(kind: Kind) -> list[str]:
    """Every version there is, finished or not, the latest first."""
    pages = (
        s3()
        .get_paginator("list_objects_v2")
        .paginate(Bucket=settings().artifacts_bucket, Prefix=f"{kind}/", Delimiter="/")
    )
    prefixes = (one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ()))
    return sorted((prefix.split("/")[1] for prefix in prefixes), reverse=True)


_pointers: dict[Kind, tuple[float, str]] = {}
_fetching = threading.Lock()


def current_version(kind: Kind) -> str:
    """The current version, at most `POINTER_SECONDS` old. Raises NotReadyError before the first one."""
    known = _pointers.get(kind)
    if known and time.monotonic() - known[0] < POINTER_SECONDS:
        return known[1]
    pointer = read_pointer(kind)
    if pointer is None:
        raise NotReadyError(_MISSING[kind])
    _pointers[kind] = (time.monotonic(), pointer.version)
    return pointer.version


def current_version_if_any(kind: Kind) -> str | None:
    """The same, and None before the first one."""
    try:
        return current_version(kind)
    except NotReadyError:
        return None


def fetch(kind: Kind, version: str, name: str) -> Path:
    """The local copy of a published file, downloaded once per version."""
    target = settings().cache_dir / settings().resource_prefix / kind / version / name
    with _fetching:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=target.parent)
            os.close(handle)
            _download(f"{kind}/{version}/{name}", Path(partial))
            Path(partial).replace(target)
            _drop_old_copies(target.parent)
    return target


def _download(key: str, target: Path) -> None:
    """A stream that breaks off is asked for again; botocore itself repeats a request only before that."""
    for attempt in range(1, _MOST_DOWNLOADS + 1):
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=key)
        try:
            with target.open("wb") as file:
                shutil.copyfileobj(answer["Body"], file, _PIECE)
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
            if attempt == _MOST_DOWNLOADS:
                raise
        else:
            return


def _drop_old_copies(newest: Path) -> None:
    """Lambda's disk is small and a laptop's installation lives long."""
    versions = sorted(newest.parent.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for version in versions[:-KEPT_VERSIONS]:
        if version != newest:
            shutil.rmtree(version, ignore_errors=True)
