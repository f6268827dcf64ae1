"""An account: who a person is to us, and the form their name, e-mail address and password must have."""

import re
import unicodedata
from dataclasses import dataclass

from chalicelib.domain.errors import FieldProblem, InvalidInputError
from chalicelib.domain.rating import PersonId

LONGEST_NAME = 80
LONGEST_EMAIL = 254
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

# Without what has a meaning in a mail's headers: `x<ada@example.com>` is Ada's mailbox under another name.
_EMAIL = re.compile(r"""[^@\s"(),:;<>\[\\\]]+@[^@\s.,;:<>"()\[\\\]]+(?:\.[^@\s.,;:<>"()\[\\\]]+)+""")


@dataclass(frozen=True, slots=True)
class Account:
    """`joined_at` and `deactivated_at` are in milliseconds since 1970, UTC; `email` is in its normal form,
    and confirmed once somebody has followed a link that was sent there.

    A deactivated account cannot be logged in to, and models do not learn from its ratings.
    """

    person_id: PersonId
    name: str
    email: str
    joined_at: int
    email_confirmed: bool = False
    is_operator: bool = False
    deactivated_at: int | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person signs up with, checked and in its normal form. The password never shows in a repr."""

    name: str
    email: str
    password: str

    def __repr__(self) -> str:
        return "Registration(…)"


def normal_email(text: str) -> str:
    """The one spelling under which an address is known: composed, without spaces around, lower-case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).lower())


def normal_password(text: str) -> str:
    """The same password whichever way a keyboard composes its letters."""
    return unicodedata.normalize("NFC", text)


def registration(name: str, email: str, password: str) -> Registration:
    """Check all three at once. Raises InvalidInputError naming every field that needs changing."""
    name = _normal_name(name)
    email = normal_email(email)
    password = normal_password(password)
    _refuse(
        name=_complaint_about_name(name),
        email=_complaint_about_email(email),
        password=_complaint_about_password(password, name, email),
    )
    return Registration(name, email, password)


def checked_name(name: str) -> str:
    """The name in its normal form. Raises InvalidInputError."""
    name = _normal_name(name)
    _refuse(name=_complaint_about_name(name))
    return name


def checked_email(email: str) -> str:
    """The address in its normal form. Raises InvalidInputError."""
    email = normal_email(email)
    _refuse(email=_complaint_about_email(email))
    return email


def checked_password(password: str, name: str, email: str) -> str:
    """The password in its normal form, fit for the person of that name and address.

    Raises InvalidInputError.
    """
    password = normal_password(password)
    _refuse(password=_complaint_about_password(password, name, email))
    return password


def _refuse(**complaints: str | None) -> None:
    """Raises InvalidInputError where there is a complaint about a field."""
    problems = tuple(FieldProblem(field, message) for field, message in complaints.items() if message)
    if problems:
        raise InvalidInputError(" ".join(problem.message for problem in problems), problems)


def _normal_name(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _complaint_about_name(name: str) -> str | None:
    if not name:
        return "Tell us a name to call you by."
    if len(name) > LONGEST_NAME:
        return f"Use a name of at most {LONGEST_NAME} characters."
    if not name.isprintable():
        return "Use only visible characters in the name."
    return None


def _complaint_about_email(email: str) -> str | None:
    if len(email) > LONGEST_EMAIL:
        return f"An e-mail address has at most {LONGEST_EMAIL} characters."
    is_plain = unicodedata.normalize("NFKC", email) == email  # full-width letters make a second Ada
    if not (_EMAIL.fullmatch(email) and email.isprintable() and is_plain):
        return "Write the e-mail address in full, such as ada@example.com."
    return None


def _complaint_about_password(password: str, name: str, email: str) -> str | None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"Choose a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    guesses = {name.casefold(), email.casefold(), email.partition("@")[0].casefold()}
    if password.strip().casefold() in guesses:
        return "Choose a password that is neither your name nor your e-mail address."
    return None
