"""Which films are rated more these days than they usually are."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.domain.movie import MovieId

FEWEST_RATINGS = 3
"""Ratings of the latest days below which a film is never said to be trending."""

FEWEST_FILMS = 12
"""Films with so many ratings below which the latest days say too little."""

_STEADYING = 2.0  # ratings that every film is expected to get besides: luck is not a trend
_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class RecentRatings:
    """The ratings of the latest `days` up to `until` (seconds since 1970), as far as one film has several.

    For each film how many there are, and their weight, which halves with every third of the days that they
    are old. `earlier` counts all films' ratings before these days, and `weight` is that of all in them.
    """

    until: int
    days: int
    films: Mapping[MovieId, tuple[int, float]]
    earlier: int
    weight: float

    def and_later(self, newly_rated: Mapping[MovieId, int], until: int) -> "RecentRatings":
        """With ratings that came after them, the latest at `until`."""
        fading = 0.5 ** max(0.0, (until - self.until) / (_A_DAY * self.days / 3))
        films = {movie_id: (count, weight * fading) for movie_id, (count, weight) in self.films.items()}
        for movie_id, count in newly_rated.items():
            before, weight = films.get(movie_id, (0, 0.0))
            films[movie_id] = before + count, weight + count
        weight = self.weight * fading + sum(newly_rated.values())
        return RecentRatings(max(until, self.until), self.days, films, self.earlier, weight)

    def reaches(self, moment: int) -> bool:
        """Whether a moment (seconds since 1970) is so little after these days that they go on."""
        return moment <= self.until + self.days * _A_DAY


def say_enough(counts: Iterable[int]) -> bool:
    """Whether films with so many recent ratings are enough to speak of a trend."""
    return sum(count >= FEWEST_RATINGS for count in counts) >= FEWEST_FILMS


def trending(recent: RecentRatings, earlier_counts: Mapping[MovieId, int]) -> list[MovieId]:
    """The films that are rated more than usual, the most surprising first.

    `earlier_counts` is how many ratings each had before these days. A film is expected to get its former
    share of the present ratings; how far it is above that is measured in the spread that chance would give.
    """
    surprise: dict[MovieId, float] = {}
    for movie_id, (count, weight) in recent.films.items():
        if count < FEWEST_RATINGS or movie_id not in earlier_counts:
            continue
        usual = recent.weight * earlier_counts[movie_id] / max(1, recent.earlier)
        if weight > usual:
            surprise[movie_id] = (weight - usual) / math.sqrt(usual + _STEADYING)
    return sorted(surprise, key=lambda movie_id: (-surprise[movie_id], movie_id))
