"""What jobs publish: versioned, immutable folders in S3 and one small pointer to the current one.

    catalogue/<version>/catalogue.sqlite        catalogue/current.json
    models/<version>/{model.npz, card.json}     models/current.json
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
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.config import settings
from chalicelib.domain.errors import ConflictError, NotReadyError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POINTER_SECONDS = 20.0
KEPT_VERSIONS = 3
"""Local copies kept of each kind: more than one, because readers move on to a new version one by one."""


class Kind(StrEnum):
    CATALOGUE = "catalogue"
    MODELS = "models"


_MISSING = {
    Kind.CATALOGUE: "There is no catalogue yet: it appears when films have been imported.",
    Kind.MODELS: "There is no model yet: it appears when the batch job has run.",
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version is current; `etag` is the pointer object's own, for the conditional swap."""

    version: str
    etag: str


@cache
def s3() -> "S3Client":
    return boto3.client("s3")


def read_pointer(kind: Kind) -> Pointer | None:
    """The current version as S3 has it now, or None before anything was published."""
    try:
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=f"{kind}/current.json")
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise
    return Pointer(version=json.load(answer["Body"])["version"], etag=answer["ETag"])


def swap_pointer(kind: Kind, version: str, expected: Pointer | None) -> None:
    """Make `version` current if the pointer is still `expected` (None: there was none).

    Raises ConflictError if another writer came first.
    """
    condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected.etag}
    try:
        s3().put_object(
            Bucket=settings().artifacts_bucket,
            Key=f"{kind}/current.json",
            Body=json.dumps({"version": version}).encode(),
            ContentType="application/json",
            CacheControl="no-store",
            **condition,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {
            "PreconditionFailed",
            "ConditionalRequestConflict",
            "412",
            "409",
        }:
            raise ConflictError(
                f"Another job changed the current {kind} in the meantime; run this one again."
            ) from error
        raise
    _pointers.pop(kind, None)


def upload(kind: Kind, version: str, file: Path) -> None:
    """Add a file to a version that is not current yet."""
    s3().upload_file(str(file), settings().artifacts_bucket, f"{kind}/{version}/{file.name}")


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


def fetch(kind: Kind, version: str, name: str) -> Path:
    """The local copy of a published file, downloaded once per version."""
    target = settings().cache_dir / settings().resource_prefix / kind / version / name
    with _fetching:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=target.parent)
            os.close(handle)
            s3().download_file(settings().artifacts_bucket, f"{kind}/{version}/{name}", partial)
            Path(partial).replace(target)
            _drop_old_copies(target.parent)
    return target


def _drop_old_copies(newest: Path) -> None:
    """Lambda's disk is small and a laptop's installation lives long."""
    versions = sorted(newest.parent.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for version in versions[:-KEPT_VERSIONS]:
        if version != newest:
            shutil.rmtree(version, ignore_errors=True)
