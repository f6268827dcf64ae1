"""What an export says of the latest days, and which changes it holds already."""

import numpy as np
from numpy.typing import NDArray

from batch_jobs.training.columns import RatingColumns
from chalicelib import clock
from chalicelib.domain.live import Basis, Change, digest
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import FEWEST_STARS
from chalicelib.domain.trending import RecentRatings, say_enough
from chalicelib.storage.live import read_state

SPANS = (7, 30, 90, 365)
"""The days that may count as the latest; the fewest that say enough are taken."""

_A_DAY_MS = 86_400_000


def basis_of_export(ratings: RatingColumns, started_at: int) -> Basis:
    """What an export holds that was started at that moment (seconds since 1970, by the database's clock).

    A rating that changed while the export went on may be in it or not: which, the export itself tells. Only
    a change from then that the stream has not delivered by now, after all the training, is taken for new.
    """
    later = [change for change in read_state().changes if change.changed_at >= started_at]
    return Basis(started_at, counted_changes(ratings, later), recent_ratings(ratings))


def counted_changes(ratings: RatingColumns, changes: list[Change]) -> frozenset[int]:
    """The ids of those changes whose outcome the ratings show, each pair's being in their order."""
    pairs: dict[int, list[Change]] = {}
    for change in changes:
        pairs.setdefault(change.pair, []).append(change)
    exported = _half_stars_of(ratings, {change.movie_id for change in changes})
    counted: set[int] = set()
    for pair, own in pairs.items():
        outcomes = [own[0].before, *(change.after for change in own)]
        shown = exported.get(pair, 0)
        # Where a rating went back to what it was, the way there and back comes to nothing.
        held = max((place for place, outcome in enumerate(outcomes) if outcome == shown), default=0)
        counted.update(change.change_id for change in own[:held])
    return frozenset(counted)


def recent_ratings(ratings: RatingColumns) -> RecentRatings | None:
    """The ratings of the latest days, or None where not even a year says enough."""
    moments = np.minimum(ratings.rated_at, clock.now_ms())
    until = int(moments.max())
    for days in SPANS:
        latest = moments > until - days * _A_DAY_MS
        films = ratings.movie[latest]
        counts = np.bincount(films, minlength=len(ratings.movie_ids))
        if say_enough(counts[counts > 1].tolist()):
            age = (until - moments[latest]) / (_A_DAY_MS * days / 3)
            fading: NDArray[np.float64] = 0.5**age
            weights = np.bincount(films, fading, minlength=len(ratings.movie_ids))
            several = np.flatnonzero(counts > 1)
            return RecentRatings(
                until=until // 1000,
                days=days,
                films={
                    MovieId(movie_id): (count, round(weight, 3))
                    for movie_id, count, weight in zip(
                        ratings.movie_ids[several].tolist(),
                        counts[several].tolist(),
                        weights[several].tolist(),
                        strict=True,
                    )
                },
                earlier=int(len(ratings) - latest.sum()),
                weight=round(float(fading.sum()), 3),
            )
    return None


def _half_stars_of(ratings: RatingColumns, movies: set[MovieId]) -> dict[int, int]:
    """The ratings of these movies, in half stars by their pair's digest."""
    wanted = np.isin(ratings.movie_ids, sorted(movies))
    places = np.flatnonzero(wanted[ratings.movie])
    return {
        digest(ratings.people[person], movie_id): round(stars / FEWEST_STARS)
        for person, movie_id, stars in zip(
            ratings.person[places].tolist(),
            ratings.movie_ids[ratings.movie[places]].tolist(),
            ratings.stars[places].tolist(),
            strict=True,
        )
    }
