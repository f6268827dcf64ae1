"""Exporting ratings from DynamoDB to S3 as Parquet, and reading an export back.

    exports/ratings/<run>/part-00000.parquet …    user_id, movie_id, stars, rated_at (milliseconds)
    exports/ratings/<run>/manifest.json           written last: an export without it is unfinished

What operators have deactivated, ratings and whole accounts, is left out. The export here is a parallel
segmented scan, which every DynamoDB and every emulator can do.
"""

import hashlib
import io
import json
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from batch_jobs.progress import counter
from chalicelib.aws import s3
from chalicelib.config import settings
from chalicelib.domain.rating import PersonId
from chalicelib.storage.accounts import deactivated_people

SEGMENTS = 4
PART_ROWS = 2_000_000


@dataclass(frozen=True, slots=True)
class ExportPart:
    """One Parquet object and the SHA-256 of its bytes."""

    key: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """What an export holds; times in milliseconds since 1970, None where it holds no rating.

    `started_at` (seconds since 1970, by the database's clock) is when reading began: it holds every change
    before, and of later ones those that it met.
    """

    run: str
    started_at: int
    rows: int
    earliest: int | None
    latest: int | None
    parts: list[ExportPart]


def _prefix(run: str) -> str:
    return f"exports/ratings/{run}"


def _scan_segment(
    segment: int, deactivated: Collection[PersonId], bar: "tqdm[Any]"
) -> Iterator[pd.DataFrame]:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=settings().table("ratings"),
            Segment=segment,
            TotalSegments=SEGMENTS,
            ConsistentRead=True,
        )
    )
    users: list[str] = []
    numbers: list[tuple[str, str, str]] = []
    for page in pages:
        for item in page["Items"]:
            if "deactivated_at" in item or item["user_id"]["S"] in deactivated:
                continue
            users.append(item["user_id"]["S"])
            numbers.append((item["movie_id"]["N"], item["stars"]["N"], item["rated_at"]["N"]))
        bar.update(len(page["Items"]))
        if len(users) >= PART_ROWS:
            yield _frame(users, numbers)
            users, numbers = [], []
    if users:
        yield _frame(users, numbers)


def _frame(users: list[str], numbers: list[tuple[str, str, str]]) -> pd.DataFrame:
    columns = np.asarray(numbers, dtype=np.float64)
    return pd.DataFrame(
        {
            "user_id": users,
            "movie_id": columns[:, 0].astype(np.int32),
            "stars": columns[:, 1].astype(np.float32),
            "rated_at": columns[:, 2].astype(np.int64),
        }
    )


def export_ratings(run: str) -> ExportManifest:
    """Write every rating that is not deactivated to S3 under the run's name; returns what was written."""
    deactivated = deactivated_people()
    parts: list[ExportPart] = []
    times: list[int] = []
    started_at, approximate_rows = _moment_and_rows()

    def write(segment: int) -> None:
        for number, frame in enumerate(_scan_segment(segment, deactivated, bar)):
            buffer = io.BytesIO()
            frame.to_parquet(buffer, index=False)
            body = buffer.getvalue()
            key = f"{_prefix(run)}/part-{segment:02d}{number:03d}.parquet"
            s3().put_object(Bucket=settings().artifacts_bucket, Key=key, Body=body)
            parts.append(ExportPart(key, len(frame), hashlib.sha256(body).hexdigest()))
            times.extend((int(frame["rated_at"].min()), int(frame["rated_at"].max())))

    with (
        counter("Exporting ratings", approximate_rows, "rating") as bar,
        ThreadPoolExecutor(SEGMENTS) as pool,
    ):
        list(pool.map(write, range(SEGMENTS)))
    manifest = ExportManifest(
        run=run,
        started_at=started_at,
        rows=sum(part.rows for part in parts),
        earliest=min(times, default=None),
        latest=max(times, default=None),
        parts=sorted(parts, key=lambda part: part.key),
    )
    s3().put_object(
        Bucket=settings().artifacts_bucket,
        Key=f"{_prefix(run)}/manifest.json",
        Body=json.dumps(asdict(manifest), indent=2).encode(),
        ContentType="application/json",
    )
    return manifest


def _moment_and_rows() -> tuple[int, int | None]:
    """The time of DynamoDB's clock, which also dates the changes in its streams, and how many rows it thinks
    there are: up to six hours old, and good enough for a progress bar."""
    answer = boto3.client("dynamodb").describe_table(TableName=settings().table("ratings"))
    moment = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    return int(moment.timestamp()), answer["Table"].get("ItemCount") or None


def started_at(run: str) -> int:
    """When reading the ratings of an export began, as its manifest says. Raises as `read_export` does."""
    moment: int = _manifest(run)["started_at"]
    return moment


def _manifest(run: str) -> dict[str, Any]:
    try:
        answer = s3().get_object(Bucket=settings().artifacts_bucket, Key=f"{_prefix(run)}/manifest.json")
    except s3().exceptions.NoSuchKey:
        raise ValueError(f"Run {run} has no finished export: run `export` first.") from None
    manifest: dict[str, Any] = json.load(answer["Body"])
    return manifest


def read_export(run: str) -> pd.DataFrame:
    """The ratings of an export; user ids are categorical, each kept once however often it appears.

    Raises ValueError if the export is unfinished, empty, or a part of it is not what was written.
    """
    tables = []
    for part in _manifest(run)["parts"]:
        body = s3().get_object(Bucket=settings().artifacts_bucket, Key=part["key"])["Body"].read()
        if hashlib.sha256(body).hexdigest() != part["sha256"]:
            raise ValueError(f"{part['key']} is not what the export wrote: run `export` again.")
        tables.append(pq.read_table(io.BytesIO(body), read_dictionary=["user_id"]))
    if not tables:
        raise ValueError("The export holds no ratings: import or create some, then run `export` again.")
    table = pa.concat_tables(tables).unify_dictionaries()
    del tables
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return frame
