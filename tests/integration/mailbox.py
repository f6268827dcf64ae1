"""The mail that the API has sent, in tests."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.ses.models import ses_backends

from chalicelib.services import recovery


def wait_for_mail() -> None:
    """Until everything has been sent that is sent aside."""
    recovery._sender.shutdown()
    recovery._sender = ThreadPoolExecutor(4)


def mails_to(email: str) -> list[Any]:
    """Every mail to an address, oldest first."""
    wait_for_mail()
    sent = ses_backends["123456789012"]["us-east-1"].sent_messages
    return [mail for mail in sent if email in mail.destinations["ToAddresses"]]


def token_in(mail: Any, kind: str) -> str:
    """The token of the one link that a mail holds."""
    (token,) = re.findall(rf'"https://matinee\.example/{kind}\?token=([\w.-]+)"', mail.body)
    return str(token)
