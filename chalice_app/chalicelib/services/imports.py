"""Importing what a person rated elsewhere: find the films, keep the newest rating of each, write, report."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib import clock
from chalicelib.domain.errors import TooLargeError
from chalicelib.domain.foreign_ratings import (
    ForeignFilm,
    ForeignLists,
    ForeignRating,
    ForeignWish,
    Source,
    read_lists,
)
from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.measuring import measure
from chalicelib.services import attempts
from chalicelib.services.attempts import Limit
from chalicelib.services.writing import writing_for
from chalicelib.storage.catalogue import Catalogue, open_catalogue
from chalicelib.storage.marks import add_marks, marks_of
from chalicelib.storage.ratings import put_ratings, ratings_of
from chalicelib.storage.searching import title_key

LARGEST_EXPORT = 4 << 20
"""Bytes. A Lambda is handed at most 6 MB, and base64 makes a file a third larger on the way to it."""

MOST_REPORTED = 5 << 20
"""Bytes of a report's rows that were not matched: a Lambda answers with at most 6 MB."""

IMPORTS_OF_ACCOUNT = Limit("imports-account", 60, 60 * 60)

NOT_HERE = "The catalogue does not have this film."
NOT_BY_NUMBER = "No film in the catalogue goes by this MovieLens number."
AMBIGUOUS = "Several films have this title and year."
AMBIGUOUS_WITHOUT_YEAR = "Several films have this title, and the file does not say from which year it is."
_YEARS_APART = 1
_FILMS = frozenset({"", "movie", "tv movie", "tvmovie", "short", "tv short", "tvshort", "video"})


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A row that could not be imported, and why in one sentence. `wish`: it is from the watchlist.

    `stars` and `rated_at` (milliseconds since 1970, UTC) are None where the file does not say.
    """

    title: str
    year: int | None
    reason: str
    wish: bool
    stars: float | None = None
    rated_at: int | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import does, or would do. Of the `read` ratings each is matched or unmatched, and each matched
    one is a duplicate, new, changed or unchanged (also where the person's own rating is newer).
    `wishes` are the rows of the watchlist, of which `wished` are new to it."""

    source: Source
    read: int
    matched: int
    unmatched: list[Unmatched]
    duplicates_resolved: int
    new: int
    changed: int
    unchanged: int
    wishes: int
    wished: int


def import_lists(person_id: PersonId, content: bytes, name: str, *, dry_run: bool) -> ImportReport:
    """Import an export of another service; a `dry_run` only says what that would do.

    Importing the same again changes nothing. A rating without a date never replaces one that is there.
    Raises what `read_lists` raises, TooManyAttemptsError, TooLargeError where the report would be too long,
    and NotReadyError without a catalogue.
    """
    attempts.count_attempt(IMPORTS_OF_ACCOUNT, person_id)
    if len(content) > LARGEST_EXPORT:
        raise TooLargeError(
            f"Send a file of at most {LARGEST_EXPORT >> 20} MB: pack it as ZIP, or send it in parts."
        )
    lists = read_lists(content, name)
    now = clock.now_ms()
    finder = Finder(open_catalogue(), lists)
    unmatched = [Unmatched(film.name, film.year, reason, wish=False) for film, reason in lists.unreadable]
    matched: list[tuple[MovieId, ForeignRating]] = []
    for rating in lists.ratings:
        found = finder.find(rating.film)
        if isinstance(found, str):
            film = rating.film
            unmatched.append(
                Unmatched(
                    film.name, film.year, found, wish=False, stars=rating.stars, rated_at=rating.rated_at
                )
            )
        else:
            matched.append((found, rating))
    newest = newest_of_each(matched)
    own = {rating.movie_id: rating for rating in ratings_of(person_id)}
    changes = {
        movie_id: rating for movie_id, rating in newest.items() if _changes(own.get(movie_id), rating, now)
    }
    wishes = _new_wishes(lists.watchlist, finder, unmatched, {mark.movie_id for mark in marks_of(person_id)})
    if sum(map(_reported_bytes, unmatched)) > MOST_REPORTED:
        raise TooLargeError("Too many of these films are not here to list them all: send the file in parts.")
    if not dry_run:
        with writing_for(person_id):
            put_ratings(
                [
                    Rating(person_id, movie_id, rating.stars, _moment(rating.rated_at, now))
                    for movie_id, rating in changes.items()
                ],
                undated={movie_id for movie_id, rating in changes.items() if rating.rated_at is None},
            )
            add_marks(
                [
                    Mark(person_id, movie_id, MarkKind.WATCHLIST, _moment(wish.added_at, now))
                    for movie_id, wish in wishes.items()
                ]
            )
        measure("Ratings", len(changes))
    new = sum(movie_id not in own for movie_id in changes)
    return ImportReport(
        source=lists.source,
        read=len(lists.ratings) + len(lists.unreadable),
        matched=len(matched),
        unmatched=unmatched,
        duplicates_resolved=len(matched) - len(newest),
        new=new,
        changed=len(changes) - new,
        unchanged=len(newest) - len(changes),
        wishes=len(lists.watchlist),
        wished=len(wishes),
    )


def newest_of_each(matched: Iterable[tuple[MovieId, ForeignRating]]) -> dict[MovieId, ForeignRating]:
    """One rating of each movie: the newest, of those at one moment the first, one without a date last."""
    newest: dict[MovieId, ForeignRating] = {}
    for movie_id, rating in matched:
        before = newest.get(movie_id)
        if before is None or (rating.rated_at or 0) > (before.rated_at or 0):
            newest[movie_id] = rating
    return newest


class Finder:
    """Finds the films that an export means, by the surest of what it says about each."""

    def __init__(self, catalogue: Catalogue, lists: ForeignLists) -> None:
        films = [*(one.film for one in lists.ratings), *(one.film for one in lists.watchlist)]
        numbers = {film.movielens_id for film in films if film.movielens_id}
        self._catalogue = catalogue
        self._links = {**catalogue.of_movielens(numbers), **lists.links} if numbers else {}
        named = {self._number_of(film) for film in films} - {None}
        self._known = set(catalogue.movies(number for number in named if number is not None))
        self._titled = catalogue.titled({title_key(film.title) for film in films if film.title})

    def find(self, film: ForeignFilm) -> MovieId | str:
        """The movie, or the reason why there is none."""
        number = self._number_of(film)
        if number is not None:
            if number in self._known:
                return number
            return f"It is a {film.kind}, not a film." if film.kind.lower() not in _FILMS else NOT_HERE
        if film.movielens_id is not None:
            return NOT_BY_NUMBER
        key = title_key(film.title)
        found = self._nearest(self._titled.get(key, ()), film.year)
        if found is None:
            found = self._nearest(self._catalogue.originally_titled(key), film.year)
        return found or NOT_HERE

    def _number_of(self, film: ForeignFilm) -> MovieId | None:
        if film.movie_id is not None or film.movielens_id is None:
            return film.movie_id
        return self._links.get(film.movielens_id)

    @staticmethod
    def _nearest(titled: Sequence[tuple[MovieId, int | None]], year: int | None) -> MovieId | str | None:
        """Services differ by a year over many films, so a neighbouring year will do where no film has it."""
        if year is None:
            return None if not titled else titled[0][0] if len(titled) == 1 else AMBIGUOUS_WITHOUT_YEAR
        for apart in range(_YEARS_APART + 1):
            near = [movie_id for movie_id, its in titled if its is not None and abs(its - year) == apart]
            if near:
                return near[0] if len(near) == 1 else AMBIGUOUS
        return None


def _reported_bytes(row: Unmatched) -> int:
    """About what a row takes in the report: its words, and what stands around them."""
    return len(json.dumps([row.title, row.reason], ensure_ascii=False).encode(errors="replace")) + 110


def _changes(own: Rating | None, rating: ForeignRating, now: int) -> bool:
    if own is None:
        return True
    return (
        own.stars != rating.stars
        and rating.rated_at is not None
        and _moment(rating.rated_at, now) > own.rated_at
    )


def _new_wishes(
    watchlist: Iterable[ForeignWish],
    finder: Finder,
    unmatched: list[Unmatched],
    marked: set[MovieId],
) -> Mapping[MovieId, ForeignWish]:
    """The wishes for movies that are not marked yet; adds those that are not found to `unmatched`."""
    wishes: dict[MovieId, ForeignWish] = {}
    for wish in watchlist:
        found = finder.find(wish.film)
        if isinstance(found, str):
            unmatched.append(Unmatched(wish.film.name, wish.film.year, found, wish=True))
        elif found not in marked:
            wishes.setdefault(found, wish)
    return wishes


def _moment(milliseconds: int | None, now: int) -> int:
    """Nothing was rated in the future, whatever another clock says."""
    return now if milliseconds is None else min(milliseconds, now)
