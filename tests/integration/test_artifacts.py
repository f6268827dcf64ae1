"""What jobs publish: never changed, never half seen, and not hoarded."""

import io
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3 import HTTPResponse

from chalicelib.aws import s3
from chalicelib.domain.errors import ConflictError, NotReadyError
from chalicelib.storage.artifacts import (
    KEPT_VERSIONS,
    Kind,
    current_version,
    fetch,
    read_pointer,
    swap_pointer,
    upload,
)


@pytest.mark.usefixtures("aws")
def test_before_anything_is_published_readers_are_told_so() -> None:
    assert read_pointer(Kind.MODELS) is None
    with pytest.raises(NotReadyError, match="There is no model yet"):
        current_version(Kind.MODELS)


@pytest.mark.usefixtures("aws")
def test_of_two_jobs_that_publish_at_once_one_is_told_to_try_again() -> None:
    seen = read_pointer(Kind.CATALOGUE)
    swap_pointer(Kind.CATALOGUE, "first", seen)
    with pytest.raises(ConflictError, match="run this one again"):
        swap_pointer(Kind.CATALOGUE, "second", seen)
    first = read_pointer(Kind.CATALOGUE)
    assert first is not None
    swap_pointer(Kind.CATALOGUE, "second", first)
    with pytest.raises(ConflictError):
        swap_pointer(Kind.CATALOGUE, "third", first)
    assert current_version(Kind.CATALOGUE) == "second"


@pytest.mark.usefixtures("aws")
def test_only_the_latest_copies_stay_on_the_disk(tmp_path: Path) -> None:
    for number in range(KEPT_VERSIONS + 3):
        file = tmp_path / "thing.txt"
        file.write_text(f"edition {number}")
        upload(Kind.MODELS, f"v{number}", file)
        copy = fetch(Kind.MODELS, f"v{number}", file.name)
        assert copy.read_text() == f"edition {number}"
    kept = sorted(folder.name for folder in copy.parent.parent.iterdir())
    assert kept == [f"v{number}" for number in range(3, KEPT_VERSIONS + 3)]
    assert fetch(Kind.MODELS, "v0", "thing.txt").read_text() == "edition 0"


@pytest.mark.usefixtures("aws")
def test_a_download_that_breaks_off_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("long" * 1000)
    upload(Kind.MODELS, "broken-off", file)
    headers = HTTPHeaders.from_dict({"content-length": "4000"})
    beginning = HTTPResponse(
        io.BytesIO(b"only the beginning"), {"content-length": "4000"}, preload_content=False
    )
    broken_off = AWSResponse("", 200, headers, beginning)
    answers = iter([broken_off, None])  # after None the request goes on

    def break_off(**_: object) -> Any:
        return next(answers)

    s3().meta.events.register_first("before-send.s3.GetObject", break_off)
    try:
        assert fetch(Kind.MODELS, "broken-off", file.name).read_bytes() == file.read_bytes()
    finally:
        s3().meta.events.unregister("before-send.s3.GetObject", break_off)
    assert next(answers, "all were given") == "all were given"
