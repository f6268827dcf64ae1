"""One's own account: forgotten passwords, other browsers, and leaving."""

import re

from playwright.sync_api import Browser, Locator, expect

from tests.e2e.visitor import DESK, PASSWORD, Visitor, visit

NEW_PASSWORD = "eight loud projectors"


def fill_in(visitor: Visitor, email: str, password: str) -> None:
    """Log in at the log-in page."""
    visitor.page.get_by_label("E-mail address").fill(email)
    visitor.page.get_by_label("Password", exact=True).fill(password)
    visitor.main.get_by_role("button", name="Log in").click()


def mail_to(visitor: Visitor, email: str, subject: str) -> Locator:
    """The newest mail of that subject to somebody, on the page where this machine shows its mail."""
    visitor.go("/_mail")
    mails = visitor.page.locator("article").filter(has_text=email)
    return mails.filter(has=visitor.page.get_by_role("heading", name=subject)).first


def test_who_forgot_the_password_comes_back_in_by_mail(visitor: Visitor) -> None:
    email = visitor.sign_up()
    visitor.log_out()
    page = visitor.page
    visitor.go("/log-in")
    page.get_by_role("link", name="Forgot your password?").click()
    # The page before has a field of the same name.
    expect(page.get_by_role("heading", level=1)).to_have_text("Forgotten password")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your mail")
    visitor.photograph("forgot-sent")

    visitor.expected = {410, 422}
    link = mail_to(visitor, email, "Set a new password").get_by_role("link")
    address = str(link.get_attribute("href"))
    link.click()
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_role("button", name="Set the password").click()
    expect(page.locator("#password-problem")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome back")
    fill_in(visitor, email, NEW_PASSWORD)
    expect(page.get_by_role("button", name="Account of Ada Byron")).to_be_visible()

    page.goto(address)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("used before")


def test_a_new_password_logs_the_other_browser_out(visitor: Visitor, browser: Browser, base_url: str) -> None:
    email = visitor.sign_up()
    others = visit(browser, base_url, size=DESK, touch=False)
    other = next(others)
    other.go("/log-in")
    fill_in(other, email, PASSWORD)
    expect(other.page.get_by_role("button", name="Account of Ada Byron")).to_be_visible()
    other.settle()

    page = visitor.page
    visitor.go("/my/account")
    expect(page.locator(".devices li")).to_have_count(2)
    visitor.photograph("account")
    page.get_by_role("button", name="Change: password").click()
    page.get_by_label("Present password", exact=True).fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("other devices are logged out")
    expect(page.locator(".devices li")).to_have_count(1)

    other.expected = {401}
    other.page.get_by_role("link", name="Watchlist").click()
    expect(other.page.get_by_text("Your session has ended")).to_be_visible()
    other.expected = set()
    next(others, None)


def test_an_address_is_confirmed_and_changed_by_mail(phone: Visitor) -> None:
    email = phone.sign_up()
    page = phone.page
    phone.go("/my/account")
    hint = page.get_by_text("Not confirmed yet")
    expect(hint).to_be_visible()
    phone.photograph("phone-account")
    mail_to(phone, email, "Confirm your e-mail address").get_by_role("link").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirmed")
    page.get_by_role("link", name="Go on").click()
    phone.go("/my/account")
    expect(page.locator(".devices li")).to_have_count(1)
    expect(hint).to_have_count(0)

    page.get_by_role("button", name="Change: e-mail address").click()
    page.get_by_label("New e-mail address").fill(f"new.{email}")
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("takes its place")).to_be_visible()
    mail_to(phone, f"new.{email}", "Confirm your new e-mail address").get_by_role("link").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirmed")
    phone.go("/my/account")
    expect(page.locator(".account-part").nth(1)).to_contain_text(f"new.{email}")


def test_a_deleted_account_is_gone(visitor: Visitor) -> None:
    visitor.expected = {401, 422}
    email = visitor.sign_up()
    visitor.rate_first((4.0, 2.0))
    page = visitor.page
    page.get_by_role("button", name=re.compile("^Account of")).click()
    page.get_by_role("link", name=re.compile("^Account")).click()
    page.get_by_role("button", name="Delete: delete your account").click()
    delete = page.get_by_role("button", name="Delete my account")
    page.get_by_label("Your password", exact=True).fill("a wrong password")
    expect(delete).to_be_disabled()
    page.get_by_label(re.compile("to be sure")).fill(email)
    delete.click()
    expect(page.locator("#leave-password-problem")).to_have_text("This is not your password.")
    visitor.photograph("account-delete")
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    delete.click()
    expect(page.get_by_text("Your account is deleted")).to_be_visible()
    visitor.go("/log-in")
    fill_in(visitor, email, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
