"""What holds on every page: room on a phone, a strict content policy, access for everybody."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import Visitor

PAGES = [
    "/",
    "/for-you?genre=Drama&exclude_genre=Horror&adventure=0.5",
    "/browse",
    "/rate",
    "/my/ratings",
    "/my/statistics",
    "/my/data",
    "/my/watchlist",
    "/my/account",
    "/about",
    "/model",
    "/ops",
    "/api-docs",
    "/problems/not-found",
    "/nowhere",
]
GUESTS_PAGES = [
    "/",
    "/browse",
    "/rate",
    "/start",
    "/sign-up",
    "/log-in",
    "/forgot",
    "/reset?token=x",
    "/confirm?token=x",
    "/my/ratings",
    "/about",
    "/model",
    "/api-docs",
]


def fill(visitor: Visitor) -> str:
    """Sign up and rate; answers the address of a rated film."""
    visitor.sign_up()
    rated = visitor.rate_first((5.0, 2.0, 4.5, 3.0, 4.0))
    expect(visitor.page.get_by_test_id("suggestions")).to_be_visible()
    visitor.settle()
    return f"/movie/{rated[0]}"


def test_a_phone_shows_every_page_without_sideways_scrolling(phone: Visitor) -> None:
    phone.go("/")
    phone.photograph("phone-front-page")
    film = fill(phone)
    for path in [*PAGES, film]:
        phone.go(path)
        phone.settle()
        too_wide = phone.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, path
        phone.photograph("phone" + (path.replace("/", "-").rstrip("-") or "-home"))
    tabs = phone.page.get_by_role("navigation", name="Sections")
    tabs.get_by_role("link", name="Rate").click()
    expect(phone.page.locator(".rate-card[data-movie]")).to_be_visible()


def test_a_finger_rates_on_a_phone(phone: Visitor) -> None:
    phone.sign_up()
    card = phone.page.locator(".grid [data-movie]").first
    card.locator(".stars-row").scroll_into_view_if_needed()
    card.locator("label").nth(6).tap()
    expect(card.locator("input:checked")).to_have_value("3.5")


def test_the_policy_forbids_inline_code(visitor: Visitor) -> None:
    """That every page works under it is part of every test here: a breach is a complaint of the browser."""
    policy = httpx.get(visitor.base_url + "/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    visitor.go("/")
    visitor.page.evaluate("document.body.setAttribute('style', 'color: red')")
    assert any("Content Security Policy" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_no_page_has_a_barrier_that_a_checker_can_find(visitor: Visitor) -> None:
    checker = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    film = fill(visitor)
    for path in [*PAGES, film, "/browse?genre=Drama&exclude_genre=Horror&q=the"]:
        visitor.go(path)
        visitor.settle()
        found = checker.run(visitor.page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    visitor.log_out()
    for path in GUESTS_PAGES:
        visitor.go(path)
        visitor.settle()
        found = checker.run(visitor.page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
