"""Folding a person in: their side of both models, solved from their ratings in closed form.

Both are ridge regressions on the movies' factors. Ridge is taken towards the average person, not towards
zero, so that somebody with one rating starts from what most people like instead of from nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS
from chalicelib.recommending.liking import liking_threshold
from chalicelib.recommending.model import Floats, Model, Positions, RatingModel

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankingTaste:
    """A person's side of the ranking model.

    The score of movie i is `factors[i] · vector`, and exactly the sum of what each like adds,
    `factors[i] · shares[:, j]`, plus what the average person adds.
    `liked` are positions, (likes,); `shares` is (f, likes).
    """

    vector: Doubles
    liked: Positions
    shares: Doubles


def fold_in_ranking(model: Model, rated: Positions, stars: Floats) -> RankingTaste:
    """Solve `(G + w Σ y yᵀ + ridge I) x = (1 + w) Σ y + ridge m` over the movies the person likes.

    This is the person step of implicit-feedback ALS (Hu, Koren and Volinsky 2008) with its ridge
    centred on the mean person m; G is the Gram matrix of all movies and w the weight of a like.
    """
    ranking = model.ranking
    liked = (
        rated[stars >= liking_threshold(stars.mean(dtype=np.float64, keepdims=True))] if len(rated) else rated
    )
    y = ranking.factors[liked].astype(np.float64)
    system = model.gram + ranking.like_weight * (y.T @ y)
    system[np.diag_indices_from(system)] += ranking.ridge
    sides = np.column_stack(((1 + ranking.like_weight) * y.T, ranking.ridge * ranking.mean_person))
    solved = np.linalg.solve(system, sides).astype(np.float64, copy=False)
    return RankingTaste(vector=solved.sum(axis=1), liked=liked, shares=solved[:, :-1])


def fold_in_rating(model: RatingModel, rated: Positions, stars: Floats) -> Doubles:
    """The person's bias and factors, (1 + k,), from their ratings in the order they were given, oldest first.

    Solves `(Xᵀ W X + Λ) (x - m) = Xᵀ W (r - X m)`, a ridge regression of what the movies leave unexplained,
    r, on their factors X. The ridge Λ holds x to the average person m along the ways in which people are
    alike. The weights W, `fading` squared, fall with age, because what people rate next is most like what
    they rated last.
    """
    design = np.empty((len(rated), 1 + model.factors.shape[1]))
    design[:, 0] = 1.0
    design[:, 1:] = model.factors[rated]
    average = model.average_person.astype(np.float64)
    unexplained = stars - np.float64(model.mean) - model.biases[rated] - design @ average
    fading = np.exp(np.arange(1 - len(rated), 1) / (2 * model.memory))
    design *= fading[:, np.newaxis]
    departure = np.linalg.solve(design.T @ design + model.precision, design.T @ (fading * unexplained))
    return average + departure.astype(np.float64, copy=False)


def predict_stars(model: RatingModel, person: Doubles, movies: Positions) -> Doubles:
    """Predicted stars of the movies at these positions for a folded-in person, within the scale."""
    stars: Doubles = model.mean + model.biases[movies] + person[0] + model.factors[movies] @ person[1:]
    return stars.clip(FEWEST_STARS, MOST_STARS)
