"""The page that shows the API to people who build on it."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import Visitor


def open_everything(visitor: Visitor) -> None:
    visitor.go("/api-docs")
    expect(visitor.page.locator(".api-operation").first).to_be_visible()
    visitor.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def test_every_operation_and_problem_is_on_the_page(visitor: Visitor) -> None:
    described = httpx.get(f"{visitor.base_url}/api/openapi.json").json()
    open_everything(visitor)
    shown = {
        " ".join(summary.split()[:2])
        for summary in visitor.main.locator(
            "section .api-operation:has(.api-method) summary"
        ).all_inner_texts()
    }
    assert shown == {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method in methods
        if method != "head"
    }
    expect(visitor.main).to_contain_text("/problems/too-many-attempts")
    visitor.photograph("api-docs")


def test_a_model_is_one_click_from_where_it_is_used(visitor: Visitor) -> None:
    visitor.go("/api-docs")
    visitor.main.locator("summary", has_text=re.compile(r"^GET\s+/movies/\{movie_id\} ")).click()
    visitor.main.get_by_role("button", name="MovieDetail").first.click()
    model = visitor.page.locator("#model-MovieDetail")
    expect(model.locator("summary")).to_be_focused()
    expect(model).to_contain_text("imdb_url")


def test_the_type_of_a_problem_is_the_address_of_its_explanation(visitor: Visitor) -> None:
    problem = httpx.get(f"{visitor.base_url}/api/movies/7").json()
    visitor.go(problem["type"])
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(problem["title"])
    visitor.go("/problems/none-such")
    expect(visitor.main).to_contain_text("There is no problem of this name")


@pytest.mark.parametrize("screen", ["visitor", "phone"])
def test_the_page_is_open_to_everybody_light_and_dark(screen: str, request: pytest.FixtureRequest) -> None:
    checker = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    somebody: Visitor = request.getfixturevalue(screen)
    open_everything(somebody)
    assert somebody.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = checker.run(somebody.page)
    assert found.violations_count == 0, found.generate_report()
    if screen == "phone":
        somebody.photograph("phone-api-docs")
