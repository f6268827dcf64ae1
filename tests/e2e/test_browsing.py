"""Looking around: lists, search, one film, and addresses that hold."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import Visitor


def years(visitor: Visitor) -> list[int]:
    facts = visitor.page.locator(".grid .card-facts").all_inner_texts()
    return [int(found[0]) for text in facts if (found := re.match(r"\d{4}", text))]


def test_the_front_page_shows_films_to_a_stranger(visitor: Visitor) -> None:
    visitor.go("/")
    expect(
        visitor.page.get_by_role("region", name="Most watched").locator("[data-movie]").first
    ).to_be_visible()
    visitor.page.get_by_role("heading", name="Newest").scroll_into_view_if_needed()
    expect(visitor.page.get_by_role("region", name="Newest").locator("[data-movie]").first).to_be_visible()
    visitor.page.evaluate("scrollTo(0, 0)")
    visitor.photograph("front-page")


def test_the_list_goes_on_as_one_scrolls_and_never_repeats(visitor: Visitor) -> None:
    visitor.go("/browse")
    cards = visitor.page.locator(".grid [data-movie]")
    expect(cards).to_have_count(36)
    for pages in (2, 3):
        visitor.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        expect(cards.nth(36 * pages - 1)).to_be_attached()
    ids = visitor.shown(".grid")
    assert len(ids) == len(set(ids))


def test_sorts_and_filters_hold(visitor: Visitor) -> None:
    visitor.go("/browse?sort=recent")
    expect(visitor.page.locator(".grid [data-movie]").first).to_be_visible()
    assert years(visitor) == sorted(years(visitor), reverse=True)

    newest = visitor.page.locator(".grid .card-title").first.inner_text()
    visitor.page.get_by_label("Sort by").select_option("old")
    expect(visitor.page).to_have_url(re.compile("sort=old"))
    expect(visitor.page.locator(".grid .card-title").first).not_to_have_text(newest)
    assert years(visitor) == sorted(years(visitor))

    visitor.go("/browse?year_from=1990&year_to=1995&genre=Comedy&exclude_genre=Romance")
    expect(visitor.page.locator(".grid [data-movie]").first).to_be_visible()
    assert set(years(visitor)) <= set(range(1990, 1996))
    expect(visitor.page.get_by_role("button", name="Comedy, included")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Romance, excluded")).to_be_visible()
    visitor.photograph("browse")


def test_search_is_in_the_address_and_back_restores_the_list(visitor: Visitor) -> None:
    visitor.go("/browse")
    page = visitor.page
    cards = page.locator(".grid [data-movie]")
    expect(cards).to_have_count(36)
    title = page.locator(".grid .card-title").nth(3).inner_text()
    page.get_by_label("Search films and people").fill(title)
    expect(page).to_have_url(re.compile(r"\?q="))
    expect(page.locator(".grid .card-title").first).to_have_text(title)

    page.reload()
    expect(page.get_by_label("Search films and people")).to_have_value(title)
    expect(page.locator(".grid .card-title").first).to_have_text(title)

    page.locator(".grid .card-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.go_back()
    expect(page.locator(".grid .card-title").first).to_have_text(title)


def test_going_back_returns_to_the_same_place_of_a_long_list(visitor: Visitor) -> None:
    visitor.go("/browse?sort=top-rated")
    page = visitor.page
    expect(page.locator(".grid [data-movie]")).to_have_count(36)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    far = page.locator(".grid [data-movie]").nth(60)
    far.scroll_into_view_if_needed()
    movie_id = str(far.get_attribute("data-movie"))
    far.locator("a").click()
    expect(page).to_have_url(re.compile(f"/movie/{movie_id}$"))
    expect(page.locator("dl.credits")).to_be_visible()
    page.go_back()
    expect(page.locator(f'.grid [data-movie="{movie_id}"]')).to_be_in_viewport()


def test_a_list_that_changed_meanwhile_goes_on_without_a_word(visitor: Visitor) -> None:
    visitor.expected = {410}
    page = visitor.page
    page.route(
        re.compile("/api/movies.*cursor="),
        lambda route: route.fulfill(status=410, json={"status": 410}),
        times=1,
    )
    visitor.go("/browse")
    cards = page.locator(".grid [data-movie]")
    expect(cards).to_have_count(36)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(cards.nth(71)).to_be_attached()
    ids = visitor.shown(".grid")
    assert len(ids) == len(set(ids))


def test_a_search_without_answer_says_how_to_go_on(visitor: Visitor) -> None:
    visitor.go("/browse?q=zzqqxx")
    expect(visitor.main).to_contain_text("No film matches")
    visitor.main.get_by_role("button", name="Clear everything").click()
    expect(visitor.page.locator(".grid [data-movie]")).to_have_count(36)


def test_a_film_has_an_address_that_survives_a_reload(visitor: Visitor) -> None:
    visitor.sign_up()
    (movie_id,) = visitor.rate_first((3.5,))
    visitor.settle()
    for address in (f"/movie/{movie_id}", f"/movie/tt{int(movie_id):07d}"):
        visitor.go(address)
        heading = visitor.page.get_by_role("heading", level=1)
        expect(heading).to_be_visible()
        title = heading.inner_text()
        visitor.page.reload()
        expect(heading).to_have_text(title, ignore_case=True)
        expect(visitor.page.locator(".mine input:checked")).to_have_value("3.5")
    expect(visitor.page).to_have_title(re.compile(re.escape(title), re.IGNORECASE))
    visitor.photograph("film")


@pytest.mark.parametrize("screen", ["visitor", "phone"])
def test_a_film_shows_how_it_was_rated_and_what_the_same_people_like(
    request: pytest.FixtureRequest, screen: str
) -> None:
    someone: Visitor = request.getfixturevalue(screen)
    page = someone.page
    someone.go("/browse?sort=popular")
    page.locator(".grid .card-link").first.click()
    expect(
        page.get_by_role("img", name=re.compile(r"Ratings by stars\. 5 stars: \d+, 4\.5 stars"))
    ).to_be_visible()
    title = page.get_by_role("heading", level=1).inner_text()
    page.locator(".film-side").scroll_into_view_if_needed()
    alike = page.get_by_role("region", name="Liked by the same people")
    alike.scroll_into_view_if_needed()
    expect(alike.locator(".card-title").nth(5)).to_be_attached()
    titles = alike.locator(".card-title").all_inner_texts()
    assert title not in titles
    assert len(set(titles)) == len(titles)
    someone.photograph(f"film-alike-{screen}")
    alike.locator(".card-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[0], ignore_case=True)


def test_the_watchlist_keeps_a_film(visitor: Visitor) -> None:
    visitor.sign_up()
    visitor.go("/browse")
    card = visitor.page.locator(".grid [data-movie]").nth(4)
    movie_id = card.get_attribute("data-movie")
    card.hover()
    card.get_by_role("button", name=re.compile("^Watchlist")).click()
    visitor.settle()
    visitor.page.get_by_role("link", name="Watchlist").click()
    expect(visitor.page.locator(f'.grid [data-movie="{movie_id}"]')).to_be_visible()
    visitor.photograph("watchlist")


def test_unknown_addresses_say_so(visitor: Visitor) -> None:
    visitor.expected = {404}
    visitor.go("/no/such/page")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("This reel is missing")
    visitor.photograph("not-found")
    visitor.go("/movie/2147483600")
    expect(visitor.main).to_contain_text("We do not know this film")


def test_the_theme_is_remembered(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.page.get_by_role("button", name="Use the dark theme").click()
    visitor.page.reload()
    expect(visitor.page.get_by_role("button", name="Use the light theme")).to_be_visible()
    background = visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert background == "rgb(10, 21, 23)"
