"""An operator at work: looking, running the job, changing the served model, keeping a rating out."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import Visitor

SCREENS = ["/ops", "/ops/runs", "/ops/models", "/ops/data", "/ops/people", "/ops/films?q=the", "/ops/cost"]


def log_in_as_operator(visitor: Visitor) -> None:
    """The demo account is an operator's."""
    visitor.go("/log-in")
    visitor.page.get_by_role("button", name="Try the demo account").click()
    expect(visitor.page.get_by_role("button", name=re.compile("^Account of"))).to_be_visible()


def test_an_operator_looks_runs_the_job_promotes_and_rolls_back(visitor: Visitor) -> None:
    page, main = visitor.page, visitor.main
    log_in_as_operator(visitor)
    page.get_by_role("button", name=re.compile("^Account of")).click()
    page.get_by_role("link", name="Operations").click()
    expect(main.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(main.get_by_role("img", name=re.compile("^Ratings a day"))).to_be_visible()
    visitor.photograph("ops-overview")

    page.get_by_role("link", name="Runs").click()
    main.get_by_role("button", name="Run", exact=True).click()
    expect(main.get_by_role("button", name="At work…")).to_be_disabled()
    expect(main.get_by_role("status").get_by_text("finished")).to_be_visible(timeout=60_000)
    visitor.photograph("ops-runs")

    page.get_by_role("link", name="Models").click()
    promote = main.get_by_role("button", name=re.compile("^Promote 2")).first
    earlier = str(promote.get_attribute("aria-label")).removeprefix("Promote ")
    promote.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    promote.click()
    page.get_by_role("dialog").get_by_role("button", name="Promote").click()
    expect(page.get_by_text(f"{earlier} is current now.")).to_be_visible()
    assert served(visitor) == earlier
    main.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("is current again.")).to_be_visible()
    assert served(visitor) != earlier


def served(visitor: Visitor) -> str:
    return str(httpx.get(f"{visitor.base_url}/api/model").json()["version"])


def test_a_rating_and_an_account_are_left_out_and_let_in_again(visitor: Visitor) -> None:
    page, main = visitor.page, visitor.main
    email = visitor.sign_up("Troll")
    visitor.rate_first((0.5,))
    visitor.settle()
    visitor.log_out()
    log_in_as_operator(visitor)
    visitor.go("/ops/people")
    field = main.get_by_label("E-mail address or id")
    visitor.expected.add(404)
    field.fill("nobody@example.com")
    field.press("Enter")
    expect(main.get_by_role("alert")).to_have_text("Nobody has signed up with this address.")
    expect(field).to_have_value("nobody@example.com")
    field.fill(email)
    field.press("Enter")
    expect(main.get_by_role("heading", name="Troll")).to_be_visible()
    assert email not in page.url

    main.get_by_role("button", name=re.compile("^Deactivate the rating of")).click()
    expect(main.get_by_text("left out", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(main.get_by_text("counts", exact=True)).to_be_visible()

    main.get_by_role("button", name="Deactivate account").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(main.get_by_text("deactivated", exact=True)).to_be_visible()
    page.reload()
    main.get_by_role("button", name="Activate again").click()
    page.get_by_role("dialog").get_by_role("button", name="Activate").click()
    expect(main.get_by_text("active", exact=True)).to_be_visible()


def test_the_screens_fit_a_phone_have_no_barrier_and_tell_when_offline(phone: Visitor) -> None:
    checker = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    log_in_as_operator(phone)
    page = phone.page
    for path in [*SCREENS, "/model"]:
        phone.go(path)
        expect(phone.main.get_by_role("heading", level=1)).to_be_visible()
        phone.settle()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        found = checker.run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        phone.photograph("phone" + path.partition("?")[0].replace("/", "-"))
    phone.go("/ops")
    phone.settle()
    page.get_by_role("link", name="Runs").hover()
    phone.settle()
    page.route("**/api/ops/**", lambda route: route.abort())
    page.get_by_role("link", name="Runs").click()
    expect(phone.main.get_by_role("alert")).to_contain_text("No connection")
    phone.complaints.clear()
    page.unroute("**/api/ops/**")
    phone.main.get_by_role("button", name="Try again").click()
    expect(phone.main.get_by_role("heading", name="Latest runs")).to_be_visible()


def test_the_screens_are_closed_to_others(visitor: Visitor) -> None:
    visitor.go("/ops/models")
    expect(
        visitor.main.get_by_role("heading", name="Log in to see the operator’s screens").last
    ).to_be_visible()
    visitor.sign_up()
    visitor.go("/ops/models")
    expect(visitor.main.get_by_role("heading", name="For operators")).to_be_visible()


def test_everybody_can_read_the_models_card(visitor: Visitor) -> None:
    visitor.go("/about")
    visitor.page.get_by_role("contentinfo").get_by_role("link", name="The model").click()
    expect(visitor.main.get_by_role("heading", level=1)).to_have_text("The model")
    expect(visitor.main.get_by_role("table", name="Against popularity")).to_be_visible()
    plots = visitor.main.get_by_role("img")
    expect(plots).to_have_count(4)
    for plot in plots.all():
        plot.scroll_into_view_if_needed()
        expect(plot).to_have_js_property("complete", True)
        assert plot.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    visitor.photograph("model")
