"""What the batch job's image is made of, and that its name follows from that."""

import re
import shutil
from pathlib import Path

import pytest

from infra.deploy import images
from infra.deploy.lambda_package import REPOSITORY

DOCKERFILE = (REPOSITORY / images.DOCKERFILE).read_text()


def copied() -> set[str]:
    """What the Dockerfile takes from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()}


def test_all_that_is_copied_gives_the_image_its_name_and_reaches_the_engine() -> None:
    assert "chalice_app/chalicelib" in copied()
    let_through = re.findall(r"^!(\S+)$", (REPOSITORY / ".dockerignore").read_text(), re.MULTILINE)
    for source in copied():
        assert any(Path(source).is_relative_to(one) for one in images.INGREDIENTS), source
        assert any(Path(source).is_relative_to(one) for one in let_through), source


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ingredients in another folder."""
    for one in images.INGREDIENTS:
        source, target = REPOSITORY / one, tmp_path / one
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    monkeypatch.setattr(images, "REPOSITORY", tmp_path)
    return tmp_path


@pytest.mark.parametrize("changed", [images.DOCKERFILE, "batch_jobs/start.sh", ".dockerignore"])
def test_another_content_is_another_image(copy: Path, changed: str) -> None:
    before = images.tag()
    (copy / changed).write_text("something else")
    assert images.tag() != before


def test_what_python_leaves_beside_its_files_is_no_content(copy: Path) -> None:
    before = images.tag()
    cache = copy / "batch_jobs" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "made-up.pyc").write_bytes(b"bytes")
    assert images.tag() == before


def test_the_dockerfile_gives_the_time_that_the_engine_is_told() -> None:
    assert set(re.findall(r"touch -h -d @(\d+)", DOCKERFILE)) == {str(images.FIXED_TIME)}
