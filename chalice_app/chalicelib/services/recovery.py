"""Getting back in without the password."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

from chalicelib.domain.account import checked_password, normal_email
from chalicelib.domain.errors import ConflictError, LinkExpiredError, MailNotSentError
from chalicelib.services import attempts, mails
from chalicelib.services.links import followed, new_link
from chalicelib.services.passwords import hash_password
from chalicelib.services.profile import CHANGED, tell_password_was_changed
from chalicelib.storage import accounts as storage
from chalicelib.storage.links import LinkKind
from chalicelib.storage.log_ins import log_ins_of
from chalicelib.storage.outbox import send

ANSWER_SECONDS = 1.0
"""How long it takes to be answered, whether or not there is such an account and a mail to send."""

log = logging.getLogger("movies.recovery")

_sender = ThreadPoolExecutor(4, thread_name_prefix="recovery")


def forgot_password(email: str, address: str) -> None:
    """Send a link that sets a new password, if the address is somebody's; `address` is the caller's network
    address.

    Nothing about this tells whether it is: neither what is answered nor, as the mail is sent aside, when.
    Raises TooManyAttemptsError.
    """
    email = normal_email(email)
    attempts.count_attempt(attempts.FORGOTTEN_FROM_ADDRESS, address)
    attempts.count_attempt(attempts.FORGOTTEN_OF_ADDRESS, email)
    _sender.submit(_send_link, email)
    time.sleep(ANSWER_SECONDS)


def _send_link(email: str) -> None:
    try:
        claim = storage.claim_to(email)
        account = storage.account_of(claim.person_id) if claim else None
        if account is not None:
            send(mails.set_new_password(account, new_link(LinkKind.RESET, account.person_id, email)))
    except MailNotSentError:
        pass  # it is in the log, and the answer must not depend on it
    except Exception:
        log.exception("unexpected error")


def reset_password(token: str, password: str) -> None:
    """Set a new password by the link from a mail, which is used up, and log out everywhere.

    Raises LinkExpiredError, InvalidInputError for an unfit password, and ConflictError if something else
    changes the account at the same moment.
    """
    link = followed(LinkKind.RESET, token)
    account = storage.account_of(link.person_id)
    claim = storage.claim_to(link.email)
    if account is None or claim is None or account.email != link.email:
        raise LinkExpiredError("This link was for an address that is no longer the account's.")
    password_hash = hash_password(checked_password(password, account.name, account.email))
    hashes = (claim.password_hash, password_hash)
    if not storage.change_password(account, hashes, log_ins_of(account.person_id), (), link.token_hash):
        followed(LinkKind.RESET, token)
        raise ConflictError(CHANGED)
    attempts.forget(attempts.FAILED_LOG_INS_OF_ACCOUNT, account.email)
    attempts.forget(attempts.WRONG_PASSWORDS_OF_PERSON, account.person_id)
    tell_password_was_changed(account)
