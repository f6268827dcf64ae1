"""A rating: half a star to five, in halves, given by one person to one movie at one moment."""

from dataclasses import dataclass
from typing import NewType

from chalicelib.domain.errors import FieldProblem, InvalidInputError
from chalicelib.domain.movie import MovieId

PersonId = NewType("PersonId", str)

FEWEST_STARS = 0.5
MOST_STARS = 5.0


@dataclass(frozen=True, slots=True)
class Rating:
    """`rated_at` and `deactivated_at` are in milliseconds since 1970, UTC.

    A deactivated rating is still its person's, but models do not learn from it and averages leave it out.
    A new rating of the same movie takes its place.
    """

    person_id: PersonId
    movie_id: MovieId
    stars: float
    rated_at: int
    deactivated_at: int | None = None


def check_stars(stars: float) -> float:
    """Return `stars` if it is on the half-star grid, else raise InvalidInputError."""
    if not (FEWEST_STARS <= stars <= MOST_STARS and (stars * 2).is_integer()):
        message = f"A rating is {FEWEST_STARS} to {MOST_STARS:g} stars in steps of half a star."
        raise InvalidInputError(message, (FieldProblem("stars", message),))
    return stars
