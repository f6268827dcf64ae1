"""The whole product on each emulated AWS in turn: its stack, its data, its API, its site."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

import local_environment
from deployment import Buckets, deploy
from site_files import upload
from tests.backends.backends import BACKENDS, Backend
from tests.backends.matrix import matrix
from tests.e2e.visitor import DESK, Visitor, visit
from tests.processes import LOCALSTACK, ROOT, await_ready, end, free_port, listens

STACK = "movies-local"
PEOPLE, RATINGS_OF_EACH = 30, 20


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.timeout(180))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    everything = (one for some in terminalreporter.stats.values() for one in some)
    if lines := matrix([one for one in everything if isinstance(one, pytest.TestReport)], list(BACKENDS)):
        terminalreporter.section("one suite, three backends")
        terminalreporter.write("\n".join(lines) + "\n")


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """An empty emulated AWS; this process, and those that it starts, are pointed at it."""
    folder = tmp_path_factory.mktemp(request.param)
    start = contextmanager(BACKENDS[request.param])
    with start(folder) as started, pytest.MonkeyPatch.context() as environment:
        # Of the tests' own environment; here the product is used as its users have it.
        environment.delenv("SIGN_UPS_PER_HOUR")
        for name, value in local_environment.variables(started.endpoint, folder / "cache").items():
            environment.setenv(name, value)
        yield started


@pytest.fixture(scope="module")
def stack(backend: Backend) -> Buckets:  # noqa: ARG001
    """The stack, made as `make run` makes it."""
    return deploy(STACK, ROOT / "infra" / "storage.yaml")


def batch_jobs(*words: str) -> dict[str, Any]:
    """What `python -m batch_jobs` says it has done; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "batch_jobs", "--json", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"`batch_jobs {' '.join(words)}` ended with {done.returncode}: {done.stderr}"
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def films(stack: Buckets) -> dict[str, Any]:  # noqa: ARG001
    return batch_jobs("load-demo-catalogue")


@pytest.fixture(scope="module")
def written(films: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG001
    """People and their ratings."""
    people = str(PEOPLE)
    return [
        batch_jobs("create-fake-users", people),
        batch_jobs("create-fake-ratings", "--people", people, "--per-person", str(RATINGS_OF_EACH)),
    ]


@pytest.fixture(scope="module")
def trained(written: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: ARG001
    """The whole nightly job has run."""
    return batch_jobs("run")


@contextmanager
def serving(
    words: list[str | Path], port: int, log: Path, cwd: Path = ROOT, site_url: str = ""
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=os.environ | {"SITE_URL": site_url},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        await_ready(process, log, partial(listens, port))
        yield
    finally:
        end(process)


@pytest.fixture(scope="module")
def chalice_local(trained: dict[str, Any], backend: Backend) -> Iterator[str]:  # noqa: ARG001
    """The API's address, as Chalice's documentation says it is served on one's own machine."""
    port = free_port()
    chalice = Path(sys.executable).with_name("chalice")
    words: list[str | Path] = [chalice, "local", "--stage", "local", "--port", str(port)]
    with serving(words, port, backend.folder / "chalice-local.log", ROOT / "chalice_app"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def api(chalice_local: str) -> Iterator[httpx.Client]:
    """Somebody who keeps cookies."""
    with httpx.Client(base_url=chalice_local, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def site(trained: dict[str, Any], stack: Buckets, backend: Backend) -> Iterator[str]:  # noqa: ARG001
    """The address of the web app with the API behind it, as `make run` serves them."""
    upload(
        local_environment.s3(),
        stack.site,
        ROOT / "chalice_app" / "frontend",
        {"demo": None},
    )
    port = free_port()
    words: list[str | Path] = [sys.executable, LOCALSTACK / "dev_server.py", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with serving(words, port, backend.folder / "dev-server.log", site_url=address):
        yield address


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Visitor]:
    yield from visit(browser, site, size=DESK, touch=False)
