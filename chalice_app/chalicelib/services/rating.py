"""What a person says about movies: ratings, marks, and the movie to ask about next."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from chalicelib import clock
from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating, check_stars
from chalicelib.services.movies import known_movie, titled
from chalicelib.services.writing import writing_for
from chalicelib.storage.catalogue import ListedMovie, open_catalogue
from chalicelib.storage.marks import marks_of, put_mark
from chalicelib.storage.ratings import put_rating, ratings_of

WELL_KNOWN = 500
"""How many of the most rated movies count as those that most people have seen."""

Place = tuple[float, ...]
"""Where a rating or mark stands in an order; a page goes on after the place of its last one."""


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class RatedPage:
    """`following` is None on the last page; `total` counts all ratings of the person."""

    items: list[tuple[Rating, ListedMovie]]
    following: Place | None
    total: int


@dataclass(frozen=True, slots=True)
class MarkedPage:
    """`following` is None on the last page; `total` counts all marks of the person and the kind asked for."""

    items: list[tuple[Mark, ListedMovie]]
    following: Place | None
    total: int


def rate(person_id: PersonId, movie_id: MovieId, stars: float) -> Rating:
    """Rate a movie now. Raises InvalidInputError off the half-star grid, NotFoundError for unknown movies."""
    rating = Rating(person_id, movie_id, check_stars(stars), clock.now_ms())
    known_movie(movie_id)
    with writing_for(person_id):
        put_rating(rating)
    return rating


def mark(person_id: PersonId, movie_id: MovieId, kind: MarkKind) -> Mark:
    """Mark a movie now. Raises NotFoundError for unknown movies."""
    known_movie(movie_id)
    made = Mark(person_id, movie_id, kind, clock.now_ms())
    with writing_for(person_id):
        put_mark(made)
    return made


def rated_movies(person_id: PersonId, order: Order, after: Place | None, limit: int) -> RatedPage:
    """A page of the person's ratings, each with its movie; equal stars come newest first."""
    ratings = sorted(ratings_of(person_id), key=lambda rating: _place(rating, order))
    rest = [rating for rating in ratings if after is None or _place(rating, order) > after]
    page = rest[:limit]
    movies = titled(open_catalogue(), (rating.movie_id for rating in page))
    return RatedPage(
        items=[(rating, movies[rating.movie_id]) for rating in page],
        following=_place(page[-1], order) if len(rest) > limit else None,
        total=len(ratings),
    )


def marked_movies(person_id: PersonId, kind: MarkKind | None, after: Place | None, limit: int) -> MarkedPage:
    """A page of the person's marks (of one kind), newest first, each with its movie."""

    def place(made: Mark) -> Place:
        return (-made.marked_at, made.movie_id)

    marks = sorted((made for made in marks_of(person_id) if kind is None or made.kind is kind), key=place)
    rest = [made for made in marks if after is None or place(made) > after]
    page = rest[:limit]
    movies = titled(open_catalogue(), (made.movie_id for made in page))
    return MarkedPage(
        items=[(made, movies[made.movie_id]) for made in page],
        following=place(page[-1]) if len(rest) > limit else None,
        total=len(marks),
    )


def next_to_rate(person_id: PersonId, *, popular: bool, skipped: Collection[MovieId]) -> ListedMovie | None:
    """A random movie the person has said nothing about, or None when none is left.

    With `popular` a well-known one comes first, as long as there are any.
    """
    excluded = {rating.movie_id for rating in ratings_of(person_id)}
    excluded |= {made.movie_id for made in marks_of(person_id) if made.kind is MarkKind.NOT_INTERESTED}
    excluded |= set(skipped)
    catalogue = open_catalogue()
    known = catalogue.random_movie(excluded, WELL_KNOWN) if popular else None
    return known or catalogue.random_movie(excluded, None)


def _place(rating: Rating, order: Order) -> Place:
    match order:
        case Order.NEWEST:
            return (-rating.rated_at, rating.movie_id)
        case Order.OLDEST:
            return (rating.rated_at, rating.movie_id)
        case Order.HIGHEST:
            return (-rating.stars, -rating.rated_at, rating.movie_id)
        case Order.LOWEST:
            return (rating.stars, -rating.rated_at, rating.movie_id)
