"""A trainset for Surprise's algorithms that holds ratings as columns: eight bytes each, no Python objects."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray
from surprise import Trainset

from batch_jobs.training.columns import RatingColumns

InnerId = int
RawId = Any

_FEWEST_AT_ONCE = 65_536


class _RatingsOf(Mapping[InnerId, list[tuple[InnerId, float]]]):
    """Surprise's `ur` and `ir`: the ratings of one person or movie, made into a list when asked for."""

    def __init__(
        self, starts: NDArray[np.int64], others: NDArray[np.int32], stars: NDArray[np.float32]
    ) -> None:
        self._starts, self._others, self._stars = starts, others, stars

    def __getitem__(self, key: InnerId) -> list[tuple[InnerId, float]]:
        if key not in self:
            raise KeyError(key)
        own = slice(self._starts[key], self._starts[key + 1])
        return list(zip(self._others[own].tolist(), self._stars[own].tolist(), strict=True))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, Integral) and 0 <= int(key) < len(self)

    def __iter__(self) -> Iterator[InnerId]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return len(self._starts) - 1


class ColumnarTrainset(Trainset):  # type: ignore[misc]
    """Ratings by person: those of inner id u are `movie[starts[u]:starts[u + 1]]` and `stars` likewise.

    `user_ids` and `item_ids` are the raw ids by inner id. Inner ids are given in order of first
    appearance, as Surprise gives them, so an algorithm finds here just what it finds in a trainset that
    Surprise made of the same rows.
    """

    def __init__(
        self,
        starts: NDArray[np.int64],
        movie: NDArray[np.int32],
        stars: NDArray[np.float32],
        *,
        user_ids: NDArray[Any],
        item_ids: NDArray[Any],
        rating_scale: tuple[float, float],
    ) -> None:
        self.starts, self.movie, self.stars = starts, movie, stars
        self.user_ids, self.item_ids = user_ids, item_ids
        self.rating_scale = rating_scale
        self.n_users, self.n_items, self.n_ratings = len(user_ids), len(item_ids), len(stars)

    @classmethod
    def from_codes(
        cls,
        person: NDArray[np.integer],
        movie: NDArray[np.integer],
        stars: NDArray[np.floating],
        *,
        people: NDArray[Any],
        movies: NDArray[Any],
        rating_scale: tuple[float, float] | None = None,
    ) -> Self:
        """From one entry per rating; `person` and `movie` point into the raw ids `people` and `movies`.

        Raw ids without a rating are left out. The scale is that of the ratings unless one is given.
        Raises ValueError if there are no ratings.
        """
        if not len(stars):
            raise ValueError("There are no ratings to train on: import or create some first.")
        inner_person, known_people = _by_first_appearance(person, len(people))
        inner_movie, known_movies = _by_first_appearance(movie, len(movies))
        stars = np.array(stars, dtype=np.float32)
        starts = np.zeros(len(known_people) + 1, dtype=np.int64)
        np.cumsum(np.bincount(inner_person), out=starts[1:])
        if (np.diff(inner_person) < 0).any():
            by_person = np.argsort(inner_person, kind="stable")
            inner_movie, stars = inner_movie[by_person], stars[by_person]
        scale = rating_scale or (float(stars.min()), float(stars.max()))
        return cls(
            starts,
            inner_movie,
            stars,
            user_ids=people[known_people],
            item_ids=movies[known_movies],
            rating_scale=scale,
        )

    @classmethod
    def from_columns(cls, ratings: RatingColumns, rating_scale: tuple[float, float] | None = None) -> Self:
        """With the positions in `people` and `movie_ids` as raw ids."""
        return cls.from_codes(
            ratings.person,
            ratings.movie,
            ratings.stars,
            people=np.arange(len(ratings.people)),
            movies=np.arange(len(ratings.movie_ids)),
            rating_scale=rating_scale,
        )

    @classmethod
    def from_parquet(
        cls,
        source: Path | IO[bytes],
        columns: tuple[str, str, str] = ("user_id", "movie_id", "stars"),
        rating_scale: tuple[float, float] | None = None,
    ) -> Self:
        """From a Parquet file, or a folder of them, with raw ids as they stand in the first two columns."""
        table = pq.read_table(source, columns=list(columns), read_dictionary=[columns[0]])
        people, movies = (table[name].combine_chunks().dictionary_encode() for name in columns[:2])
        return cls.from_codes(
            people.indices.to_numpy(),
            movies.indices.to_numpy(),
            table[columns[2]].to_numpy(),
            people=people.dictionary.to_numpy(zero_copy_only=False),
            movies=movies.dictionary.to_numpy(zero_copy_only=False),
            rating_scale=rating_scale,
        )

    @property
    def person(self) -> NDArray[np.int32]:
        """The person of each rating; made anew each time, to be let go of."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), np.diff(self.starts))

    @cached_property
    def ur(self) -> _RatingsOf:
        return _RatingsOf(self.starts, self.movie, self.stars)

    @cached_property
    def ir(self) -> _RatingsOf:
        by_movie = np.argsort(self.movie, kind="stable")
        starts = np.zeros(self.n_items + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.movie, minlength=self.n_items), out=starts[1:])
        return _RatingsOf(starts, self.person[by_movie], self.stars[by_movie])

    @cached_property
    def global_mean(self) -> float:
        return float(self.stars.mean(dtype=np.float64))

    @cached_property
    def _raw2inner_id_users(self) -> dict[RawId, InnerId]:
        return {raw: inner for inner, raw in enumerate(self.user_ids.tolist())}

    @cached_property
    def _raw2inner_id_items(self) -> dict[RawId, InnerId]:
        return {raw: inner for inner, raw in enumerate(self.item_ids.tolist())}

    @cached_property
    def _inner2raw_id_users(self) -> dict[InnerId, RawId]:
        return dict(enumerate(self.user_ids.tolist()))

    @cached_property
    def _inner2raw_id_items(self) -> dict[InnerId, RawId]:
        return dict(enumerate(self.item_ids.tolist()))

    def knows_user(self, uid: object) -> bool:
        return isinstance(uid, Integral) and 0 <= int(uid) < self.n_users

    def knows_item(self, iid: object) -> bool:
        return isinstance(iid, Integral) and 0 <= int(iid) < self.n_items

    def all_ratings(self) -> Iterator[tuple[InnerId, InnerId, float]]:
        """Every (person, movie, stars) with inner ids, person by person."""
        person = 0
        while person < self.n_users:
            enough = np.searchsorted(self.starts, self.starts[person] + _FEWEST_AT_ONCE)
            after = max(person + 1, min(int(enough), self.n_users))
            own = slice(self.starts[person], self.starts[after])
            people = np.repeat(np.arange(person, after), np.diff(self.starts[person : after + 1]))
            yield from zip(people.tolist(), self.movie[own].tolist(), self.stars[own].tolist(), strict=True)
            person = after


def _by_first_appearance(
    codes: NDArray[np.integer], size: int
) -> tuple[NDArray[np.int32], NDArray[np.integer]]:
    """The codes numbered anew in the order they first appear in, and the old code of each new one."""
    known = pd.unique(codes)
    new = np.empty(size, dtype=np.int32)
    new[known] = np.arange(len(known), dtype=np.int32)
    return new[codes], known
