"""From a model and a person's ratings to their suggestions."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import Suggestion
from chalicelib.recommending.fold_in import (
    Doubles,
    RankingTaste,
    fold_in_ranking,
    fold_in_rating,
    predict_stars,
)
from chalicelib.recommending.model import Floats, Model, Positions


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


def suggestions_from(
    model: Model, taste: RankingTaste, person: Doubles, scores: NDArray[np.floating], count: int
) -> list[Suggestion]:
    """The best `count` movies by `scores` (-inf: not to be suggested) with their stars and reasons."""
    top = top_positions(scores, count)
    stars = predict_stars(model.rating, person, top)
    return [
        Suggestion(MovieId(int(model.movie_ids[position])), float(star), reason)
        for position, star, reason in zip(top, stars, strongest_reasons(model, taste, top), strict=True)
    ]


def suggest(
    model: Model, ratings: Mapping[MovieId, float], excluded: Collection[MovieId], count: int
) -> list[Suggestion]:
    """What one person should see next: never a movie they rated, nor one of `excluded`.

    `ratings` are given oldest first. Fewer than `count` where there are no more movies to suggest.
    """
    rated, stars = known_ratings(model, ratings)
    taste = fold_in_ranking(model, rated, stars)
    scores = model.ranking.factors @ taste.vector
    scores[~model.suggestible] = -np.inf
    scores[rated] = -np.inf
    barred, known = model.positions(np.fromiter(excluded, dtype=np.int64, count=len(excluded)))
    scores[barred[known]] = -np.inf
    return suggestions_from(model, taste, fold_in_rating(model.rating, rated, stars), scores, count)


def predicted_stars(
    model: Model, ratings: Mapping[MovieId, float], movie_ids: Sequence[MovieId]
) -> dict[MovieId, float]:
    """Predicted stars of those of `movie_ids` that the model knows, from `ratings` given oldest first."""
    person = fold_in_rating(model.rating, *known_ratings(model, ratings))
    positions, known = model.positions(np.asarray(movie_ids, dtype=np.int64))
    stars = predict_stars(model.rating, person, positions[known])
    return dict(
        zip((movie_ids[place] for place in np.flatnonzero(known).tolist()), stars.tolist(), strict=True)
    )
