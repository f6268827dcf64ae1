"""Everything that is kept about a person, for them to take away."""

from dataclasses import dataclass

from chalicelib.domain.account import Account
from chalicelib.domain.mark import Mark
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services.accounts import account_of
from chalicelib.services.movies import titled
from chalicelib.storage.catalogue import ListedMovie, open_catalogue
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import ratings_of


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Ratings and marks are in the order they were made; `movies` has every movie they speak of."""

    account: Account
    ratings: list[Rating]
    marks: list[Mark]
    movies: dict[MovieId, ListedMovie]


def personal_data(person_id: PersonId) -> PersonalData:
    """Raises UnauthenticatedError if the account is gone, NotReadyError without a catalogue."""
    ratings = sorted(ratings_of(person_id), key=lambda rating: (rating.rated_at, rating.movie_id))
    marks = sorted(marks_of(person_id), key=lambda mark: (mark.marked_at, mark.movie_id))
    named = [*(rating.movie_id for rating in ratings), *(mark.movie_id for mark in marks)]
    return PersonalData(account_of(person_id), ratings, marks, titled(open_catalogue(), named))
