"""The site as it is uploaded for a CDN: hashed addresses that fit together, and old versions that stay."""

import json
import posixpath
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra.deploy.site import (
    ASK_AGAIN,
    FOR_EVER,
    SiteObject,
    _versions_to_keep,
    go_back,
    objects_of,
    root_of,
    tidy,
    upload,
)

FRONTEND = Path(__file__).parents[2] / "chalice_app" / "frontend"
BUCKET = "site"
CONFIG = {"demo": None}


@pytest.fixture
def bucket() -> Iterator[str]:
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield BUCKET


def keys() -> set[str]:
    return {one["Key"] for one in boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def small_site(folder: Path, script: str) -> list[SiteObject]:
    (folder / "index.html").write_text('<script src="/app.js"></script><a href="/about">About</a>')
    (folder / "app.js").write_text(script)
    return objects_of(folder, CONFIG)


def test_every_file_of_the_frontend_is_uploaded_once() -> None:
    names = {
        path.relative_to(FRONTEND).as_posix()
        for path in FRONTEND.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    uploaded = [re.sub("^v/[0-9a-f]+/", "", one.key) for one in objects_of(FRONTEND, CONFIG)]
    assert sorted(uploaded) == sorted(names | {"config.json"})


def test_all_that_the_page_and_its_scripts_load_is_there() -> None:
    objects = {one.key: one for one in objects_of(FRONTEND, CONFIG)}
    page = objects["index.html"].body.decode()
    for address in re.findall(r'(?:src|href)="/([^"]+)"', page):
        assert address in objects
        assert address.startswith("v/") == address.endswith((".js", ".css"))
    imported = 0
    for key, one in objects.items():
        if not key.endswith(".js") or "/vendor/" in key:
            continue
        code = one.body.decode()
        for address in re.findall(r"""(?:from|import|import\(|new URL\()\s*["'](\.[^"']+)["']""", code):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(key), address)) in objects
            imported += 1
        assert not re.search(r'"/(styles|components|pages|vendor)/', code), key
    assert imported > 20


def test_what_is_kept_for_ever_is_named_by_its_content(tmp_path: Path) -> None:
    before = small_site(tmp_path, "1")
    after = small_site(tmp_path, "2")
    for objects in (before, after):
        for one in objects:
            assert one.cache_control == (FOR_EVER if one.key.startswith("v/") else ASK_AGAIN)
    assert before[0].key != after[0].key
    assert small_site(tmp_path, "1")[0].key == before[0].key


def test_the_page_is_uploaded_last_and_names_files_but_not_pages(tmp_path: Path) -> None:
    *others, page = small_site(tmp_path, "1")
    assert page.key == "index.html"
    assert page.body == f'<script src="/{others[0].key}"></script><a href="/about">About</a>'.encode()
    assert json.loads(next(one.body for one in others if one.key == "config.json")) == CONFIG


def test_uploading_again_changes_nothing(bucket: str) -> None:
    s3, objects = boto3.client("s3"), objects_of(FRONTEND, CONFIG)
    assert upload(s3, bucket, objects) == len(objects)
    assert upload(s3, bucket, objects) == 0
    for one in objects:
        stored = s3.head_object(Bucket=bucket, Key=one.key)
        assert (stored["ContentType"], stored["CacheControl"]) == (one.content_type, one.cache_control)


def test_what_belongs_to_no_version_is_deleted_and_former_versions_stay(bucket: str, tmp_path: Path) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key="left-over.txt", Body=b"")
    former, current = small_site(tmp_path, "1"), small_site(tmp_path, "2")
    upload(s3, bucket, former)
    upload(s3, bucket, current)
    tidy(s3, bucket, current, [])
    assert keys() == {"index.html", "config.json", former[0].key, current[0].key}


def test_a_page_that_is_not_well_gives_way_to_the_former_one_and_its_files(
    bucket: str, tmp_path: Path
) -> None:
    s3 = boto3.client("s3")
    (tmp_path / "robots.txt").write_text("former")
    former = small_site(tmp_path, "1")
    upload(s3, bucket, former)
    root = root_of(s3, bucket)
    assert root[-1].key == "index.html"
    (tmp_path / "robots.txt").unlink()
    (tmp_path / "new.svg").write_text("<svg/>")
    broken = objects_of(tmp_path, {"apiBase": "/nowhere"})
    upload(s3, bucket, broken)
    go_back(s3, bucket, root)
    for one in former:
        stored = s3.get_object(Bucket=bucket, Key=one.key)
        assert stored["Body"].read() == one.body
        assert (stored["ContentType"], stored["CacheControl"]) == (one.content_type, one.cache_control)
    assert "new.svg" not in keys()


def test_pages_that_are_open_find_their_scripts_but_not_for_ever() -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    present = {f"v/{number}/app.js": {"LastModified": start + timedelta(number)} for number in range(6)}
    assert _versions_to_keep(present, {"v/a/app.js"}, []) == {"a", "5", "4"}
    assert _versions_to_keep(present, {"v/0/app.js"}, []) == {"0", "5", "4"}
    # Where later versions were not well, the page that was replaced names an earlier one.
    served = SiteObject("index.html", b'<script src="/v/1/app.js"></script>', ASK_AGAIN)
    assert _versions_to_keep(present, {"v/a/app.js"}, [served]) == {"a", "5", "4", "1"}
