"""Holding ratings out: what a model is measured on must never have been seen by it."""

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from batch_jobs.training.columns import RatingColumns

MOST_PEOPLE = 20_000
"""Measured at most: intervals are then narrower than any difference that matters."""


@dataclass(frozen=True, slots=True)
class Split:
    """Two disjoint sets of ratings over the same people and movies.

    `how` is "newest" where each person's newest ratings are held out, and "random" where the ratings
    carry no times that could tell.
    """

    train: RatingColumns
    held_out: RatingColumns
    how: Literal["newest", "random"]

    def measured_people(self, most: int = MOST_PEOPLE) -> NDArray[np.intp]:
        """Positions of the people with held-out ratings, ascending, at most `most` of them.

        Who they are goes by a digest of the person id, so that one evaluation after the other measures
        the same people.
        """
        people = np.flatnonzero(np.diff(self.held_out.person_starts()))
        if len(people) > most:
            ids = self.train.people[people].tolist()
            digests = np.fromiter((crc32(person.encode()) for person in ids), np.int64, len(ids))
            people = np.sort(people[np.argsort(digests, kind="stable")[:most]])
        return people


def has_times(rated_at: NDArray[np.integer]) -> bool:
    """Whether the ratings carry times: one time for all of them tells nothing."""
    return bool(len(rated_at) and (rated_at != rated_at[0]).any())


def split_ratings(ratings: RatingColumns, seed: int = 20) -> Split:
    """Hold out a fifth of the ratings of each person with at least five: the newest where there are times.

    Raises ValueError if nobody has enough ratings to hold some out.
    """
    held = ratings.held_out_newest(seed=seed)
    if not held.any():
        raise ValueError(
            "Nobody has rated enough movies to hold some out: five ratings by one person are needed."
        )
    how: Literal["newest", "random"] = "newest" if has_times(ratings.rated_at) else "random"
    return Split(ratings.where(~held), ratings.where(held), how)
