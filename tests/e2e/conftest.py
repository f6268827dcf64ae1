"""A real browser on the whole real product: embedded AWS, tables, a small demo, the trained model, the site.

BASE_URL    drive this running product instead of starting one
CHROMIUM    the browser to use, where it is not on the PATH
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, ViewportSize, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 150
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(START_SECONDS + 120))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
            [sys.executable, str(ROOT / "localstack" / "run.py"), *places, *sizes],
            cwd=ROOT,
            # Where its site is, and who sends its mail, is for the product to say, as it is for anybody.
            env={name: value for name, value in os.environ.items() if name not in {"SITE_URL", "MAIL_FROM"}},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Ready:" not in log.read_text(errors="replace"):
            ended = product.poll() is not None
            if ended or time.monotonic() > deadline:
                pytest.fail(f"The product did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        product.send_signal(signal.SIGINT)
        try:
            product.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(product.pid, signal.SIGKILL)
            product.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = start_browser(playwright)
        yield started
        started.close()


def start_browser(playwright: Playwright) -> Browser:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    try:
        return playwright.chromium.launch(executable_path=found, args=options)
    except PlaywrightError as error:
        reason = str(error).strip().splitlines()[0]
        pytest.skip(f"No browser to drive: install Chromium or name one in CHROMIUM ({reason})")


def visit(
    browser: Browser, base_url: str, *, size: ViewportSize, touch: bool, worker: bool = False
) -> Iterator[Visitor]:
    """Somebody in a browser of their own. Without the service `worker` tests may answer for the server."""
    context = browser.new_context(
        viewport=size,
        has_touch=touch,
        is_mobile=touch,
        color_scheme="dark" if touch else "light",
        locale="en-GB",
        service_workers="allow" if worker else "block",
    )
    visitor = Visitor(context.new_page(), base_url)
    visitor.listen()
    yield visitor
    context.close()
    assert visitor.complaints == []


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
