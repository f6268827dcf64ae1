"""The form of names, e-mail addresses and passwords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.account import normal_email, normal_password, registration
from chalicelib.domain.errors import InvalidInputError
from chalicelib.services.passwords import NOBODY, hash_password, is_outdated, password_matches

PASSWORD = "correct horse battery"


def complaints(name: str = "Ada", email: str = "ada@example.com", password: str = PASSWORD) -> set[str]:
    try:
        registration(name, email, password)
    except InvalidInputError as error:
        return {problem.field for problem in error.problems}
    return set()


@pytest.mark.parametrize(
    "email",
    ["ada@example.com", "a@b.c", "ada+films@mail.example.co.uk", "o'neil@example.com", "zoë@exämple.org"],
)
def test_ordinary_addresses_are_taken(email: str) -> None:
    assert registration("Ada", email, PASSWORD).email == email


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.com", "ada@", "ada@example", "ada@.com", "ada@example.", "ada@ex..com",
     "a b@example.com", "ada@b@example.com", "ada\u200b@example.com",
     "ada@example.com\nbcc:x@y.z", f"{'a' * 243}@example.com",
     "x<ada@example.com>", "<ada@example.com>", "ada@example.com>", "eve,ada@example.com",
     "eve;ada@example.com", '"eve"@example.com', "(eve)ada@example.com", "bcc:ada@example.com",
     "ada@[127.0.0.1]", "ada@example.com,b.c", "\uff41da@example.com", "ada@\uff45xample.com",
     "ada@example\uff0ecom"],
)  # fmt: skip
def test_what_is_no_address_is_not(email: str) -> None:
    assert complaints(email=email) == {"email"}


@given(st.text(max_size=30))
def test_an_address_has_one_spelling(text: str) -> None:
    normal = normal_email(text)
    assert normal_email(normal) == normal
    assert normal_email(f" {normal.upper()}\t") == normal_email(normal.upper())


def test_the_same_letters_are_the_same_whichever_way_they_were_typed() -> None:
    assert normal_email("ZOE\u0308@example.com") == "zoë@example.com"
    assert normal_password("zoe\u0308 zoe\u0308 zoe\u0308") == "zoë zoë zoë"


@pytest.mark.parametrize("name", ["A", "Ada Lovelace", "Łukasz", "李小龍", "O’Neil", "x" * 80, "🎬"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert registration(name, "a@example.com", PASSWORD).name == name


@pytest.mark.parametrize("name", ["", " \t", "x" * 81, "a\nb", "a\x00", "a\u202eb", "a\ud800"])
def test_names_that_cannot_be_shown_are_not(name: str) -> None:
    assert complaints(name=name) == {"name"}


@pytest.mark.parametrize(("length", "fits"), [(9, False), (10, True), (200, True), (201, False)])
def test_passwords_have_ten_to_two_hundred_characters(length: int, fits: bool) -> None:
    assert (complaints(password="x" * length) == set()) is fits


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_three_texts_give_a_registration_or_complaints(name: str, email: str, password: str) -> None:
    assert complaints(name, email, password) <= {"name", "email", "password"}


def test_a_registration_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(registration("Ada", "a@example.com", PASSWORD))


def test_a_hash_fits_its_password_only() -> None:
    made = hash_password(PASSWORD)
    assert made != hash_password(PASSWORD), "each has its own salt"
    assert password_matches(made, PASSWORD)
    assert not password_matches(made, PASSWORD.upper())
    assert not password_matches("no hash at all", PASSWORD)
    assert not is_outdated(made)


def test_nobody_has_no_password_and_is_checked_like_everybody() -> None:
    assert not password_matches(None, PASSWORD)
    assert not password_matches(None, "")
    assert not is_outdated(NOBODY), "the same parameters, so the same time"
    assert len(NOBODY) == len(hash_password(PASSWORD))
