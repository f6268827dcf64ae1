"""Erasing what somebody has said: ratings, marks, and the suggestions made from them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pynamodb.models import Model

from chalicelib.domain.rating import PersonId
from chalicelib.storage.tables import MarkRow, RatingRow, SuggestionsRow

_AT_ONCE = 8
_PART = 250


def erase_what_was_said(person_id: PersonId) -> None:
    """Delete every rating and mark of a person, and their suggestions; again, it changes nothing.

    About a second for 10,000 ratings on AWS.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for table in (RatingRow, MarkRow):
            rows = list(
                table.query(person_id, consistent_read=True, attributes_to_get=["user_id", "movie_id"])
            )
            parts = [rows[start : start + _PART] for start in range(0, len(rows), _PART)]
            list(pool.map(_delete, parts))
    SuggestionsRow(person_id).delete()


def _delete(rows: Sequence[Model]) -> None:
    with type(rows[0]).batch_write() as batch:
        for row in rows:
            batch.delete(row)
