"""Finding a film or somebody as one types, and narrowing a list down."""

import re

from playwright.sync_api import Route, expect

from tests.e2e.visitor import Visitor


def test_the_keyboard_finds_a_film_and_a_person(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/about")
    field = page.get_by_role("combobox", name="Search films and people")
    field.focus()
    field.press_sequentially("forest gump")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_contain_text("Forrest Gump")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"\d+ films? and"))).to_be_attached()
    expect(field).to_have_attribute("aria-expanded", "true")
    visitor.photograph("finder")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(options.first.get_attribute("id")))
    page.keyboard.press("ArrowUp")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Forrest Gump", ignore_case=True)

    field.focus()
    field.press_sequentially("tom hanks")
    expect(options.filter(has_text="Tom Hanks").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("tom hanks")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")

    field.press_sequentially("tom hank")
    options.filter(has_text="Tom Hanks").last.click()
    expect(page).to_have_url(re.compile(r"/browse\?q=Tom(%20|\+)Hanks$"))
    expect(page.locator(".grid [data-movie]").first).to_be_visible()


def test_a_phone_finds_from_its_header_and_says_when_it_cannot(phone: Visitor) -> None:
    page = phone.page
    phone.go("/about")
    page.get_by_role("button", name="Search", exact=True).tap()
    field = page.get_by_role("combobox", name="Search films and people")
    expect(field).to_be_focused()
    page.route("**/api/search*", lambda route: route.abort("internetdisconnected"))
    field.press_sequentially("tit")
    expect(page.locator(".finder-note")).to_contain_text("Check your connection")
    page.unroute("**/api/search*")
    field.press_sequentially("anic")
    option = page.get_by_role("option").filter(has_text="Titanic").first
    expect(option).to_be_visible()
    phone.photograph("finder-phone")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    option.tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Titanic", ignore_case=True)
    expect(field).to_be_hidden()
    phone.complaints = [line for line in phone.complaints if "ERR_INTERNET_DISCONNECTED" not in line]


def test_an_answer_that_comes_late_never_replaces_a_newer_one(visitor: Visitor) -> None:
    page = visitor.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.go("/about")
    field = page.get_by_role("combobox", name="Search films and people")
    page.route("**/api/search?q=titanic", hold)
    field.press_sequentially("titanic")
    page.wait_for_timeout(300)  # past the pause after which it asks
    field.fill("gladiator")
    expect(page.get_by_role("option").first).to_contain_text("Gladiator")
    assert len(held) == 1
    held[0].abort()
    expect(page.get_by_role("option").first).to_contain_text("Gladiator")
    visitor.complaints.clear()


def test_filters_go_one_at_a_time_and_back_brings_them_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/browse?genre=Comedy,Drama&least_ratings=10")
    page.get_by_role("button", name="1990s", exact=True).click()
    expect(page).to_have_url(re.compile("year_from=1990&year_to=1999"))
    active = page.get_by_role("list", name="Active filters")
    expect(active.get_by_role("button", name=re.compile("^Remove filter"))).to_have_count(4)
    visitor.photograph("browse-filters")
    active.get_by_role("button", name="Remove filter: Comedy").click()
    expect(page).to_have_url(re.compile("genre=Drama&year_from=1990&year_to=1999&least_ratings=10$"))
    active.get_by_role("button", name="Remove filter: 1990s").click()
    expect(page).to_have_url(re.compile("genre=Drama&least_ratings=10$"))
    page.go_back()
    expect(page.get_by_role("button", name="1990s", exact=True)).to_have_attribute("aria-pressed", "true")
    active.get_by_role("button", name="Clear all").click()
    expect(active).to_have_count(0)
