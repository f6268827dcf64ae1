"""The app can be installed, and opens without a connection, but never shows what the API once said."""

import httpx
from playwright.sync_api import expect

from tests.e2e.visitor import Visitor


def await_worker(visitor: Visitor) -> None:
    """Wait until the worker has what the page is made of."""
    visitor.page.wait_for_function(
        """async () => {
          await navigator.serviceWorker.ready;
          const files = await caches.open("matinee:files");
          const kept = (await files.keys()).map(({ url }) => url);
          return ["/", "/app.js", "/pages/welcome.js"].every((path) => kept.includes(location.origin + path));
        }"""
    )


def test_it_opens_offline_and_goes_on_when_the_connection_is_back(returning: Visitor) -> None:
    page = returning.page
    returning.go("/")
    await_worker(returning)
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What to watch")
    expect(page.get_by_text("You are offline")).to_be_visible()
    returning.photograph("offline")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Browse").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline")).to_be_hidden()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("main [data-movie]").first).to_be_visible()
    returning.complaints = [line for line in returning.complaints if "net::ERR_" not in line]


def test_nothing_that_the_api_said_is_kept(returning: Visitor) -> None:
    returning.go("/")
    await_worker(returning)
    returning.sign_up()
    returning.rate_first((5.0, 4.0))
    returning.go("/my/ratings")
    expect(returning.page.locator("[data-movie]").first).to_be_visible()
    kept: list[str] = returning.page.evaluate(
        """async () => {
          const stores = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
          const requests = await Promise.all(stores.map((store) => store.keys()));
          return requests.flat().map(({ url }) => new URL(url).pathname);
        }"""
    )
    assert "/pages/my-ratings.js" in kept
    assert not [path for path in kept if path.startswith("/api/")]


def test_only_the_apps_own_page_is_kept_as_its_page(returning: Visitor) -> None:
    returning.go("/")
    await_worker(returning)
    returning.expected.add(404)  # what is not of the app has no icon
    for path in ("/_mail", "/robots.txt", "/about"):
        returning.go(path)
        returning.settle()
    kept = returning.page.evaluate(
        """async () => (await (await (await caches.open("matinee:files")).match("/")).text())"""
    )
    assert '<div id="app">' in kept


def test_its_manifest_names_pictures_that_are_there(base_url: str) -> None:
    manifest = httpx.get(f"{base_url}/manifest.webmanifest").json()
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        answer = httpx.get(base_url + icon["src"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, icon["type"])
