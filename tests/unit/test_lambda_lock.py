"""What the Lambda and the container are made of, and what of it goes into the package."""

import re
from pathlib import Path

import pytest

from infra.deploy.lambda_package import _LEFT_OUT, LOCK, NOT_NEEDED_TO_SERVE, _installed_name

ROOT = Path(__file__).parents[2]


def pins(text: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


@pytest.mark.parametrize(
    ("requirements", "lock"),
    [
        ("chalice_app/requirements.txt", LOCK),
        ("batch_jobs/requirements.txt", ROOT / "batch_jobs" / "lock.txt"),
    ],
    ids=["lambda", "container"],
)
def test_the_lock_has_what_is_required_and_every_hash(requirements: str, lock: Path) -> None:
    locked = lock.read_text()
    assert pins((ROOT / requirements).read_text()).items() <= pins(locked).items(), (
        "python -m infra.deploy lock"
    )
    lines = [line for line in locked.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"\S+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_both_run_on_the_same_versions() -> None:
    function, container = pins(LOCK.read_text()), pins((ROOT / "batch_jobs" / "lock.txt").read_text())
    assert function.items() <= container.items()
    assert not NOT_NEEDED_TO_SERVE & function.keys()


@pytest.mark.parametrize(
    ("entry", "installed"),
    [
        ("numpy/core.py", "numpy/core.py"),
        ("numpy-2.dist-info/METADATA", "numpy-2.dist-info/METADATA"),
        ("numpy-2.dist-info/RECORD", None),
        ("x-1.data/purelib/x.py", "x.py"),
        ("x-1.data/platlib/x/y.so", "x/y.so"),
        ("x-1.data/scripts/x", None),
    ],
)
def test_wheels_are_installed_as_pip_would(entry: str, installed: str | None) -> None:
    assert _installed_name(entry) == installed


def test_tests_and_headers_stay_out() -> None:
    for name in ("numpy/tests/test_a.py", "numpy/_core/include/a.h", "numpy/a.pyi", "numpy/f2py/a.py"):
        assert _LEFT_OUT.search(name)
    for name in ("numpy/testing.py", "chalice/app.py", "botocore/data/s3/a.json.gz", "latest/a.py"):
        assert not _LEFT_OUT.search(name)
