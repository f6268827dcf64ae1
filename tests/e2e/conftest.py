"""A real browser on the whole real product: embedded AWS, tables, a small demo, the trained model, the site.

BASE_URL    drive this running product instead of starting one
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.visitor import DESK, PHONE, Visitor, visit
from tests.processes import product

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
    sizes = ("--people", "120", "--per-person", "40")
    with product(tmp_path_factory.mktemp("product"), *sizes, seconds=START_SECONDS) as (address, _):
        yield address


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
