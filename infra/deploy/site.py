"""The static site in its bucket: files under a prefix that names their content are kept for a year, and
`index.html`, which names the prefix, is replaced last, so nobody meets half of a new version.

    v/<hash>/…                  scripts and styles; they refer to each other relatively
    index.html, config.json …   at the root, asked for again each time
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from site_files import content_type_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
KEPT_VERSIONS = 3
"""Versions of the files that stay: a page that was opened before goes on loading its own."""

_NAMED_VERSION = re.compile(rb'="/v/([0-9a-f]+)/')
_REFERENCE = re.compile(rb'(?<==")/(?!/)([^"#?]+)')
_AT_ROOT = frozenset({"index.html", "config.json", "service-worker.js", "robots.txt"})
"""Files whose address is their meaning: others expect them just there."""


@dataclass(frozen=True, slots=True)
class SiteObject:
    key: str
    body: bytes
    cache_control: str

    @property
    def content_type(self) -> str:
        return content_type_of(self.key)


def objects_of(folder: Path, config: Mapping[str, Any]) -> list[SiteObject]:
    """What the bucket should hold for these files, in the order in which to upload it."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    kept = {
        name: body for name, body in files.items() if name.endswith((".js", ".css")) and name not in _AT_ROOT
    }
    digest = hashlib.sha256()
    for name, body in kept.items():
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    prefix = f"v/{digest.hexdigest()[:16]}"

    def versioned(reference: re.Match[bytes]) -> bytes:
        name = reference[1].decode()
        return f"/{prefix}/{name}".encode() if name in kept else reference[0]

    plain = {name: body for name, body in files.items() if name not in kept}
    plain["config.json"] = json.dumps(config).encode()
    plain["index.html"] = _REFERENCE.sub(versioned, plain["index.html"])
    last = {"index.html": plain.pop("index.html")}
    return [
        *(SiteObject(f"{prefix}/{name}", body, FOR_EVER) for name, body in kept.items()),
        *(SiteObject(name, body, ASK_AGAIN) for name, body in {**plain, **last}.items()),
    ]


def root_of(s3: "S3Client", bucket: str) -> list[SiteObject]:
    """What the bucket holds at its root now, the page last; to `go_back` to."""
    stored = []
    for key in sorted(_present(s3, bucket), key=lambda key: (key == "index.html", key)):
        if not _version(key):
            answer = s3.get_object(Bucket=bucket, Key=key)
            stored.append(SiteObject(key, answer["Body"].read(), answer.get("CacheControl", ASK_AGAIN)))
    return stored


def upload(s3: "S3Client", bucket: str, objects: list[SiteObject]) -> int:
    """Make the bucket hold these objects, too; returns how many changed."""
    present = _present(s3, bucket)
    changed = [one for one in objects if _etag(present.get(one.key)) != _md5(one.body)]
    for one in changed:
        s3.put_object(
            Bucket=bucket,
            Key=one.key,
            Body=one.body,
            ContentType=one.content_type,
            CacheControl=one.cache_control,
        )
    return len(changed)


def go_back(s3: "S3Client", bucket: str, root: list[SiteObject]) -> None:
    """Have a former root again. The files of the version that goes stay: its page may be open somewhere."""
    upload(s3, bucket, root)
    for key in _present(s3, bucket).keys() - {one.key for one in root}:
        if not _version(key):
            s3.delete_object(Bucket=bucket, Key=key)


def tidy(s3: "S3Client", bucket: str, objects: list[SiteObject], former: list[SiteObject]) -> None:
    """Delete what is none of these objects, nor of the former root's version or of the latest others."""
    present, wanted = _present(s3, bucket), {one.key for one in objects}
    kept = _versions_to_keep(present, wanted, former)
    for key in present.keys() - wanted:
        if _version(key) not in kept:
            s3.delete_object(Bucket=bucket, Key=key)


def _present(s3: "S3Client", bucket: str) -> dict[str, Any]:
    return {
        one["Key"]: one
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for one in page.get("Contents", [])
    }


def _versions_to_keep(present: Mapping[str, Any], wanted: set[str], former: list[SiteObject]) -> set[str]:
    """The new version, the one that the former root names, and those uploaded last before."""
    named = {name.decode() for one in former for name in _NAMED_VERSION.findall(one.body)}
    newest: dict[str, Any] = {}
    for key, one in present.items():
        if version := _version(key):
            newest[version] = max(newest.get(version, one["LastModified"]), one["LastModified"])
    current = {version for key in wanted if (version := _version(key))}
    earlier = sorted(newest.keys() - current, key=lambda version: newest[version], reverse=True)
    return current | named | set(earlier[: KEPT_VERSIONS - 1])


def _version(key: str) -> str | None:
    return key.split("/")[1] if key.startswith("v/") else None


def _etag(one: Any) -> str | None:
    return one["ETag"].strip('"') if one else None


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
