"""The static site: its upload to the site bucket, and its files as a CDN would serve them from there."""

import gzip
import hashlib
import json
import mimetypes
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FRESH_SECONDS = 1.0
"""How long a file from the bucket is served before the bucket is asked again."""

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
_COMPRESSIBLE = re.compile(r"text/|application/(json|manifest\+json)|image/svg\+xml")
_HARMLESS_KEY = re.compile(r"(?!.*(^|/)\.\.?(/|$))[^\\\x00-\x1f]+")


def content_type_of(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def upload(s3: "S3Client", bucket: str, folder: Path, config: Mapping[str, Any]) -> int:
    """Make the bucket hold the files of `folder` and `config` as config.json; returns how many changed."""
    files = {
        str(path.relative_to(folder).as_posix()): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    files["config.json"] = json.dumps(config).encode()
    present = {
        item["Key"]: item["ETag"].strip('"')
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", [])
    }
    changed = {key: body for key, body in files.items() if present.get(key) != _md5(body)}
    for key, body in changed.items():
        s3.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=content_type_of(key), CacheControl="no-cache"
        )
    for key in present.keys() - files.keys():
        s3.delete_object(Bucket=bucket, Key=key)
    return len(changed)


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class SiteFile:
    """`etag` is quoted, as HTTP has it; `zipped` is None where gzip would not help."""

    content: bytes
    zipped: bytes | None
    content_type: str
    cache_control: str
    etag: str


class Site:
    """The bucket's files, kept in memory and asked for again at most every `FRESH_SECONDS`."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._known: dict[str, tuple[float, SiteFile | None]] = {}
        self._asking = threading.Lock()

    def find(self, path: str) -> SiteFile | None:
        """The file for a URL path: a page of the application where the path names no file, else None.

        Raises botocore's errors if the bucket cannot be asked.
        """
        key = unquote(path).removeprefix("/")
        if key == "":
            return self._file("index.html")
        if not _HARMLESS_KEY.fullmatch(key):
            return None
        if "." in key.rpartition("/")[2]:
            return self._file(key)
        return self._file("index.html")

    def _file(self, key: str) -> SiteFile | None:
        known = self._known.get(key)
        if known and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        with self._asking:
            known = self._known.get(key)
            if known and time.monotonic() - known[0] < FRESH_SECONDS:
                return known[1]
            file = self._fetch(key, known[1] if known else None)
            if file or known or len(self._known) < 1000:
                self._known[key] = (time.monotonic(), file)
            return file

    def _fetch(self, key: str, known: SiteFile | None) -> SiteFile | None:
        condition: Any = {"IfNoneMatch": known.etag} if known else {}
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, **condition)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"304", "NotModified"}:
                return known
            if code in {"NoSuchKey", "404"}:
                return None
            raise
        content = answer["Body"].read()
        content_type = answer["ContentType"]
        zipped = gzip.compress(content, 9, mtime=0) if _COMPRESSIBLE.match(content_type) else None
        return SiteFile(
            content=content,
            zipped=zipped if zipped and len(zipped) < len(content) else None,
            content_type=content_type,
            cache_control=answer.get("CacheControl", "no-cache"),
            etag=answer["ETag"],
        )
