"""From a model and a person's ratings to their suggestions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import Prediction, Suggestion
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.fold_in import (
    Belief,
    Doubles,
    RankingTaste,
    believe,
    fold_in_ranking,
    margins,
    predict_stars,
)
from chalicelib.recommending.model import Floats, Model, Positions, Rows

MOST_ADVENTURE = 3.0
"""The power of a movie's emphasis that multiplies its score at full adventure."""

MOST_TAKEN = 0.9
"""The share of the average person that full adventure takes away."""

_ROUNDING = 2.0**-24  # of one float32 operation, relative


def known_ratings(model: Model, ratings: Mapping[MovieId, float]) -> tuple[Positions, Floats]:
    """The ratings on movies that the model knows, as positions and stars."""
    ids = np.fromiter(ratings.keys(), dtype=np.int64, count=len(ratings))
    stars = np.fromiter(ratings.values(), dtype=np.float32, count=len(ratings))
    positions, known = model.positions(ids)
    return positions[known], stars[known]


def top_positions(scores: NDArray[np.floating], count: int) -> Positions:
    """Positions of the highest finite scores, best first; equal scores in order of position."""
    candidates = np.flatnonzero(np.isfinite(scores))
    if count < len(candidates):
        cut = np.partition(scores[candidates], -count)[-count]
        candidates = candidates[scores[candidates] >= cut]
    return candidates[np.argsort(-scores[candidates], kind="stable")][:count]


def strongest_reasons(model: Model, taste: RankingTaste, movies: Positions) -> list[MovieId | None]:
    """For each movie the like that adds most to its score; None where none adds anything."""
    if not len(taste.liked):
        return [None] * len(movies)
    added = model.ranking.factors[movies] @ taste.shares
    strongest = added.argmax(axis=1)
    return [
        MovieId(int(model.movie_ids[taste.liked[place]])) if added[row, place] > 0 else None
        for row, place in enumerate(strongest)
    ]


def averageness_left(wish: Wish) -> float:
    """The share of the average person that adventure leaves: without taking some of it away it would not
    move the lists of new people, who are shown what everybody likes."""
    return 1 - MOST_TAKEN * wish.adventure


def lift(model: Model, wish: Wish) -> Floats | None:
    """(movies,): what adventure multiplies scores by; None where it is out of the question.

    It takes a multiple of the logarithm of a movie's popularity off that of its score, so that more of it
    never shows a list of better-known movies.
    """
    if wish.order == "predicted" or not wish.adventure:
        return None
    raised: Floats = model.ranking.emphasis ** np.float32(MOST_ADVENTURE * wish.adventure)
    return raised


@dataclass(frozen=True, slots=True)
class Scored:
    """What one person makes of every movie of a model, from one fold-in and one pass over the movies.

    `scores`, (movies,), come in single precision, off by at most `error`; `eligible`, (movies,), tells which
    movies may be suggested: known to the catalogue, neither rated nor excluded. `rated` are positions.
    """

    model: Model
    taste: RankingTaste
    belief: Belief
    rated: Positions
    eligible: NDArray[np.bool_]
    scores: Floats
    error: float
    rows: Rows
    vector: Doubles
    lifted: Floats | None

    def best(self, among: NDArray[np.bool_], count: int) -> Positions:
        """Positions of the `count` highest scores among some movies, best first; ties by position.

        Single precision finds what may be among them, and double precision puts that in order.
        """
        found = np.flatnonzero(among)
        if count < len(found):
            scores = self.scores[found]
            found = found[scores >= np.partition(scores, -count)[-count] - 2 * self.error]
        exact = (self.rows.values[found] * self.vector).sum(axis=1)
        if self.lifted is not None:
            exact *= self.lifted[found]
        return found[top_positions(exact, count)]

    def explained(self, movies: Positions) -> list[Suggestion]:
        """Suggestions of these movies, with predicted stars, how sure they are, and reasons."""
        columns = (
            self.model.movie_ids[movies].tolist(),
            predict_stars(self.model.rating, self.belief.person, movies).tolist(),
            strongest_reasons(self.model, self.taste, movies),
            margins(self.model.rating, self.belief, movies).tolist(),
        )
        return [Suggestion(*one) for one in zip(*columns, strict=True)]


def score(
    model: Model, ratings: Mapping[MovieId, float], excluded: Collection[MovieId], wish: Wish = USUAL
) -> Scored:
    """Every movie's score for one person; `ratings` are given oldest first."""
    rated, stars = known_ratings(model, ratings)
    barred, known = model.positions(np.fromiter(excluded, dtype=np.int64, count=len(excluded)))
    taste = fold_in_ranking(model.ranking, rated, stars)
    belief = believe(model.rating, rated, stars)
    if wish.order == "predicted":
        rows, vector = model.cautious_rows, np.append(belief.person[1:], 1.0)
    else:
        average = taste.averageness * averageness_left(wish)
        rows, vector = model.ranking_rows, np.append(taste.vector, average)
    eligible = model.suggestible.copy()
    eligible[rated] = False
    eligible[barred[known]] = False
    scores = rows.values @ vector.astype(np.float32)
    error = (len(vector) + 4) * _ROUNDING * rows.longest * float(np.linalg.norm(vector))
    lifted = lift(model, wish)
    if lifted is not None:
        scores *= lifted
        error *= float(lifted.max(initial=0.0))
    return Scored(model, taste, belief, rated, eligible, scores, error, rows, vector, lifted)


def suggest(
    model: Model,
    ratings: Mapping[MovieId, float],
    excluded: Collection[MovieId],
    count: int,
    wish: Wish = USUAL,
    *,
    among: NDArray[np.bool_] | None = None,
) -> list[Suggestion]:
    """What one person should see next: never a movie they rated, nor one of `excluded`.

    `ratings` are given oldest first; `among`, (movies,), narrows what may be suggested. Fewer than `count`
    where there are no more movies to suggest.
    """
    scored = score(model, ratings, excluded, wish)
    candidates = scored.eligible if among is None else scored.eligible & among
    return scored.explained(scored.best(candidates, count))


def predictions(
    model: Model, ratings: Mapping[MovieId, float], movie_ids: Sequence[MovieId]
) -> dict[MovieId, Prediction]:
    """What is predicted of those of `movie_ids` that the model knows, from `ratings` given oldest first."""
    belief = believe(model.rating, *known_ratings(model, ratings))
    positions, known = model.positions(np.asarray(movie_ids, dtype=np.int64))
    asked = positions[known]
    stars = predict_stars(model.rating, belief.person, asked).tolist()
    widths = margins(model.rating, belief, asked).tolist()
    ids = [movie_ids[place] for place in np.flatnonzero(known).tolist()]
    return {
        movie_id: Prediction(star, margin) for movie_id, star, margin in zip(ids, stars, widths, strict=True)
    }
