"""Sending mail, through SES.

Its first version is used because every emulator of AWS speaks it.
"""

import logging
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.config import settings
from chalicelib.domain.errors import MailNotSentError

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient

_CHARSET = "UTF-8"

log = logging.getLogger("movies.mail")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of plain paragraphs, of which one may be a link: `link` is its address, `label` what it does."""

    to: str
    subject: str
    paragraphs: tuple[str, ...]
    label: str | None = None
    link: str | None = None

    def text(self) -> str:
        link = (f"{self.label}:\n{self.link}",) if self.link else ()
        return "\n\n".join((self.paragraphs[0], *link, *self.paragraphs[1:])) + "\n"

    def html(self) -> str:
        link = (f'<a href="{escape(self.link)}">{escape(str(self.label))}</a>',) if self.link else ()
        first, *rest = map(escape, self.paragraphs)
        body = "".join(f"<p>{part}</p>" for part in (first, *link, *rest))
        return f'<!doctype html><html lang="en"><body>{body}</body></html>'


@cache
def _ses() -> "SESClient":
    # Somebody waits, so it fails soon rather than late; Lambda itself would end the request after 29 s.
    patience = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2})
    return boto3.client("ses", config=patience)


def send(mail: Mail) -> None:
    """Hand a mail over for delivery. Raises MailNotSentError."""
    sender = settings().mail_from
    try:
        if sender is None:
            raise MailNotSentError("This site is not set up to send mail.")
        _ses().send_email(
            Source=sender,
            Destination={"ToAddresses": [mail.to]},
            Message={
                "Subject": {"Data": mail.subject, "Charset": _CHARSET},
                "Body": {
                    "Text": {"Data": mail.text(), "Charset": _CHARSET},
                    "Html": {"Data": mail.html(), "Charset": _CHARSET},
                },
            },
        )
    except (BotoCoreError, ClientError) as error:
        log.warning("a mail was not sent: %s", error)
        raise MailNotSentError("The mail could not be sent; try again in a few minutes.") from error
