"""Writing for a person whose account may be deleted at the same moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.rating import PersonId
from chalicelib.storage.accounts import account_of
from chalicelib.storage.erasing import erase_what_was_said


@contextmanager
def writing_for(person_id: PersonId) -> Iterator[None]:
    """Whatever is written inside does not outlive the account.

    Who writes looks for the account afterwards, and who deletes marks the account beforehand: so either the
    deletion finds what was written, or the writer finds the account gone and erases it. Raises
    UnauthenticatedError then.
    """
    yield
    # An account that is only deactivated is still there, and so is what was said.
    if account_of(person_id) is None:
        erase_what_was_said(person_id)
        raise UnauthenticatedError("This account no longer exists.")
