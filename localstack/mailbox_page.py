"""The mail that the product would have sent, read from the embedded AWS and shown as a page."""

import json
import os
import re
import urllib.request
from html import escape
from typing import Any

MAIL_PATH = "/_mail"

_MOST = 50
_LINK = re.compile(r"https?://[^\s<]+")


def mail_page() -> bytes:
    """The newest mails, newest first. Raises OSError where the emulated AWS does not show them."""
    endpoint = os.environ["AWS_ENDPOINT_URL"].rstrip("/")
    with urllib.request.urlopen(f"{endpoint}/_ministack/ses/messages", timeout=5) as answer:  # noqa: S310 - our own
        messages = json.load(answer)["messages"]
    mails = sorted((mail for box in messages.values() for mail in box), key=lambda mail: -mail["Timestamp"])
    shown = "".join(map(_shown, mails[:_MOST])) or "<p>No mail has been sent yet.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="/styles/main.css"></head>'
        f'<body><main class="wrap prose"><h1>Mail</h1>{shown}</main></body></html>'
    ).encode()


def _shown(mail: dict[str, Any]) -> str:
    text = _LINK.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', escape(mail["BodyText"].strip()))
    lines = text.replace("\n", "<br>")
    to = escape(", ".join(mail["To"]))
    subject = escape(mail["Subject"])
    return f'<article class="account-part"><h2>{subject}</h2><p>To <b>{to}</b></p><p>{lines}</p></article>'
