"""What a person says about movies: ratings, marks, and the movie to ask about next."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from chalicelib import clock
from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import MovieId, imdb_tag
from chalicelib.domain.rating import PersonId, Rating, check_stars
from chalicelib.measuring import measure
from chalicelib.services.movies import known_movie, titled
from chalicelib.services.writing import writing_for
from chalicelib.storage.catalogue import Label, ListedMovie, open_catalogue
from chalicelib.storage.marks import marks_of, put_mark
from chalicelib.storage.ratings import put_rating, ratings_of

WELL_KNOWN = 500
"""How many of the most rated movies count as those that most people have seen."""

Place = tuple[float | str, ...]
"""Where a rating or mark stands in an order; a page goes on after the place of its last one."""

_LONGEST_KEY = 100
"""Letters of a title that decide its place."""
_AFTER_ALL_YEARS = 10_000


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"
    TITLE = "title"
    FILM_NEWEST = "film-newest"
    FILM_OLDEST = "film-oldest"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ratings to list: of movies that match the `text` and are of all the `genres` (in lower case),
    and of one of these `stars`. What is empty leaves everything."""

    text: str = ""
    stars: frozenset[float] = frozenset()
    genres: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RatedPage:
    """`following` is None on the last page; `total` counts the ratings that are wanted, and `genres`, by
    name, those of each genre among all ratings of the person."""

    items: list[tuple[Rating, ListedMovie]]
    following: Place | None
    total: int
    genres: list[tuple[str, int]]


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
    measure("Ratings", 1)
    return rating


def mark(person_id: PersonId, movie_id: MovieId, kind: MarkKind) -> Mark:
    """Mark a movie now. Raises NotFoundError for unknown movies."""
    known_movie(movie_id)
    made = Mark(person_id, movie_id, kind, clock.now_ms())
    with writing_for(person_id):
        put_mark(made)
    return made


def rated_movies(
    person_id: PersonId, order: Order, wanted: Wanted, after: Place | None, limit: int
) -> RatedPage:
    """A page of the person's ratings, each with its movie; equals come newest first.

    A movie that the catalogue lacks matches no text and no genre, and has no year.
    """
    catalogue = open_catalogue()
    all_ratings = ratings_of(person_id)
    labels = catalogue.labels(rating.movie_id for rating in all_ratings)
    matching = catalogue.labels(labels, wanted.text) if wanted.text else labels

    def is_wanted(rating: Rating) -> bool:
        if wanted.stars and rating.stars not in wanted.stars:
            return False
        if not (wanted.text or wanted.genres):
            return True
        label = matching.get(rating.movie_id)
        return label is not None and wanted.genres <= {name.casefold() for name in label.genres}

    def place(rating: Rating) -> Place:
        return _place(rating, labels.get(rating.movie_id), order)

    ratings = sorted(filter(is_wanted, all_ratings), key=place)
    rest = ratings if after is None else [rating for rating in ratings if place(rating) > after]
    page = rest[:limit]
    movies = titled(catalogue, (rating.movie_id for rating in page))
    return RatedPage(
        items=[(rating, movies[rating.movie_id]) for rating in page],
        following=place(page[-1]) if len(rest) > limit else None,
        total=len(ratings),
        genres=sorted(Counter(name for label in labels.values() for name in label.genres).items()),
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


def next_to_rate(
    person_id: PersonId | None, *, popular: bool, skipped: Collection[MovieId]
) -> ListedMovie | None:
    """A random movie the person has said nothing about, or None when none is left.

    With `popular` a well-known one comes first, as long as there are any. Of somebody without an account
    (None) only `skipped` is known.
    """
    excluded = set(skipped)
    if person_id is not None:
        excluded |= {rating.movie_id for rating in ratings_of(person_id)}
        excluded |= {made.movie_id for made in marks_of(person_id) if made.kind is MarkKind.NOT_INTERESTED}
    catalogue = open_catalogue()
    known = catalogue.random_movie(excluded, WELL_KNOWN) if popular else None
    return known or catalogue.random_movie(excluded, None)


def _place(rating: Rating, label: Label | None, order: Order) -> Place:
    year = label.year if label else None
    first: Place
    match order:
        case Order.OLDEST:
            return (rating.rated_at, rating.movie_id)
        case Order.NEWEST:
            first = ()
        case Order.HIGHEST:
            first = (-rating.stars,)
        case Order.LOWEST:
            first = (rating.stars,)
        case Order.TITLE:
            first = ((label.key if label else imdb_tag(rating.movie_id))[:_LONGEST_KEY],)
        case Order.FILM_NEWEST:
            first = (-year if year else _AFTER_ALL_YEARS,)
        case Order.FILM_OLDEST:
            first = (year or _AFTER_ALL_YEARS,)
    return (*first, -rating.rated_at, rating.movie_id)
