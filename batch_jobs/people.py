"""What whoever runs the service does for somebody who asks, in words."""

from dataclasses import dataclass

from chalicelib.domain.errors import NotFoundError
from chalicelib.services import leaving
from chalicelib.services.people import find_person
from chalicelib.storage.accounts import account_of
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import ratings_of


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is kept about a person or, if `erased`, was."""

    person_id: str
    name: str
    email: str
    ratings: int
    marks: int
    erased: bool

    def __str__(self) -> str:
        who = f"{self.name} <{self.email}>, {self.person_id}"
        what = f"{who}: account, {self.ratings} ratings, {self.marks} marks, suggestions"
        return f"Erased {what}." if self.erased else f"{what}. Nothing was erased: say --yes to do so."


def erase(who: str, *, sure: bool) -> Erasure:
    """Erase all that is kept about the person of an e-mail address or an id; if not `sure`, only say what.

    Raises NotFoundError if there is no such person.
    """
    person_id = find_person(who)
    account = account_of(person_id)
    if account is None:  # their deletion was interrupted, which the batch job mends
        raise NotFoundError("This account is being deleted already.")
    counts = len(ratings_of(person_id)), len(marks_of(person_id))
    if sure:
        leaving.erase(person_id)
    return Erasure(person_id, account.name, account.email, *counts, erased=sure)
