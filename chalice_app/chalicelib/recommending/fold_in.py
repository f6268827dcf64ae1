"""Folding a person in: their side of both models, solved from their ratings in closed form.

Both are ridge regressions on the movies' factors. Ridge is taken towards the average person, not towards
zero, so that somebody with one rating starts from what most people like instead of from nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS
from chalicelib.recommending.liking import MIDDLE_STARS, liking_threshold
from chalicelib.recommending.model import Floats, Positions, RankingModel, RatingModel, Scatter

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankingTaste:
    """A person's side of the ranking model.

    The score of movie i is `averageness · popularity[i] + factors[i] · vector`, and exactly the sum of
    what the average person adds, of what each like adds, `factors[i] · shares[:, j]`, and of what the
    dislikes take away, `factors[i] · aversion`. `liked` are positions, (likes,); `shares` is (f, likes).
    """

    vector: Doubles
    averageness: float
    liked: Positions
    shares: Doubles
    aversion: Doubles


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of a person's side of the rating model: their `person`, bias and factors (1 + k,), and
    how surely. `left`, in stars squared, is what the fit leaves of their ratings, prior and all, of which
    `counted` have not faded. The covariance of `person` is the variance of their ratings (`Scatter.about`)
    times the inverse of `system`, (1 + k, 1 + k)."""

    person: Doubles
    system: Doubles
    left: float
    counted: float


def fold_in_ranking(model: RankingModel, rated: Positions, stars: Floats) -> RankingTaste:
    """The person's taste from their ratings in the order they were given, oldest first.

    A person is a row of weights over the movies: likes count 1 times the movie's emphasis, dislikes less
    than 0, and both less the more has been rated since. Regressing that row on the right singular vectors
    V of everybody's likes, with ridge λ/σ² for each, needs no solving, as V is orthogonal: the person is
    S Vᵀ row with S = σ² / (σ² + λ), and `model.factors` are V √S. What is shrunk away is made up for by the
    average person, whose share falls with the number of ratings.
    """
    counted, likes = what_own_ratings_count(model, rated, stars)
    shares = model.factors[rated].T * counted
    liked_shares, aversion = shares[:, likes], shares[:, ~likes].sum(axis=1)
    return RankingTaste(
        vector=liked_shares.sum(axis=1) + aversion,
        averageness=float(averageness(model, np.array(len(rated)))),
        liked=rated[likes],
        shares=liked_shares,
        aversion=aversion,
    )


def what_own_ratings_count(
    model: RankingModel, rated: Positions, stars: Floats
) -> tuple[Doubles, NDArray[np.bool_]]:
    """The weight of each of a person's ratings, oldest first, in their row; and which of them are likes."""
    mean = stars.mean(dtype=np.float64, keepdims=True) if len(stars) else np.zeros(1)
    likes = stars >= liking_threshold(mean)
    counted = what_ratings_count(model, rated, stars, likes, np.arange(len(rated))[::-1])
    return counted * max(1, int(np.count_nonzero(likes))) ** -model.length_damping, likes


def what_ratings_count(
    model: RankingModel,
    rated: NDArray[np.integer],
    stars: Floats,
    likes: NDArray[np.bool_],
    newer: NDArray[np.integer],
) -> Doubles:
    """The weight of each rating in its person's row, before many likes are damped; `newer` is how many
    ratings the person has given since."""
    sign = np.where(likes, 1.0, np.where(stars < MIDDLE_STARS, -model.dislike_weight, 0.0))
    counted: Doubles = sign * np.exp(-newer / model.memory) * model.emphasis[rated]
    return counted


def averageness(model: RankingModel, ratings: NDArray[np.integer]) -> Doubles:
    """How much the average person counts in people with so many ratings."""
    share: Doubles = model.prior * np.exp(-ratings / model.prior_memory)
    return share


def believe(model: RatingModel, rated: Positions, stars: Floats) -> Belief:
    """What a person's ratings say of them, in the order they were given, oldest first.

    Solves `(Xᵀ W X + Λ) (x - m) = Xᵀ W (r - X m)`, a ridge regression of what the movies leave unexplained,
    r, on their factors X. The ridge Λ holds x to the average person m along the ways in which people are
    alike. The weights W, `fading` squared, fall with age, because what people rate next is most like what
    they rated last.

    That is the posterior mean of a Bayesian linear regression, whose prior is that x is normal about m with
    covariance s² Λ⁻¹; a posteriori it is s² (XᵀWX + Λ)⁻¹. The variance s² of one rating is itself known from
    what the fit leaves, prior and all (conjugate to an inverse gamma prior: `Scatter.about`), so that whoever
    rates steadily is predicted more surely than a moody person.
    """
    design, unexplained = regression_on(model, rated, stars)
    average = model.average_person.astype(np.float64)
    fading = np.exp(np.arange(1 - len(rated), 1) / (2 * model.memory))
    design *= fading[:, np.newaxis]
    unexplained *= fading
    system: Doubles = design.T @ design + model.precision.astype(np.float64)
    pull = design.T @ unexplained
    departure = np.linalg.solve(system, pull)
    left = unexplained @ unexplained - departure @ pull
    return Belief(average + departure, system, float(left), float(fading @ fading))


def regression_on(model: RatingModel, rated: Positions, stars: Floats) -> tuple[Doubles, Doubles]:
    """What a person is solved from: the movies' rows X, (n, 1 + k), a 1 for the bias first, and what movies
    and the average person leave unexplained of the stars, (n,)."""
    design = np.empty((len(rated), 1 + model.factors.shape[1]))
    design[:, 0] = 1.0
    design[:, 1:] = model.factors[rated]
    average = model.average_person.astype(np.float64)
    return design, stars - np.float64(model.mean) - model.biases[rated] - design @ average


def predict_stars(model: RatingModel, person: Doubles, movies: Positions) -> Doubles:
    """Predicted stars of the movies at these positions for a folded-in person, within the scale."""
    unpersonal = np.float64(model.mean) + model.biases[movies]
    stars: Doubles = unpersonal + person[0] + model.factors[movies] @ person[1:]
    return stars.clip(FEWEST_STARS, MOST_STARS)


def margins(model: RatingModel, belief: Belief, movies: Positions) -> Doubles:
    """(movies,): within how many stars of the prediction the person's rating lies in 80 % of all cases."""
    rows = np.ones((1 + model.factors.shape[1], len(movies)))
    rows[1:] = model.factors[movies].T
    spread = (rows * np.linalg.solve(belief.system, rows)).sum(axis=0)
    variance = model.scatter.about(belief.left, belief.counted)
    return model.scatter.most * deviations(model.scatter, variance, spread, model.doubt[movies])


def deviations(
    scatter: Scatter, variance: float | Doubles, spread: Doubles, doubt: NDArray[np.floating]
) -> Doubles:
    """Standard deviations of ratings about their predictions, in stars.

    What is not known adds up: the person's mood (`variance`), who they are (`spread`, xᵀ A⁻¹ x with A the
    `system` of a `Belief` and x the movie's 1 and factors), and the movie (`doubt`).
    """
    unsure = scatter.doubt_weight * np.square(doubt, dtype=np.float64)
    deviation: Doubles = np.sqrt(variance * (1 + spread) + unsure)
    return deviation
