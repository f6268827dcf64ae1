"""Suggestions for everyone: blocks of people times tiles of movies, of which only the best are kept.

What comes out is what `suggest` would say to each person alone. Nothing is ever held for all people, nor
for people times movies, so the memory that it takes does not grow with how many people there are.
"""

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from batch_jobs import scoring_kernel as kernel
from batch_jobs.scoring_kernel import Doubles, Floats, Offsets, Places
from batch_jobs.training.columns import RatingColumns
from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import Suggestion
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.fold_in import averageness, what_ratings_count
from chalicelib.recommending.liking import liking_threshold
from chalicelib.recommending.model import Model, RankingModel
from chalicelib.recommending.suggesting import averageness_left, lift, top_positions

Given = TypeVar("Given")
Made = TypeVar("Made")

PEOPLE_AT_ONCE = 256

_SPARE = 28
"""Candidates beyond those asked for: single precision finds them, double precision puts them in order."""


@dataclass(frozen=True, slots=True)
class BestMovies:
    """The best movies of some people, a row each, best first; of a person without ratings there are none.

    `people` is the part of the ratings' people. `movies` and `reasons` (people, count) are positions in the
    model's `movie_ids`: -1 where there are no more movies, or no like that speaks for one. `stars` are the
    predicted ones and `margins` how sure they are, NaN where there is no movie.
    """

    people: slice
    movies: Places
    stars: Doubles
    reasons: Places
    margins: Doubles


def suggestions_for_everyone(
    model: Model, ratings: RatingColumns, barred: Mapping[str, Collection[MovieId]], count: int
) -> Iterator[tuple[str, list[Suggestion]]]:
    """Yield (person id, their best `count` movies) for every person with ratings, in order of person.

    Movies a person rated, those `barred` for them, and those that are not suggestible never appear.
    """
    have_rated = np.diff(ratings.person_starts()) > 0
    for best in best_for_everyone(model, ratings, barred, count):
        ids = model.movie_ids[best.movies].tolist()
        reasons = np.where(best.reasons >= 0, model.movie_ids[best.reasons], -1).tolist()
        rows = zip(
            ratings.people[best.people].tolist(),
            have_rated[best.people].tolist(),
            (best.movies >= 0).sum(axis=1).tolist(),
            zip(ids, best.stars.tolist(), reasons, best.margins.tolist(), strict=True),
            strict=True,
        )
        for person_id, has_rated, shown, columns in rows:
            if has_rated:
                suggestions = islice(zip(*columns, strict=True), shown)
                yield (
                    person_id,
                    [
                        Suggestion(MovieId(movie), stars, MovieId(reason) if reason >= 0 else None, margin)
                        for movie, stars, reason, margin in suggestions
                    ],
                )


def best_for_everyone(
    model: Model,
    ratings: RatingColumns,
    barred: Mapping[str, Collection[MovieId]],
    count: int,
    threads: int | None = None,
    *,
    wish: Wish = USUAL,
) -> Iterator[BestMovies]:
    """The same as arrays, for `PEOPLE_AT_ONCE` people at a time, by as many threads as there are cores.

    While this is being drawn from, BLAS keeps to one thread in the whole process.
    """
    threads = threads or os.cpu_count() or 1
    scoring = _Scoring(model, ratings, barred, count, wish)
    blocks = (
        slice(first, min(first + PEOPLE_AT_ONCE, len(ratings.people)))
        for first in range(0, len(ratings.people), PEOPLE_AT_ONCE)
    )
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        yield from _in_turn(pool, scoring.best, blocks, ahead=2 * threads)


def _in_turn(
    pool: ThreadPoolExecutor, make: Callable[[Given], Made], given: Iterable[Given], ahead: int
) -> Iterator[Made]:
    """What is made of each, in order, with at most `ahead` made or begun before they are asked for."""
    begun: deque[Future[Made]] = deque()
    for one in given:
        if len(begun) == ahead:
            yield begun.popleft().result()
        begun.append(pool.submit(make, one))
    while begun:
        yield begun.popleft().result()


class _Scoring:
    """What all blocks have in common, laid out for the kernels.

    The score of a movie is its row of `_movies` times the person's vector, whatever they wish.
    """

    def __init__(
        self,
        model: Model,
        ratings: RatingColumns,
        barred: Mapping[str, Collection[MovieId]],
        count: int,
        wish: Wish,
    ) -> None:
        self._model, self._ratings, self._barred, self._count = model, ratings, barred, count
        self._wish = wish
        self._starts = ratings.person_starts()
        positions, known = model.positions(ratings.movie_ids)
        self._position_of = np.where(known, positions, -1).astype(np.int32)
        rating = model.rating
        self._factors = np.ascontiguousarray(model.ranking.factors, dtype=np.float32)
        self._stars_by = (
            float(rating.mean),
            np.ascontiguousarray(rating.biases, dtype=np.float32),
            np.ascontiguousarray(rating.factors, dtype=np.float32),
        )
        self._rating_prior = (
            rating.average_person.astype(np.float64),
            rating.precision.astype(np.float64),
            float(rating.memory),
        )
        self._scatter = (
            np.ascontiguousarray(rating.doubt, dtype=np.float32),
            float(rating.scatter.doubt_weight),
            float(rating.scatter.most),
        )
        rows = model.cautious_rows if wish.order == "predicted" else model.ranking_rows
        lifted = lift(model, wish)
        self._rows = rows.values if lifted is None else rows.values * lifted[:, np.newaxis]
        # What most people like comes first: after it little else is good enough to be looked at closely.
        shown = np.flatnonzero(model.suggestible).astype(np.int32)
        shown = shown[np.argsort(-self._rows[shown, -1], kind="stable")]
        self._place_of = np.full(len(model.movie_ids), -1, dtype=np.int32)
        self._place_of[shown] = np.arange(len(shown), dtype=np.int32)
        whole_tiles = -(-len(shown) // kernel.TILE) * kernel.TILE
        movies = np.zeros((whole_tiles, self._rows.shape[1]), dtype=np.float32)
        movies[: len(shown)] = self._rows[shown]
        self._movies = (movies, shown, float(np.linalg.norm(movies, axis=1).max(initial=0.0)))

    def best(self, people: slice) -> BestMovies:
        known = self._known_ratings(people)
        counted = known.counted(self._model.ranking)
        size = 1 + self._stars_by[2].shape[1]
        folded = np.empty((known.people, size))
        systems, scattered = np.empty((known.people, size, size)), np.empty((known.people, 2))
        beliefs = folded, systems, scattered
        kernel.fold_in_ratings(self._stars_by, self._rating_prior, known.columns(), beliefs)
        best = self._ranked(self._vectors(known, counted, folded), *self._hidden(people, known))
        best[np.diff(self._starts[people.start : people.stop + 1]) == 0] = -1
        reasons = np.empty_like(best)
        kernel.explain(self._factors, known.likes(counted), best, reasons)
        stars, margins = np.empty(best.shape), np.empty(best.shape)
        kernel.predict(self._stars_by, folded, best, stars)
        variances = self._model.rating.scatter.about(scattered[:, 0], scattered[:, 1])
        kernel.measure_margins(self._scatter, self._stars_by[2], (systems, variances), best, margins)
        return BestMovies(people, best, stars, reasons, margins)

    def _vectors(self, known: "_Ratings", counted: Doubles, folded: Doubles) -> Doubles:
        """(people, f + 1): what the rows of movies are multiplied by."""
        vectors = np.ones((known.people, self._rows.shape[1]))
        if self._wish.order == "predicted":
            vectors[:, :-1] = folded[:, 1:]
            return vectors
        starts, movie, _ = known.columns()
        tastes = np.empty((known.people, self._factors.shape[1]))
        kernel.fold_in_rankings(self._factors, (starts, movie, counted), tastes)
        vectors[:, :-1] = tastes
        vectors[:, -1] = averageness(self._model.ranking, np.diff(starts)) * averageness_left(self._wish)
        return vectors

    def _known_ratings(self, people: slice) -> "_Ratings":
        own = slice(self._starts[people.start], self._starts[people.stop])
        counts = np.diff(self._starts[people.start : people.stop + 1])
        movie = self._position_of[self._ratings.movie[own]]
        known = movie >= 0
        person = np.repeat(np.arange(len(counts)), counts)
        return _Ratings(len(counts), person[known], movie[known], self._ratings.stars[own][known])

    def _hidden(self, people: slice, known: "_Ratings") -> tuple[Offsets, Places]:
        """Starts and places, in ascending order, of what each of the people must not be shown."""
        rows, places = [known.person], [self._place_of[known.movie]]
        for row, person_id in enumerate(self._ratings.people[people].tolist()):
            if person_id in self._barred:
                ids = np.fromiter(self._barred[person_id], dtype=np.int64)
                positions, found = self._model.positions(ids)
                places.append(self._place_of[positions[found]])
                rows.append(np.full(len(places[-1]), row))
        person, place = np.concatenate(rows), np.concatenate(places)
        person, place = person[place >= 0], place[place >= 0]
        order = np.lexsort((place, person))
        return _starts(person, known.people), place[order]

    def _ranked(self, vectors: Doubles, starts: Offsets, hidden: Places) -> Places:
        """Positions of each person's best movies, (people, count)."""
        movies, shown, _ = self._movies
        candidates = min(self._count, len(shown)) + _SPARE
        kept = (
            np.empty((len(vectors), 2 * candidates), dtype=np.uint64),
            np.empty(len(vectors), dtype=np.int64),
            np.empty(len(vectors), dtype=np.float32),
        )
        kernel.collect(movies, len(shown), vectors.astype(np.float32), (starts, hidden), kept)
        best = np.empty((len(vectors), self._count), dtype=np.int32)
        unsure = kernel.rank(self._movies, vectors, kept, best)
        for person in np.flatnonzero(unsure):
            scores = self._rows @ vectors[person]
            scores[~self._model.suggestible] = -np.inf
            scores[shown[hidden[starts[person] : starts[person + 1]]]] = -np.inf
            best[person] = top_positions(scores, self._count)
        return best


@dataclass(frozen=True, slots=True)
class _Ratings:
    """Ratings by `people` people on movies that the model knows, in order of person, each oldest first."""

    people: int
    person: NDArray[np.intp]
    movie: Places
    stars: Floats

    def columns(self) -> tuple[Offsets, Places, Floats]:
        return _starts(self.person, self.people), self.movie, self.stars

    def counted(self, model: RankingModel) -> Doubles:
        """What each rating counts in its person's row of the ranking model."""
        starts = _starts(self.person, self.people)
        totals = np.bincount(self.person, weights=self.stars, minlength=self.people)
        means = totals / np.maximum(np.diff(starts), 1)
        likes = self.stars >= liking_threshold(means)[self.person]
        newer = starts[self.person + 1] - 1 - np.arange(len(self.person))
        damping = (
            np.maximum(np.bincount(self.person[likes], minlength=self.people), 1) ** -model.length_damping
        )
        return what_ratings_count(model, self.movie, self.stars, likes, newer) * damping[self.person]

    def likes(self, counted: Doubles) -> tuple[Offsets, Places, Doubles]:
        speak = counted > 0
        return _starts(self.person[speak], self.people), self.movie[speak], counted[speak]


def _starts(person: NDArray[np.intp], people: int) -> Offsets:
    """Where each of the people begins among entries in order of person, and after the last the end."""
    return np.concatenate(([0], np.cumsum(np.bincount(person, minlength=people))))
