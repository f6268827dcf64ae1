"""Somebody at a browser: what they do, and what the browser complains about meanwhile."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, ViewportSize, expect

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SCREENS = Path(__file__).parent / "screens"
_BLOCKED = "Service Worker registration blocked by Playwright"
PASSWORD = "seven quiet projectors"

expect.set_options(timeout=10_000)


@dataclass
class Visitor:
    """Somebody at a browser, and everything the browser complained about meanwhile.

    `expected` are the HTTP statuses whose console line belongs to what the test does.
    """

    page: Page
    base_url: str
    expected: set[int] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or message.text == _BLOCKED:
            return
        status = re.search(r"the server responded with a status of (\d+)", message.text)
        if not (status and int(status[1]) in self.expected):
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} from {response.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.base_url + path)

    def sign_up(self, name: str = "Ada Byron") -> str:
        """Answers the e-mail address."""
        email = f"{uuid4().hex[:12]}@example.com"
        self.go("/sign-up")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.main.get_by_role("button", name="Sign up").click()
        expect(self.page.get_by_role("button", name=f"Account of {name}")).to_be_visible()
        return email

    def log_out(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Account of")).click()
        self.page.get_by_role("button", name="Log out").click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("What to watch")

    def rate(self, card: Locator, stars: float) -> None:
        """Click a half star on a film's card."""
        label = "1 star" if stars == 1 else f"{stars:g} stars"
        card.locator("label").filter(has_text=re.compile(rf"^{re.escape(label)}$")).click()

    def shown(self, within: str = "main") -> list[str]:
        """The ids of the films in sight, in their order."""
        cards = self.page.locator(f"{within} [data-movie]")
        ids: list[str] = cards.evaluate_all("cards => cards.map(card => card.dataset.movie)")
        return ids

    def rate_first(self, gifts: tuple[float, ...]) -> list[str]:
        """Rate the first films of the start page; answers their ids."""
        expect(self.page.locator(".grid [data-movie]").first).to_be_visible()
        ids = self.shown(".grid")[: len(gifts)]
        for movie_id, stars in zip(ids, gifts, strict=True):
            self.rate(self.page.locator(f'.grid [data-movie="{movie_id}"]'), stars)
        return ids

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def settle(self) -> None:
        self.page.wait_for_load_state("networkidle", timeout=60_000)

    def photograph(self, name: str) -> None:
        self.settle()
        self.page.wait_for_timeout(250)  # cards may still be gliding
        SCREENS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png")


def visit(
    browser: Browser, base_url: str, *, size: ViewportSize, touch: bool, worker: bool = False
) -> Iterator[Visitor]:
    """Somebody in a browser of their own. Without the service `worker` tests may answer for the server."""
    context = browser.new_context(
        viewport=size,
        has_touch=touch,
        is_mobile=touch,
        color_scheme="dark" if touch else "light",
        locale="en-GB",
        service_workers="allow" if worker else "block",
    )
    visitor = Visitor(context.new_page(), base_url)
    visitor.listen()
    yield visitor
    context.close()
    assert visitor.complaints == []
