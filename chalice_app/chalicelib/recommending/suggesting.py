"""From a model and a person's ratings to their suggestions."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import Prediction, Suggestion
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.fold_in import (
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


def suggest(
    model: Model,
    ratings: Mapping[MovieId, float],
    excluded: Collection[MovieId],
    count: int,
    wish: Wish = USUAL,
) -> list[Suggestion]:
    """What one person should see next: never a movie they rated, nor one of `excluded`.

    `ratings` are given oldest first. Fewer than `count` where there are no more movies to suggest.
    """
    rated, stars = known_ratings(model, ratings)
    barred, known = model.positions(np.fromiter(excluded, dtype=np.int64, count=len(excluded)))
    taste = fold_in_ranking(model.ranking, rated, stars)
    belief = believe(model.rating, rated, stars)
    if wish.order == "predicted":
        rows, vector = model.cautious_rows, np.append(belief.person[1:], 1.0)
    else:
        average = taste.averageness * averageness_left(wish)
        rows, vector = model.ranking_rows, np.append(taste.vector, average)
    hidden = ~model.suggestible
    hidden[rated] = True
    hidden[barred[known]] = True
    top = _best(rows, vector, lift(model, wish), hidden, count)
    columns = (
        model.movie_ids[top].tolist(),
        predict_stars(model.rating, belief.person, top).tolist(),
        strongest_reasons(model, taste, top),
        margins(model.rating, belief, top).tolist(),
    )
    return [Suggestion(*one) for one in zip(*columns, strict=True)]


def _best(
    rows: Rows, vector: Doubles, lifted: Floats | None, hidden: NDArray[np.bool_], count: int
) -> Positions:
    """Positions of the highest scores, rows · vector times what they are lifted by; none that is hidden.

    Single precision finds what may be among them, and double precision puts that in order.
    """
    scores = rows.values @ vector.astype(np.float32)
    error = (len(vector) + 4) * _ROUNDING * rows.longest * float(np.linalg.norm(vector))
    if lifted is not None:
        scores *= lifted
        error *= float(lifted.max(initial=0.0))
    scores[hidden] = -np.inf
    if count < len(scores):
        scores[scores < np.partition(scores, -count)[-count] - 2 * error] = -np.inf
    candidates = np.flatnonzero(np.isfinite(scores))
    exact = (rows.values[candidates] * vector).sum(axis=1)
    if lifted is not None:
        exact *= lifted[candidates]
    return candidates[top_positions(exact, count)]


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
