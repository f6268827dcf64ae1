"""An environment of our own: no test may reach an AWS account, nor the emulator somebody is working with.

CHROMIUM    the browser to drive, where it is not on the PATH
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    STAGE="test",
    SIGN_UPS_PER_HOUR="100000",
    MAIL_FROM="Matinee <no-reply@matinee.example>",
    SITE_URL="https://matinee.example",
    CACHE_DIR=tempfile.mkdtemp(prefix="movies-test-"),
)
for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "RESOURCE_PREFIX", "SECURE_COOKIES"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The one browser of all tests that drive one."""
    from playwright.sync_api import Error, sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=found, args=options)
        except Error as error:
            reason = str(error).strip().splitlines()[0]
            pytest.skip(f"No browser to drive: install Chromium or name one in CHROMIUM ({reason})")
        yield started
        started.close()
