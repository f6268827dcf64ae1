"""Deleting an account, so that nothing of it is left and nothing comes back.

From the first step on nobody can log in and no token is good. The steps after it may be repeated: by the
person, whose access token is still taken here, and by the batch job, which finishes what was interrupted.
"""

from chalicelib import clock
from chalicelib.domain.errors import NotFoundError, UnauthenticatedError
from chalicelib.domain.rating import PersonId
from chalicelib.services import attempts
from chalicelib.services.accounts import account_of
from chalicelib.services.imports import IMPORTS_OF_ACCOUNT
from chalicelib.services.profile import verified_hash
from chalicelib.services.sessions import ENDED, is_logged_in
from chalicelib.storage import accounts as storage
from chalicelib.storage.erasing import erase_what_was_said

_BY_PERSON = (IMPORTS_OF_ACCOUNT, attempts.WRONG_PASSWORDS_OF_PERSON, attempts.MAILS_OF_PERSON)
_BY_EMAIL = (attempts.FAILED_LOG_INS_OF_ACCOUNT, attempts.FORGOTTEN_OF_ADDRESS)


def delete_account(person_id: PersonId, log_in_id: str, password: str) -> None:
    """Delete everything that is kept about a person. Their ratings are in the models until the next training.

    Raises InvalidInputError for a wrong password, TooManyAttemptsError, and UnauthenticatedError if the
    log-in has ended, unless a deletion was interrupted: that is finished.
    """
    closing = storage.closing_account_of(person_id)
    if closing is None and not is_logged_in(person_id, log_in_id):
        raise UnauthenticatedError(ENDED)
    verified_hash(closing or account_of(person_id), password, "password")
    if closing is None and not storage.begin_closing(person_id, clock.now_ms()):
        account_of(person_id)
    finish_deletion(person_id)


def erase(person_id: PersonId) -> None:
    """The same without a password: for whoever runs the service, asked by somebody who cannot log in.

    Raises NotFoundError if there is no such account.
    """
    if not storage.begin_closing(person_id, clock.now_ms()):
        raise NotFoundError("There is no account of that id.")
    finish_deletion(person_id)


def finish_interrupted_deletions() -> int:
    """Finish the deletions that were begun and not ended; answers how many there were."""
    people = storage.closing_people()
    for person_id in people:
        finish_deletion(person_id)
    return len(people)


def finish_deletion(person_id: PersonId) -> None:
    """Everything after the first step; the account itself goes last. Once gone this changes nothing."""
    account = storage.closing_account_of(person_id)
    if account is None:
        return
    erase_what_was_said(person_id)
    for limit in _BY_PERSON:
        attempts.forget(limit, person_id)
    for limit in _BY_EMAIL:
        attempts.forget(limit, account.email)
    storage.finish_closing(account)
