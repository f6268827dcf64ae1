"""Rating one film after another, by pointer, by key, and when the network fails."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.visitor import Visitor


def current(visitor: Visitor) -> str:
    card = visitor.page.locator(".rate-card[data-movie]")
    expect(card).to_be_visible()
    return str(card.get_attribute("data-movie"))


def wait_for_other(visitor: Visitor, than: str) -> str:
    expect(visitor.page.locator(f'.rate-card[data-movie="{than}"]')).to_have_count(0)
    return current(visitor)


@pytest.mark.parametrize("mode", ["Well-known films", "All films"])
def test_stars_and_skips_lead_on_to_films_not_seen_before(visitor: Visitor, mode: str) -> None:
    visitor.sign_up()
    visitor.go("/rate")
    visitor.page.get_by_role("button", name=mode).click()
    visitor.settle()
    seen = [current(visitor)]
    visitor.page.get_by_role("button", name="Skip").click()
    seen.append(wait_for_other(visitor, seen[-1]))
    visitor.rate(visitor.page.locator(".rate-card"), 3.5)
    seen.append(wait_for_other(visitor, seen[-1]))
    visitor.page.get_by_role("button", name="Skip").click()
    seen.append(wait_for_other(visitor, seen[-1]))
    assert len(set(seen)) == 4
    expect(visitor.page.locator(".rate-count")).to_have_text(re.compile("1 rated now.*1 in all"))
    visitor.photograph(f"rate-{mode.split(maxsplit=1)[0].lower()}")

    visitor.page.get_by_role("link", name="My ratings").click()
    expect(visitor.page.locator(".rated")).to_have_count(1)
    expect(visitor.page.locator(f'[data-movie="{seen[1]}"] input:checked')).to_have_value("3.5")


def test_the_keyboard_alone_rates_skips_and_undoes(visitor: Visitor) -> None:
    visitor.sign_up()
    visitor.go("/rate")
    first = current(visitor)
    visitor.page.keyboard.press("4")
    second = wait_for_other(visitor, first)
    visitor.page.keyboard.press("Shift+Digit3")
    third = wait_for_other(visitor, second)
    visitor.page.keyboard.press("s")
    wait_for_other(visitor, third)
    visitor.page.keyboard.press("z")
    expect(visitor.page.locator(f'.rate-card[data-movie="{third}"]')).to_be_visible()
    visitor.page.keyboard.press("z")
    expect(visitor.page.locator(f'.rate-card[data-movie="{second}"]')).to_be_visible()
    visitor.settle()
    visitor.go("/my/ratings")
    expect(visitor.page.locator(".rated")).to_have_count(1)
    expect(visitor.page.locator(f'[data-movie="{first}"] input:checked')).to_have_value("4")


def test_arrow_keys_move_over_half_stars_and_enter_gives_them(visitor: Visitor) -> None:
    visitor.sign_up()
    page = visitor.page
    page.locator(".grid .card-link").first.click()
    group = page.get_by_role("region", name="Your stars").get_by_role("group")
    group.get_by_role("radio", name="0.5 stars").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="3.5 stars")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator(".mine-label")).to_have_text("You gave it 3.5 stars")
    page.keyboard.press("Delete")
    expect(page.locator(".mine-label")).to_have_text("Your stars")


def test_a_film_rated_by_key_stays_under_the_focus_until_it_moves_on(visitor: Visitor) -> None:
    visitor.sign_up()
    visitor.rate_first((4.0, 5.0))
    page = visitor.page
    page.get_by_role("button", name="Show my suggestions").click()
    card = page.get_by_test_id("suggestions").locator("[data-movie]").nth(1)
    movie_id = card.get_attribute("data-movie")
    rated = page.locator(f'main [data-movie="{movie_id}"]')
    card.get_by_role("button", name=re.compile("^Watchlist")).focus()
    page.keyboard.press("Tab")
    with page.expect_response(re.compile("/me/suggestions")):
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
    expect(rated.locator("input:checked")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(rated).to_have_count(0)


def test_a_keyboard_user_reaches_the_content_and_the_focus_follows_the_page(visitor: Visitor) -> None:
    visitor.go("/browse")
    page = visitor.page
    expect(page.locator(".grid [data-movie]").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(visitor.main).to_be_focused()
    link = page.locator(".grid .card-link").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_a_rating_that_cannot_be_saved_is_taken_back_and_said(visitor: Visitor) -> None:
    visitor.sign_up()
    visitor.go("/browse")
    page = visitor.page
    card = page.locator(".grid [data-movie]").first

    def refuse(route: Route) -> None:
        route.abort("internetdisconnected")

    page.route("**/api/me/ratings/*", refuse)
    visitor.rate(card, 4)
    expect(page.get_by_role("status").filter(has_text="was not saved")).to_be_visible()
    expect(card.locator("input:checked")).to_have_count(0)

    page.unroute("**/api/me/ratings/*")
    page.get_by_role("button", name="Try again").click()
    expect(card.locator("input:checked")).to_have_value("4")
    visitor.settle()
    page.reload()
    expect(card.locator("input:checked")).to_have_value("4")
    visitor.complaints = [line for line in visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in line]


def test_a_list_that_cannot_be_loaded_offers_another_try(visitor: Visitor) -> None:
    page = visitor.page
    page.route("**/api/movies?*", lambda route: route.abort("internetdisconnected"))
    visitor.go("/browse")
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.unroute("**/api/movies?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".grid [data-movie]")).to_have_count(36)
    visitor.complaints = [line for line in visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in line]
