"""Refresh tokens, devices and mails, without anything stored."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.account import Account
from chalicelib.domain.device import UNKNOWN, device_of
from chalicelib.domain.log_ins import (
    GRACE_MS,
    MOST_LOG_INS,
    MOST_TOKENS,
    REFRESH_SECONDS,
    LogIns,
    begun,
    find,
    only,
    renewed,
    without,
)
from chalicelib.domain.rating import PersonId
from chalicelib.services import mails

ADA = Account(PersonId("ada"), "Ada <script>", "ada@example.com", 0)
LINK = "https://matinee.example/confirm?token=ada.secret"
HOUR = 3_600_000


def one_log_in() -> LogIns:
    return begun((), "first", "Firefox on Linux", "token 0", 0)


def test_a_token_is_good_once_and_for_a_moment_longer() -> None:
    log_ins = renewed(one_log_in(), "first", "token 0", "token 1", HOUR)
    assert log_ins is not None
    again = renewed(log_ins, "first", "token 0", "token 2", HOUR + GRACE_MS)
    assert again is not None
    assert renewed(again, "first", "token 0", "token 3", HOUR + GRACE_MS + 1) is None, "grace is not renewed"
    for token in ("token 1", "token 2"):
        assert renewed(again, "first", token, "token 4", 2 * HOUR) is not None


def test_an_unknown_token_is_good_for_nothing() -> None:
    assert renewed(one_log_in(), "first", "token x", "token 1", HOUR) is None
    assert renewed(one_log_in(), "other", "token 0", "token 1", HOUR) is None
    assert renewed((), "first", "token 0", "token 1", HOUR) is None


@given(st.integers(1, 60))
def test_a_log_in_stays_small_and_its_forgotten_tokens_are_as_bad_as_used_ones(times: int) -> None:
    log_ins: LogIns | None = one_log_in()
    for turn in range(times):
        assert log_ins is not None
        log_ins = renewed(log_ins, "first", f"token {turn}", f"token {turn + 1}", turn * HOUR)
    assert log_ins is not None
    (log_in,) = log_ins
    assert len(log_in.tokens) <= MOST_TOKENS
    assert renewed(log_ins, "first", "token 0", "token x", (times + 1) * HOUR) is None


def test_a_log_in_ends_thirty_days_after_its_last_use() -> None:
    last = REFRESH_SECONDS * 1000 - 1
    log_ins = renewed(one_log_in(), "first", "token 0", "token 1", last)
    assert log_ins is not None
    assert renewed(log_ins, "first", "token 1", "token 2", last + REFRESH_SECONDS * 1000) is None


def test_of_too_many_log_ins_the_one_not_used_for_longest_ends() -> None:
    log_ins: LogIns = ()
    for number in range(MOST_LOG_INS):
        log_ins = begun(log_ins, f"{number}", "", f"token {number}", number)
    renewed_oldest = renewed(log_ins, "0", "token 0", "token new", HOUR)
    assert renewed_oldest is not None
    log_ins = begun(renewed_oldest, "new", "", "token", HOUR)
    assert len(log_ins) == MOST_LOG_INS
    assert find(log_ins, "0") is not None
    assert find(log_ins, "1") is None
    assert only(log_ins, "0") + without(log_ins, "0") != ()
    assert [one.log_in_id for one in only(log_ins, "0")] == ["0"]


LINUX = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (LINUX, "Chrome on Linux"),
        (LINUX + " Edg/141.0", "Edge on Linux"),
        (LINUX + " OPR/120.0", "Opera on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/141 Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/141.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5 (Linux)", "Linux"),
        ("", UNKNOWN),
    ],
)  # fmt: skip
def test_devices_are_called_what_their_owners_call_them(agent: str, device: str) -> None:
    assert device_of(agent) == device


@given(st.text())
def test_any_user_agent_gives_a_short_description(agent: str) -> None:
    assert 0 < len(device_of(agent)) < 40


def test_a_mail_says_the_same_in_text_and_html() -> None:
    mail = mails.set_new_password(replace(ADA, email_confirmed=True), LINK)
    assert LINK in mail.text()
    assert f'<a href="{LINK}">' in mail.html()
    assert "<script>" in mail.text()
    assert "<script>" not in mail.html()
    for paragraph in mail.paragraphs[1:]:
        assert paragraph in mail.text()
        assert paragraph in mail.html()


def test_nobody_writes_to_a_stranger_in_our_name() -> None:
    """Whoever signs up with another's address chooses a name, which must not reach that other. The mails that
    confirm an address are given no name."""
    spam = replace(ADA, name="Claim your prize at evil.example")
    for mail in (
        mails.set_new_password(spam, LINK),
        mails.password_was_changed(spam, LINK),
        mails.address_will_change(spam, "other@example.com"),
    ):
        assert "prize" not in mail.text() + mail.html() + mail.subject
    known = mails.set_new_password(replace(ADA, email_confirmed=True), LINK)
    assert known.text().startswith("Hello Ada")
