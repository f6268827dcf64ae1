"""A mark: what a person says about a movie without rating it."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId


class MarkKind(StrEnum):
    WATCHLIST = "watchlist"
    NOT_INTERESTED = "not_interested"


@dataclass(frozen=True, slots=True)
class Mark:
    """`marked_at` is in milliseconds since 1970, UTC. A person has at most one mark on a movie."""

    person_id: PersonId
    movie_id: MovieId
    kind: MarkKind
    marked_at: int
