"""Sending mail, through SES.

Its first version is used because every emulator of AWS speaks it.
"""

import logging
from dataclasses import dataclass
from html import escape

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import ses
from chalicelib.config import settings
from chalicelib.domain.errors import MailNotSentError

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


def send(mail: Mail) -> None:
    """Hand a mail over for delivery. Raises MailNotSentError."""
    sender = settings().mail_from
    try:
        if sender is None:
            raise MailNotSentError("This site is not set up to send mail.")
        ses().send_email(
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
