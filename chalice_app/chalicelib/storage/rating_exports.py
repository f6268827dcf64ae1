"""What the batch job has exported: Parquet files in S3, each export with a manifest and a summary.

exports/ratings/<run>/part-*.parquet
exports/ratings/<run>/manifest.json     rows, times and parts; written last
exports/ratings/<run>/summary.json      what an overview tells of it, without reading the parts
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.aws import s3
from chalicelib.config import settings
from chalicelib.storage.artifacts import is_missing

LISTED = 30
LINK_SECONDS = 300
_ROOT = "exports/ratings/"
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """`days` maps days (`2026-11-25`, UTC) to how many of the ratings were given on them; days without any,
    and those before the last year, are left out."""

    people: int
    days: dict[str, int]


@dataclass(frozen=True, slots=True)
class ExportPart:
    """A Parquet file, by its name within the export."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class RatingExport:
    """A finished export; times in milliseconds since 1970, None where it holds no rating."""

    run_id: str
    rows: int
    earliest: int | None
    latest: int | None
    parts: list[ExportPart]


def write_summary(run_id: str, summary: ExportSummary) -> None:
    s3().put_object(
        Bucket=settings().artifacts_bucket,
        Key=f"{_ROOT}{run_id}/summary.json",
        Body=json.dumps(asdict(summary)).encode(),
        ContentType="application/json",
    )


def summary_of(run_id: str) -> ExportSummary | None:
    """None where the export has none: it is empty, unfinished, expired, or from before there were any."""
    stored = _read(f"{run_id}/summary.json")
    return None if stored is None else ExportSummary(stored["people"], stored["days"])


def export_of(run_id: str) -> RatingExport | None:
    """None where it is unfinished or expired."""
    stored = _read(f"{run_id}/manifest.json")
    if stored is None:
        return None
    parts = [ExportPart(part["key"].rpartition("/")[2], part["rows"]) for part in stored["parts"]]
    return RatingExport(run_id, stored["rows"], stored["earliest"], stored["latest"], parts)


def exports() -> list[RatingExport]:
    """The latest finished exports, the latest first. They expire after weeks, so there are never many."""
    pages = (
        s3()
        .get_paginator("list_objects_v2")
        .paginate(Bucket=settings().artifacts_bucket, Prefix=_ROOT, Delimiter="/")
    )
    prefixes = (one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ()))
    runs = sorted((prefix.split("/")[2] for prefix in prefixes), reverse=True)[:LISTED]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [found for found in pool.map(export_of, runs) if found is not None]


def link_to_part(run_id: str, name: str) -> str:
    """An address at which anybody who has it can download the file for `LINK_SECONDS`."""
    return s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().artifacts_bucket,
            "Key": f"{_ROOT}{run_id}/{name}",
            "ResponseContentDisposition": f'attachment; filename="ratings-{run_id}-{name}"',
        },
        ExpiresIn=LINK_SECONDS,
    )


def _read(name: str) -> Any:
    try:
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=f"{_ROOT}{name}")
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return json.load(answer["Body"])
