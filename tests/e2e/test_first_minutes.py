"""Trying Matinee out without an account, and keeping all of it afterwards."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.visitor import PASSWORD, Visitor

GIFTS = (5.0, 1.5, 4.0)


def fill_in(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("Name").fill("Ada Byron")
    page.get_by_label("E-mail address").fill(f"first-{id(visitor)}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.main.get_by_role("button", name="Sign up").click()


@pytest.mark.parametrize("screen", ["visitor", "phone"])
def test_what_is_rated_without_an_account_shows_at_once_and_is_kept(
    request: pytest.FixtureRequest, screen: str
) -> None:
    someone: Visitor = request.getfixturevalue(screen)
    page = someone.page
    someone.go("/")
    page.get_by_role("link", name="Start rating").click()
    strip = page.get_by_test_id("strip").locator("[data-movie]")
    someone.rate_first(GIFTS[:1])
    expect(strip.first).to_be_visible()
    once = someone.shown('[data-testid="strip"]')
    rated = someone.rate_first(GIFTS)
    expect(page.get_by_text("For you, from 3 films")).to_be_visible()
    assert someone.shown('[data-testid="strip"]') != once
    assert not set(someone.shown('[data-testid="strip"]')) & set(rated)
    someone.photograph(f"beginning-{screen}")

    page.get_by_role("button", name="Show my suggestions").click()
    suggestions = page.get_by_test_id("suggestions")
    expect(suggestions.locator("[data-movie]").first).to_be_visible()
    someone.photograph(f"tried-out-{screen}")
    page.reload()
    expect(suggestions.locator("[data-movie]").first).to_be_visible()
    expect(page.get_by_role("complementary", name="Keeping your ratings")).to_contain_text("3 ratings")
    someone.go("/my/ratings")
    expect(page.locator(".rated")).to_have_count(3)

    someone.go("/")
    page.get_by_role("complementary", name="Keeping your ratings").get_by_role("button").click()
    fill_in(someone)
    expect(page.get_by_role("status").filter(has_text="Kept: 3 ratings")).to_be_visible()
    expect(suggestions.locator("[data-movie]").first).to_be_visible()
    assert page.evaluate("localStorage.getItem('matinee:tried')") is None
    someone.go("/my/ratings")
    for movie_id, stars in zip(rated, GIFTS, strict=True):
        expect(page.locator(f'[data-movie="{movie_id}"] input:checked')).to_have_value(f"{stars:g}")


def test_what_could_not_be_kept_is_not_lost(visitor: Visitor) -> None:
    page = visitor.page
    refusing = re.compile("/api/me/library$")

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("internetdisconnected")
        else:
            route.continue_()

    visitor.go("/start")
    (movie_id,) = visitor.rate_first((4.5,))
    page.route(refusing, refuse)
    page.get_by_role("button", name="Sign up to keep them").click()
    fill_in(visitor)
    notice = page.get_by_role("status").filter(has_text="could not be added")
    expect(notice).to_be_visible()
    expect(page.locator(f'.grid [data-movie="{movie_id}"] input:checked')).to_have_value("4.5")
    page.unroute(refusing)
    notice.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status").filter(has_text="Kept: 1 rating")).to_be_visible()
    visitor.go("/my/ratings")
    expect(page.locator(f'[data-movie="{movie_id}"] input:checked')).to_have_value("4.5")
    visitor.complaints = [line for line in visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in line]


def test_a_stranger_rates_one_after_another_marks_and_is_told_a_guess(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/rate")
    first = page.locator(".rate-card[data-movie]")
    seen = str(first.get_attribute("data-movie"))
    page.keyboard.press("4")
    expect(page.locator(f'.rate-card[data-movie="{seen}"]')).to_have_count(0)
    expect(page.locator(".rate-count")).to_have_text(re.compile("1 rated now.*1 in all"))
    visitor.go("/browse")
    other = page.locator(f'.grid [data-movie]:not([data-movie="{seen}"])').first
    marked = str(other.get_attribute("data-movie"))
    other.hover()
    other.get_by_role("button", name=re.compile("^Watchlist")).click()
    page.get_by_role("link", name="Watchlist").click()
    expect(page.locator(f'.grid [data-movie="{marked}"]')).to_be_visible()
    visitor.go(f"/movie/{marked}")
    expect(page.locator(".mine-guess")).to_contain_text("Our guess for you")


def test_no_barrier_in_the_first_minutes(visitor: Visitor) -> None:
    checker = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visitor.page
    visitor.go("/start")
    visitor.rate_first((4.0,))
    expect(page.get_by_test_id("strip").locator("[data-movie]").first).to_be_visible()
    for path in ["/start", "/", "/my/ratings", "/browse?year_from=1990&year_to=1999&least_ratings=10"]:
        visitor.go(path)
        expect(page.locator("main [data-movie]").first).to_be_visible()
        visitor.settle()
        found = checker.run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    page.get_by_role("combobox").first.press_sequentially("the l")
    expect(page.get_by_role("listbox")).to_be_visible()
    visitor.settle()
    found = checker.run(page)
    assert found.violations_count == 0, found.generate_report()
