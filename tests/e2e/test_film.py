"""One film's page: what we guess, how sure we are of it, and why; and what becomes of it once it is rated."""

import re

from playwright.sync_api import expect

from tests.e2e.visitor import Visitor


def test_a_film_says_what_we_guess_how_surely_and_why_and_how_the_guess_turned_out(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/browse?sort=popular")
    path = str(page.locator(".grid .card-link").nth(12).get_attribute("href"))
    visitor.go(path)
    mine = page.get_by_role("region", name="Your stars")
    expect(mine).to_contain_text("Rate a few films")
    expect(page.get_by_role("heading", name="What speaks for it, and against")).to_have_count(0)

    visitor.sign_up()
    visitor.go(path)
    why = page.get_by_role("region", name="What speaks for it, and against")
    expect(why).to_contain_text("So far we only know what most people like")
    visitor.go("/")
    visitor.rate_first((5, 4.5, 1))
    visitor.settle()
    page.get_by_role("button", name="Show my suggestions").click()
    likely = page.get_by_role(
        "img", name=re.compile(r"We expect [\d.]+ stars, most likely between [\d.]+ and")
    )
    expect(likely.first).to_be_visible()
    expect(page.get_by_test_id("suggestions").locator(".sureness").first).to_have_text(
        re.compile("quite sure|fairly sure|not so sure")
    )

    visitor.go(path)
    expect(mine).to_contain_text(re.compile(r"Our guess for you: \d\.\d"))
    expect(mine).to_contain_text(re.compile(r"Most likely between \d\.\d and \d\.\d stars"))
    expect(why.get_by_role("listitem").filter(has_text="You gave")).not_to_have_count(0)
    expect(why).to_contain_text("What most people like")

    visitor.rate(mine, 0.5)
    expect(mine).to_contain_text("You gave it 0.5 stars")
    expect(mine).to_contain_text(re.compile(r"We had guessed \d\.\d"))
    expect(mine).to_contain_text(re.compile("You liked it|about what you gave"))
    mine.get_by_role("button", name="Not interested").click()
    expect(mine).to_contain_text("You set this film aside")
    mine.get_by_role("button", name="Undo").click()
    expect(mine).not_to_contain_text("You set this film aside")
    page.reload()
    expect(mine).to_contain_text(re.compile(r"We had guessed \d\.\d"))
    visitor.photograph("film-guess")
