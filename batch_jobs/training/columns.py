"""Ratings as columns: what every step from the export to the evaluation works on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class RatingColumns:
    """One entry per rating, sorted by person and then by time.

    `people` (person ids) and `movie_ids` (ascending) are the dictionaries that `person` and `movie`
    point into; a split of the ratings keeps both, so that positions mean the same on either side.
    """

    people: NDArray[np.str_]
    movie_ids: NDArray[np.int32]
    person: NDArray[np.int32]
    movie: NDArray[np.int32]
    stars: NDArray[np.float32]
    rated_at: NDArray[np.int64]

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame") -> Self:
        """From columns user_id, movie_id, stars, rated_at (milliseconds). Raises ValueError if empty."""
        import pandas as pd  # which takes 80 MB, and who has columns already does without it

        if frame.empty:
            raise ValueError("There are no ratings to train on: import or create some first.")
        person, people = pd.factorize(frame["user_id"], sort=True)
        movie, movie_ids = pd.factorize(frame["movie_id"], sort=True)
        rated_at = frame["rated_at"].to_numpy(np.int64)
        order = np.lexsort((movie, rated_at, person))
        return cls(
            people=np.asarray(people, dtype=np.str_),
            movie_ids=np.asarray(movie_ids, dtype=np.int32),
            person=person[order].astype(np.int32),
            movie=movie[order].astype(np.int32),
            stars=frame["stars"].to_numpy(np.float32)[order],
            rated_at=rated_at[order],
        )

    def __len__(self) -> int:
        return len(self.stars)

    def where(self, kept: NDArray[np.bool_]) -> "RatingColumns":
        """The ratings that are `kept`, over the same people and movies."""
        return RatingColumns(
            self.people,
            self.movie_ids,
            self.person[kept],
            self.movie[kept],
            self.stars[kept],
            self.rated_at[kept],
        )

    def person_starts(self) -> NDArray[np.int64]:
        """(people + 1,): ratings of person p are those from `[p]` up to `[p + 1]`."""
        # Sought in another type than its own, `person` would be copied whole into that type.
        return np.searchsorted(self.person, np.arange(len(self.people) + 1, dtype=self.person.dtype))

    def held_out_newest(self, share: float = 0.2, fewest: int = 5) -> NDArray[np.bool_]:
        """Which ratings to hold out: each person's newest `share`, of people with at least `fewest`."""
        starts = self.person_starts()
        counts = np.diff(starts)
        held = np.where(counts >= fewest, np.ceil(counts * share), 0).astype(np.int64)
        place_from_end = starts[1:][self.person] - np.arange(len(self))
        return place_from_end <= held[self.person]
