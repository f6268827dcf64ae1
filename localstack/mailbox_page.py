"""The mail that the product would have sent, read from the emulated AWS and shown as a page."""

import json
import os
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError

MAIL_PATH = "/_mail"

_MOST = 50
_LINK = re.compile(r"https?://[^\s<]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """`sent` is in seconds since 1970."""

    sent: float
    to: tuple[str, ...]
    subject: str
    text: str


def mail_page() -> bytes:
    """The newest mails, newest first. Raises OSError where the emulated AWS does not show them."""
    mails = sorted(_sent(), key=lambda mail: -mail.sent)
    shown = "".join(map(_shown, mails[:_MOST])) or "<p>No mail has been sent yet.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="/styles/main.css"></head>'
        f'<body><main class="wrap prose"><h1>Mail</h1>{shown}</main></body></html>'
    ).encode()


def _sent() -> list[Mail]:
    endpoint = os.environ["AWS_ENDPOINT_URL"].rstrip("/")
    for path, mails_in in _PLACES.items():
        try:
            with urllib.request.urlopen(endpoint + path, timeout=5) as answer:  # noqa: S310 - our own
                return mails_in(json.load(answer)["messages"])
        except HTTPError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise
    raise FileNotFoundError


def _of_ministack(boxes: dict[str, list[dict[str, Any]]]) -> list[Mail]:
    return [
        Mail(mail["Timestamp"], tuple(mail["To"]), mail["Subject"], mail["BodyText"])
        for box in boxes.values()
        for mail in box
    ]


def _of_localstack(messages: list[dict[str, Any]]) -> list[Mail]:
    return [
        Mail(
            datetime.fromisoformat(mail["Timestamp"]).timestamp(),
            tuple(mail["Destination"]["ToAddresses"]),
            mail["Subject"],
            mail["Body"]["text_part"],
        )
        for mail in messages
    ]


_PLACES: dict[str, Callable[[Any], list[Mail]]] = {
    "/_ministack/ses/messages": _of_ministack,
    "/_aws/ses": _of_localstack,
}


def _shown(mail: Mail) -> str:
    text = _LINK.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', escape(mail.text.strip()))
    lines = text.replace("\n", "<br>")
    to = escape(", ".join(mail.to))
    subject = escape(mail.subject)
    return f'<article class="account-part"><h2>{subject}</h2><p>To <b>{to}</b></p><p>{lines}</p></article>'
