"""Signing up, rating, leaving and coming back."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import PASSWORD, Visitor

GIFTS = (5.0, 4.5, 1.0, 3.5, 4.0)


def test_ratings_change_the_suggestions_and_outlive_the_session(visitor: Visitor) -> None:
    email = visitor.sign_up()
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Start with films you know")
    visitor.photograph("start")

    rated = visitor.rate_first(GIFTS)
    suggestions = page.get_by_test_id("suggestions")
    expect(suggestions).to_be_visible()
    before = visitor.shown()
    assert len(before) == len(set(before)) > 25
    assert not set(before) & set(rated)
    visitor.photograph("for-you")

    newly = suggestions.locator("[data-movie]").nth(1)
    newly_rated = str(newly.get_attribute("data-movie"))
    visitor.rate(newly, 5)
    expect(page.locator(f'main [data-movie="{newly_rated}"]')).to_have_count(0)
    after = visitor.shown()
    assert after != [movie_id for movie_id in before if movie_id != newly_rated]
    assert not set(after) & {*rated, newly_rated}
    expect(page.locator(".updated")).to_contain_text("ms")

    visitor.log_out()
    page.get_by_role("link", name="Log in").first.click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.main.get_by_role("button", name="Log in").click()
    expect(suggestions).to_be_visible()
    page.get_by_role("link", name="My ratings").click()
    expect(page.locator(".rated")).to_have_count(6)
    for movie_id, stars in {**dict(zip(rated, GIFTS, strict=True)), newly_rated: 5.0}.items():
        given = page.locator(f'[data-movie="{movie_id}"] input:checked')
        expect(given).to_have_value(f"{stars:g}")
    visitor.photograph("my-ratings")


def test_a_reload_keeps_the_session_and_the_list_as_it_was(visitor: Visitor) -> None:
    visitor.sign_up()
    visitor.rate_first((4.0,))
    visitor.page.get_by_role("button", name="Show my suggestions").click()
    expect(visitor.page.get_by_test_id("suggestions")).to_be_visible()
    visitor.page.reload()
    expect(visitor.page.get_by_test_id("suggestions")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Account of Ada Byron")).to_be_visible()


def test_not_interested_goes_away_and_can_be_undone(visitor: Visitor) -> None:
    visitor.sign_up()
    visitor.rate_first((4.0, 5.0))
    page = visitor.page
    page.get_by_role("button", name="Show my suggestions").click()
    card = page.get_by_test_id("suggestions").locator("[data-movie]").nth(2)
    movie_id = str(card.get_attribute("data-movie"))
    card.hover()
    card.get_by_role("button", name=re.compile("^Not interested")).click()
    expect(page.locator(f'main [data-movie="{movie_id}"]')).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f'main [data-movie="{movie_id}"]')).to_have_count(1)


def test_a_removed_rating_can_be_taken_back(visitor: Visitor) -> None:
    visitor.sign_up()
    (movie_id,) = visitor.rate_first((2.5,))
    page = visitor.page
    page.get_by_role("link", name="My ratings").click()
    rated = page.locator(f'.rated[data-movie="{movie_id}"]')
    rated.get_by_role("button", name=re.compile("^Remove")).click()
    expect(rated).to_contain_text("Removed")
    expect(page.locator(".count")).to_have_text("0 films")
    page.get_by_role("button", name="Undo").click()
    expect(rated.locator("input:checked")).to_have_value("2.5")
    visitor.settle()
    page.reload()
    expect(rated.locator("input:checked")).to_have_value("2.5")


def test_wrong_input_is_named_beside_its_field(visitor: Visitor) -> None:
    visitor.expected = {401, 422}
    visitor.go("/sign-up")
    page = visitor.page
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail address").fill("not an address")
    page.get_by_label("Password", exact=True).fill("short")
    visitor.main.get_by_role("button", name="Sign up").click()
    expect(page.locator("#email-problem")).to_be_visible()
    expect(page.locator("#password-problem")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    visitor.photograph("sign-up-problems")

    visitor.go("/log-in")
    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.main.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_personal_pages_ask_a_stranger_in_and_bring_them_back(visitor: Visitor) -> None:
    visitor.go("/my/watchlist")
    visitor.main.get_by_role("button", name="Sign up").click()
    page = visitor.page
    page.get_by_label("Name").fill("Ada Byron")
    page.get_by_label("E-mail address").fill(f"back-{id(visitor)}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.main.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Watchlist")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//example.com",
        "https://example.com/",
        "/.//example.com",
        "/\\example.com",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_nobody_is_led_to_another_site_by_logging_in(visitor: Visitor, elsewhere: str) -> None:
    visitor.sign_up()
    visitor.go(f"/log-in?next={quote(elsewhere, safe='')}")
    expect(visitor.page).to_have_url(f"{visitor.base_url}/")
