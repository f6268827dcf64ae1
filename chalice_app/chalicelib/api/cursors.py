"""Opaque cursors: where a page ended, bound to the query and to the edition of the list it belongs to.

The keyed digest is no secret, so what a cursor says is checked as any input is. It tells apart a cursor
that was never ours or belongs to another query (an error) from one whose list has changed since (start
again).
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter

from chalicelib.api.problems import BadCursorError
from chalicelib.domain.errors import StaleCursorError
from chalicelib.domain.movie import LARGEST_MOVIE_ID

_SEAL_BYTES = 9

T = TypeVar("T")

Number = Annotated[float, Field(strict=True, ge=-1e15, le=1e15, allow_inf_nan=False)]
ShortText = Annotated[str, Field(strict=True, max_length=100)]
MovieNumber = Annotated[int, Field(strict=True, ge=1, le=LARGEST_MOVIE_ID)]


def write_cursor(query: str, edition: str, position: object) -> str:
    """A cursor for `position` (anything that is JSON) in the list that `query` gave in this edition."""
    text = json.dumps([edition, position], separators=(",", ":")).encode()
    return urlsafe_b64encode(_seal(query, edition, text) + text).decode().rstrip("=")


def read_cursor(cursor: str, query: str, edition: str, form: TypeAdapter[T]) -> T:
    """The position a cursor stands for, of the given form.

    Raises BadCursorError if it is not one of ours for this query, StaleCursorError if the list has another
    edition by now.
    """
    try:
        sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        seal, text = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        its_edition, position = json.loads(text)
        known = urlsafe_b64encode(sealed).decode().rstrip("=") == cursor and seal == _seal(
            query, str(its_edition), text
        )
        place = form.validate_json(json.dumps(position))
    except (ValueError, TypeError, RecursionError):
        known = False
    if not known:
        raise BadCursorError("This cursor does not belong to this list: start again from its beginning.")
    if its_edition != edition:
        raise StaleCursorError("The list has changed since: start again from its beginning.")
    return place


def _seal(query: str, edition: str, text: bytes) -> bytes:
    key = blake2b(edition.encode(errors="surrogatepass")).digest()
    return blake2b(query.encode() + b"\0" + text, key=key, digest_size=_SEAL_BYTES).digest()
