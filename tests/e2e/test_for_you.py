"""What to see next: rows that say why, dials and filters that are remembered, films that leave at once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.visitor import Visitor


def start(visitor: Visitor) -> None:
    """Somebody new, who has rated enough for rows."""
    visitor.sign_up()
    visitor.rate_first((5.0, 4.5, 4.0, 1.0, 3.5))
    expect(visitor.page.get_by_test_id("suggestions").locator("[data-movie]").first).to_be_visible()


def adventure(page: Page, presses: int) -> None:
    """Turn the dial up from the left. Each press asks anew, so it is the last answer that is waited for."""
    dial = page.get_by_role("slider", name="Adventure")
    dial.focus()
    with page.expect_response(re.compile(rf"/me/suggestions.*[?&]adventure={presses / 4:g}(&|$)")):
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
    expect(page.locator(".updated")).to_contain_text("ms")


def test_rows_differ_say_why_and_follow_the_dials(visitor: Visitor) -> None:
    start(visitor)
    page = visitor.page
    rows = page.get_by_test_id("suggestions").locator("section")
    assert rows.count() >= 4
    expect(page.get_by_role("heading", name=re.compile("^Because you gave")).first).to_be_visible()
    expect(rows.locator(".shelf-why").first).to_have_text("From all that you rated, taken together.")
    ids = visitor.shown()
    assert len(ids) == len(set(ids))
    visitor.photograph("for-you-rows")

    adventure(page, 4)
    expect(page.locator(".dials-hint")).to_contain_text("about a third fewer")
    bold = visitor.shown()
    assert bold != ids
    assert len(bold) == len(set(bold))
    page.reload()
    expect(page.get_by_role("slider", name="Adventure")).to_have_value("1")
    expect(page.get_by_test_id("suggestions")).to_be_visible()
    assert visitor.shown() == bold
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("slider", name="Adventure")).to_have_value("0")
    expect(page.locator("main [data-movie]").first).to_have_attribute("data-movie", ids[0])


def test_a_row_that_is_pointed_at_stays_in_its_place_when_the_rows_are_renewed(visitor: Visitor) -> None:
    start(visitor)
    page = visitor.page
    row = page.get_by_test_id("suggestions").locator("section").nth(3)
    row.scroll_into_view_if_needed()
    name = str(row.get_attribute("data-row"))
    same = page.locator(f'section.shelf[data-row="{name}"]')
    same.locator(".row").evaluate("row => { row.scrollLeft = 400; }")
    card = same.locator("[data-movie]").nth(4)
    movie_id = card.get_attribute("data-movie")
    card.hover()
    before = same.bounding_box()
    visitor.rate(card, 5)
    expect(page.locator(f'main [data-movie="{movie_id}"]')).to_have_count(0)
    after = same.bounding_box()
    assert before
    assert after
    assert after["y"] == pytest.approx(before["y"], abs=2)
    assert same.locator(".row").evaluate("row => row.scrollLeft") > 0


def test_going_back_finds_the_rows_as_they_were_left(visitor: Visitor) -> None:
    start(visitor)
    page = visitor.page
    row = page.get_by_test_id("suggestions").locator(".row").last
    row.scroll_into_view_if_needed()
    row.evaluate("row => { row.scrollLeft = 600; }")
    card = row.locator("[data-movie]").nth(5)
    movie_id = card.get_attribute("data-movie")
    card.locator("a").click()
    expect(page).to_have_url(re.compile(f"/movie/{movie_id}$"))
    expect(page.locator("dl.credits")).to_be_visible()
    page.go_back()
    expect(page.locator(f'.row [data-movie="{movie_id}"]')).to_be_in_viewport(ratio=0.5)


def test_a_film_leaves_all_rows_with_a_mark_and_comes_back(visitor: Visitor) -> None:
    start(visitor)
    page = visitor.page
    card = page.get_by_test_id("suggestions").locator("[data-movie]").nth(1)
    movie_id = card.get_attribute("data-movie")
    same = page.locator(f'main [data-movie="{movie_id}"]')
    for name, notice in (("Not interested", "will not suggest"), ("Watchlist", "is on your watchlist")):
        same.hover()
        same.get_by_role("button", name=re.compile(f"^{name}: ")).click()
        expect(same).to_have_count(0)
        message = page.get_by_role("listitem").filter(has_text=notice)
        message.get_by_role("button", name="Undo").click()
        expect(same).to_have_count(1)


def test_filters_are_in_the_address_remembered_and_undone(visitor: Visitor) -> None:
    start(visitor)
    page = visitor.page
    page.get_by_role("link", name="See all and filter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All for you")
    cards = page.get_by_test_id("suggestions").locator("[data-movie]")
    expect(cards).to_have_count(24)
    page.get_by_role("button", name="Filters", exact=True).click()
    sheet = page.get_by_role("dialog", name="Filters")
    sheet.get_by_role("button", name="Drama").dblclick()
    sheet.get_by_label("Years, from").fill("1990")
    sheet.get_by_label("Years, to").fill("198")
    sheet.get_by_role("button", name="Show films").click()
    expect(sheet.get_by_role("alert")).to_have_text("Give years as four digits, such as 1994.")
    expect(sheet.get_by_label("Years, to")).to_be_focused()
    expect(sheet.get_by_label("Years, to")).to_have_value("198")
    sheet.get_by_label("Years, to").fill("1999")
    sheet.get_by_role("button", name="Show films").click()

    expect(page).to_have_url(re.compile(r"/for-you\?exclude_genre=Drama&year_from=1990&year_to=1999$"))
    remove = page.get_by_role("button", name="Remove the filter: not Drama")
    expect(remove).to_be_visible()
    facts = page.locator(".grid .card-facts")
    expect(facts.filter(has_not_text=re.compile(r"^\s*199\d"))).to_have_count(0)
    expect(facts.filter(has_text="Drama")).to_have_count(0)
    expect(facts).to_have_count(24)
    narrow = visitor.shown(".grid")
    visitor.photograph("for-you-filtered")

    page.reload()
    expect(cards.first).to_be_visible()
    assert visitor.shown(".grid") == narrow
    page.get_by_role("navigation", name="Main").get_by_role("link", name="For you").click()
    expect(page.get_by_role("link", name=re.compile("See all and filter"))).to_contain_text("3")
    page.goto(visitor.base_url + "/for-you")
    expect(page).to_have_url(re.compile("exclude_genre=Drama"))
    remove.click()
    expect(page).not_to_have_url(re.compile("exclude_genre"))
    page.go_back()
    expect(remove).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(re.compile("/for-you$"))
    page.reload()
    expect(cards.first).to_be_visible()
    expect(page).to_have_url(re.compile("/for-you$"))


def test_nothing_left_says_how_to_go_on_and_nobody_is_kept_out_of_a_link(visitor: Visitor) -> None:
    visitor.go("/for-you?year_from=1850&year_to=1851&least_ratings=5")
    expect(visitor.main).to_contain_text("Log in to see your suggestions")
    start(visitor)
    visitor.go("/for-you?year_from=1850&year_to=1851&least_ratings=5")
    expect(visitor.main).to_contain_text("Nothing is left of all that")
    visitor.main.get_by_role("button", name="Clear filters").last.click()
    expect(visitor.page.get_by_test_id("suggestions").locator("[data-movie]")).to_have_count(24)


def test_a_phone_has_rows_for_the_finger_and_a_sheet_of_filters(phone: Visitor) -> None:
    start(phone)
    page = phone.page
    phone.photograph("phone-for-you-rows")
    row = page.get_by_test_id("suggestions").locator(".row").first
    assert (
        row.evaluate("row => row.scrollWidth > row.clientWidth && getComputedStyle(row).overflowX") == "auto"
    )
    page.get_by_role("link", name="See all and filter").tap()
    page.get_by_role("button", name="Filters", exact=True).tap()
    sheet = page.get_by_role("dialog", name="Filters")
    expect(sheet).to_be_visible()
    phone.photograph("phone-for-you-sheet")
    box = sheet.bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
