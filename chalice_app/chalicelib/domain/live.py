"""Counts between two exact ones.

Every night all ratings are counted exactly and published with the catalogue. In between, each change of a
rating is kept as a member of a set, and what a film's figures have moved by is the sum over that set. A set
does not mind being told the same thing twice, so changes may be delivered again, in other portions, or
after a crash in the middle, and the sums stay what they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS
from chalicelib.domain.trending import RecentRatings

STEPS = round(MOST_STARS / FEWEST_STARS)
"""How many different ratings there are: half a star, one star, … five."""

_A_DAY = 86_400


class Change(NamedTuple):
    """One change of one rating. `before` and `after` are in half stars, 0 where there is no rating.

    `change_id` and `pair` are digests (64 bits) of the change's own number and of the person and movie.
    `changed_at` is when the database took the change and `rated_at` what the rating says; an import brings
    older ones, and where a rating was taken back it is the time of that. Both in seconds since 1970.
    """

    change_id: int
    pair: int
    movie_id: MovieId
    changed_at: int
    rated_at: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What exact counts hold: every change before `since` (seconds since 1970), and those of the later ones
    whose `change_id` is in `counted`. `recent` are the ratings of the latest days of what was counted."""

    since: int
    counted: frozenset[int] = frozenset()
    recent: RecentRatings | None = None

    def uncounted(self, changes: Iterable[Change]) -> list[Change]:
        """The changes that the counts do not hold, in their order."""
        return [one for one in changes if one.changed_at >= self.since and one.change_id not in self.counted]


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """What changed since a catalogue's figures were counted.

    `shifts` is by how much each film's histogram moved. `newly_rated` is how many people each film got who
    had not rated it before, of those who rate today what they saw, the latest of them at `until` (seconds
    since 1970). `revision` differs where any of this does.
    """

    shifts: Mapping[MovieId, tuple[int, ...]] = field(default_factory=dict)
    newly_rated: Mapping[MovieId, int] = field(default_factory=dict)
    until: int | None = None
    revision: str = ""


def digest(*parts: object) -> int:
    """64 bits that stand for the parts."""
    return int.from_bytes(blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest())


def counts_of(changes: Iterable[Change]) -> LiveCounts:
    """What uncounted changes come to, without a revision. Those of one pair must be in their order."""
    shifts: dict[MovieId, list[int]] = {}
    pairs: dict[int, tuple[Change, Change]] = {}
    for change in changes:
        shift = shifts.setdefault(change.movie_id, [0] * STEPS)
        if change.before:
            shift[change.before - 1] -= 1
        if change.after:
            shift[change.after - 1] += 1
        first, _ = pairs.get(change.pair, (change, change))
        pairs[change.pair] = first, change
    newly_rated: dict[MovieId, int] = {}
    until: int | None = None
    for first, last in pairs.values():
        if not first.before and last.after and last.rated_at > last.changed_at - _A_DAY:
            newly_rated[last.movie_id] = newly_rated.get(last.movie_id, 0) + 1
            until = max(until or 0, min(last.rated_at, last.changed_at))
    moved = {movie_id: tuple(shift) for movie_id, shift in shifts.items() if any(shift)}
    return LiveCounts(moved, newly_rated, until)


def shifted(
    count: int, mean: float | None, histogram: tuple[int, ...], shift: tuple[int, ...]
) -> tuple[int, float | None, tuple[int, ...]]:
    """A film's count, mean and histogram after its histogram moved by `shift`.

    A histogram that is not known stays so. Nothing falls below zero, whatever has been missed.
    """
    if count and not histogram:
        total = FEWEST_STARS * sum(step * moved for step, moved in enumerate(shift, 1))
        now = max(0, count + sum(shift))
        mean = min(MOST_STARS, max(FEWEST_STARS, ((mean or 0.0) * count + total) / now)) if now else None
        return now, mean, ()
    known = histogram or (0,) * STEPS
    bars = tuple(max(0, bar + moved) for bar, moved in zip(known, shift, strict=True))
    now = sum(bars)
    if not now:
        return 0, None, ()
    return now, FEWEST_STARS * sum(step * bar for step, bar in enumerate(bars, 1)) / now, bars
