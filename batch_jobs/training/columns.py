"""Ratings as columns: what every step from the export to the evaluation works on."""

from dataclasses import dataclass, replace
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
        return cls.from_codes(
            np.asarray(people, dtype=np.str_),
            np.asarray(movie_ids, dtype=np.int32),
            person.astype(np.int32),
            movie.astype(np.int32),
            frame["stars"].to_numpy(np.float32),
            frame["rated_at"].to_numpy(np.int64),
        )

    @classmethod
    def from_codes(  # noqa: PLR0917 - in the order of the attributes
        cls,
        people: NDArray[np.str_],
        movie_ids: NDArray[np.int32],
        person: NDArray[np.int32],
        movie: NDArray[np.int32],
        stars: NDArray[np.float32],
        rated_at: NDArray[np.int64],
    ) -> Self:
        """From one entry per rating in any order; `person` and `movie` point into the first two."""
        order = np.lexsort((movie, rated_at, person))
        return cls(people, movie_ids, person[order], movie[order], stars[order], rated_at[order])

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

    def of_people(self, chosen: NDArray[np.intp]) -> "RatingColumns":
        """The ratings of the people at these positions (ascending), who alone are left in `people`."""
        kept = np.zeros(len(self.people), dtype=np.bool_)
        kept[chosen] = True
        renumbered = (np.cumsum(kept) - 1).astype(np.int32)
        own = self.where(kept[self.person])
        return replace(own, people=self.people[chosen], person=renumbered[own.person])

    def held_out_newest(self, share: float = 0.2, fewest: int = 5, seed: int = 20) -> NDArray[np.bool_]:
        """Which ratings to hold out: each person's newest `share`, of people with at least `fewest`.

        Between ratings of the same time the lot decides, so without times it is a random share.
        """
        starts = self.person_starts()
        counts = np.diff(starts)
        held = np.where(counts >= fewest, np.ceil(counts * share), 0).astype(np.int64)
        some = np.flatnonzero(held)
        first, after = starts[1:][some] - held[some], starts[1:][some]
        steps = np.zeros(len(self) + 1, dtype=np.int8)
        steps[first] += 1
        steps[after] -= 1
        chosen: NDArray[np.bool_] = np.cumsum(steps[:-1], dtype=np.int8).astype(np.bool_)
        rng = np.random.default_rng(seed)
        for place in np.flatnonzero(self.rated_at[first - 1] == self.rated_at[first]).tolist():
            own = slice(starts[some[place]], after[place])
            same_time = own.start + np.flatnonzero(self.rated_at[own] == self.rated_at[first[place]])
            drawn = np.count_nonzero(same_time >= first[place])
            chosen[same_time] = False
            chosen[rng.permutation(same_time)[:drawn]] = True
        return chosen
