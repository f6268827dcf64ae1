"""A real browser on the whole real product: embedded AWS, tables, a small demo, the trained model, the site.

BASE_URL    drive this running product instead of starting one
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.visitor import DESK, PHONE, Visitor, visit
from tests.processes import LOCALSTACK, ROOT, await_ready, end, free_port

START_SECONDS = 150


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(START_SECONDS + 120))


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """Where the product runs. It needs `browser` so that nothing is started where there is none."""
    assert browser
    given = os.environ.get("BASE_URL")
    if given:
        yield given.rstrip("/")
        return
    state = tmp_path_factory.mktemp("product")
    log = state / "run.log"
    port = free_port()
    sizes = ["--people", "120", "--per-person", "40"]
    places = ["--port", str(port), "--aws-port", str(free_port()), "--state", str(state)]
    with log.open("wb") as output:
        product = subprocess.Popen(
            [sys.executable, str(LOCALSTACK / "run.py"), *places, *sizes],
            cwd=ROOT,
            # Where its site is, and who sends its mail, is for the product to say, as it is for anybody.
            env={name: value for name, value in os.environ.items() if name not in {"SITE_URL", "MAIL_FROM"}},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        await_ready(product, log, lambda: "Ready:" in log.read_text(errors="replace"), START_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(product, signal.SIGINT)


@pytest.fixture
def visitor(browser: Browser, base_url: str) -> Iterator[Visitor]:
    yield from visit(browser, base_url, size=DESK, touch=False)


@pytest.fixture
def phone(browser: Browser, base_url: str) -> Iterator[Visitor]:
    yield from visit(browser, base_url, size=PHONE, touch=True)


@pytest.fixture
def returning(browser: Browser, base_url: str) -> Iterator[Visitor]:
    """Somebody whose browser keeps the app's files, as everybody's does."""
    yield from visit(browser, base_url, size=DESK, touch=False, worker=True)
