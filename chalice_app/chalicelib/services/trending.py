"""The films that people turn to these days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from chalicelib.domain.live import LiveCounts
from chalicelib.domain.movie import MovieId
from chalicelib.domain.trending import RecentRatings, say_enough, trending
from chalicelib.storage.catalogue import Catalogue, ListedMovie, Listing, Sort, open_catalogue
from chalicelib.storage.live import basis_of, live_counts

MOST = 60


@dataclass(frozen=True, slots=True)
class Trending:
    """Films, the most surprising first, and the days whose ratings say so, both inclusive.

    Where no days hold enough ratings, there are none, and the films are the most popular.
    """

    movies: list[ListedMovie]
    first_day: date | None = None
    last_day: date | None = None


def trending_movies(limit: int) -> Trending:
    """At most `limit` of them, up to `MOST`. Raises NotReadyError without a catalogue."""
    catalogue = open_catalogue()
    recent, ids = _trend(catalogue.version, catalogue.edition)
    if recent is None or not ids:
        return Trending(catalogue.browse(Listing(sort=Sort.POPULAR), None, limit).movies)
    movies = list(catalogue.movies(ids[:limit]).values())
    last = datetime.fromtimestamp(recent.until, UTC).date()
    return Trending(movies, last - timedelta(days=recent.days - 1), last)


@lru_cache(maxsize=2)
def _trend(version: str, _edition: str) -> tuple[RecentRatings | None, list[MovieId]]:
    catalogue = open_catalogue()
    basis = basis_of(version)
    recent = _present(basis.recent if basis else None, live_counts(version), catalogue)
    if recent is None:
        return None, []
    known = catalogue.movies(recent.films)
    earlier = {
        movie_id: max(0, listed.rating_count - recent.films[movie_id][0])
        for movie_id, listed in known.items()
    }
    return recent, trending(recent, earlier)[:MOST]


def _present(counted: RecentRatings | None, live: LiveCounts, catalogue: Catalogue) -> RecentRatings | None:
    """The latest days: those that were counted, what came since, or both where one goes on from the other.

    A handful of ratings today do not make days of long ago, the latest of an old data set, go away.
    """
    if live.until is None:
        return counted
    if counted is not None and counted.reaches(live.until):
        return counted.and_later(live.newly_rated, live.until)
    if not say_enough(live.newly_rated.values()):
        return counted
    return RecentRatings(live.until, 1, {}, catalogue.rating_total, 0.0).and_later(
        live.newly_rated, live.until
    )
