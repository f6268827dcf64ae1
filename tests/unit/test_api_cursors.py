"""Cursors: what was written is read again, and nothing else is."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from chalicelib.api.cursors import MovieNumber, Number, ShortText, _seal, read_cursor, write_cursor
from chalicelib.api.problems import BadCursorError
from chalicelib.domain.errors import StaleCursorError

Form = tuple[float | str | None, int]
FORM = TypeAdapter[Form](tuple[Number | ShortText | None, MovieNumber])

keys = st.none() | st.text(max_size=100) | st.floats(-1e15, 1e15) | st.integers(-(10**15), 10**15)
positions = st.tuples(keys, st.integers(1, 2**31 - 1))


@given(positions, st.text(), st.text())
def test_a_cursor_gives_back_the_place_it_was_made_of(position: Form, query: str, edition: str) -> None:
    assume(query.isprintable() and edition.isprintable())
    cursor = write_cursor(query, edition, position)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert read_cursor(cursor, query, edition, FORM) == position


def test_the_same_place_in_another_edition_is_stale() -> None:
    cursor = write_cursor("movies", "v1", (5.0, 7))
    with pytest.raises(StaleCursorError):
        read_cursor(cursor, "movies", "v2", FORM)


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(BadCursorError):
        read_cursor(text, "movies", "v1", FORM)


@given(st.data())
def test_no_letter_of_a_cursor_can_be_changed(data: st.DataObject) -> None:
    cursor = write_cursor("movies", "v1", ("1999-03-31", 133093))
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.characters(codec="ascii"))
    assume(letter != cursor[place])
    with pytest.raises(BadCursorError):
        read_cursor(cursor[:place] + letter + cursor[place + 1 :], "movies", "v1", FORM)


@pytest.mark.parametrize(
    "content",
    [
        '["v1", ["x", 1e400]]',
        '["v1", ["x", 99999999999999999999]]',
        '["v1", [NaN, 1]]',
        '["v1", [1e300, 1]]',
        '["v1", [true, 1]]',
        '["v1", ["x", true]]',
        '["v1", ["x", "1"]]',
        '["v1", ["x", 0]]',
        f'["v1", ["{"x" * 101}", 1]]',
        '["v1", []]',
        '["v1", {}]',
        '["v1"]',
        '[null, ["x", 1]]',
        '{"v1": 1}',
        "5",
        "[" * 300,
    ],
)
def test_a_well_sealed_cursor_is_still_checked(content: str) -> None:
    """The seal is no secret, so anybody can make one around anything."""
    text = content.encode()
    sealed = urlsafe_b64encode(_seal("movies", "v1", text) + text).decode().rstrip("=")
    with pytest.raises(BadCursorError):
        read_cursor(sealed, "movies", "v1", FORM)
    proper = json.dumps(["v1", ["x", 1]]).encode()
    sealed = urlsafe_b64encode(_seal("movies", "v1", proper) + proper).decode().rstrip("=")
    assert read_cursor(sealed, "movies", "v1", FORM) == ("x", 1)
