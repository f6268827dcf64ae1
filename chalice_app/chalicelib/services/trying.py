"""Keeping what somebody tried out before they had an account, and limiting what nobody's name stands for."""

from collections.abc import Sequence

from chalicelib import clock
from chalicelib.domain.mark import Mark
from chalicelib.domain.rating import PersonId, Rating, check_stars
from chalicelib.services import attempts
from chalicelib.services.attempts import Limit
from chalicelib.services.writing import writing_for
from chalicelib.storage.catalogue import open_catalogue
from chalicelib.storage.marks import keep_newest_marks
from chalicelib.storage.ratings import put_ratings

SUGGESTIONS_FROM_ADDRESS = Limit("suggestions-address", 3000, 10 * 60)
"""A school class behind one address, rating as fast as it can, stays below it."""


def count_suggestions(address: str) -> None:
    """Raises TooManyAttemptsError where one network address asks for suggestions beyond all reason."""
    attempts.count_attempt(SUGGESTIONS_FROM_ADDRESS, address)


def keep_tried_out(person_id: PersonId, ratings: Sequence[Rating], marks: Sequence[Mark]) -> None:
    """Add one person's ratings and marks, one of each movie, to what their account holds.

    The newest wins, so repeating is harmless; of two of the same moment the account's stays. Movies that
    the catalogue lacks are passed over. Nothing was said in the future, whatever another clock says.
    Raises InvalidInputError off the half-star grid, before anything is written; NotReadyError without a
    catalogue.
    """
    now = clock.now_ms()
    for rating in ratings:
        check_stars(rating.stars)
    known = open_catalogue().movies({*(one.movie_id for one in ratings), *(one.movie_id for one in marks)})
    with writing_for(person_id):
        put_ratings(
            [
                Rating(person_id, one.movie_id, one.stars, min(one.rated_at, now))
                for one in ratings
                if one.movie_id in known
            ]
        )
        keep_newest_marks(
            [
                Mark(person_id, one.movie_id, one.kind, min(one.marked_at, now))
                for one in marks
                if one.movie_id in known
            ]
        )
