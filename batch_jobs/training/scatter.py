"""How far ratings fall from what is predicted: told for held-out ratings, and learnt from them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.special
from numpy.typing import NDArray

from batch_jobs.training.columns import RatingColumns
from chalicelib.recommending.fold_in import Doubles, believe, deviations
from chalicelib.recommending.model import USUAL_SCATTER, RatingModel, Scatter

PEOPLE = 20_000
"""Whose ratings the twin learns from, at most: enough to be about as good as the model, and soon trained."""

ASKED = 2_000
"""Whose newest ratings it is asked for, at most."""

HALF, MOST = 0.5, 0.8

FIRST_RATINGS = (0, 1, 2, 3, 5, 8, 12, 20)
"""How many of their ratings are known of half of them, as if they were new: data has few new people."""

_USUAL_SHARE = 0.7
"""Of the variance of stars, what predictions usually leave, as in the ratings of MovieLens."""

_NEW = 0.5

_FARTHEST = 5.0
"""From what is usual, in logarithms."""

_PSEUDO_RATINGS = 50
"""Normally distributed ones, that the shape of the errors is taken from beside the real ones."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a model says of ratings that it does not know.

    Of each person: bias and factors, (people, 1 + k). Of each rating: the predicted stars, whatever the
    scale, what the fit `left` of how many of the person's ratings that `counted` (as in `Belief`), and the
    `spread` and `doubt` of `deviations`.
    """

    people: Doubles
    stars: Doubles
    left: Doubles
    counted: Doubles
    spread: Doubles
    doubt: Doubles

    def deviations(self, scatter: Scatter) -> Doubles:
        """How far off each rating is expected to be, in stars."""
        return deviations(scatter, scatter.about(self.left, self.counted), self.spread, self.doubt)


def tell(model: RatingModel, seen: RatingColumns, asked: RatingColumns) -> Told:
    """Fold people in from what is `seen` and predict what is `asked`; both are over the same people."""
    size = 1 + model.factors.shape[1]
    known, wanted = seen.person_starts(), asked.person_starts()
    told = Told(np.empty((len(seen.people), size)), *np.empty((5, len(asked))))
    for person in range(len(seen.people)):
        own, new = slice(*known[person : person + 2]), slice(*wanted[person : person + 2])
        belief = believe(model, seen.movie[own].astype(np.intp), seen.stars[own])
        told.people[person] = belief.person
        if new.start == new.stop:
            continue
        movies = asked.movie[new]
        rows = np.ones((size, len(movies)))
        rows[1:] = model.factors[movies].T
        told.stars[new] = model.mean + model.biases[movies] + belief.person @ rows
        told.left[new], told.counted[new] = belief.left, belief.counted
        told.spread[new] = (rows * np.linalg.solve(belief.system, rows)).sum(axis=0)
        told.doubt[new] = model.doubt[movies]
    return told


def first_ratings(ratings: RatingColumns, most: NDArray[np.int64]) -> RatingColumns:
    """Each person's oldest ratings, at most so many; `most` is (people,)."""
    place = np.arange(len(ratings)) - ratings.person_starts()[ratings.person]
    return ratings.where(place < most[ratings.person])


def learn_scatter(
    ratings: RatingColumns, train: Callable[[RatingColumns], RatingModel], seed: int
) -> Scatter:
    """What a twin, made by `train` from the older ratings of some people, says of their newest ones.

    Little is learnt from few ratings: without any the scatter is what is usual.
    """
    rng = np.random.default_rng(seed)
    people = np.flatnonzero(np.diff(ratings.person_starts()))
    some = ratings.of_people(np.sort(rng.permutation(people)[:PEOPLE]))
    held = some.held_out_newest(seed=seed)
    asked, seen = some.where(held), some.where(~held)
    variance = max(_USUAL_SHARE * float(ratings.stars.var(dtype=np.float64)), 1e-4)
    usual = np.log((variance, USUAL_SCATTER.weight, USUAL_SCATTER.doubt_weight))
    if not len(asked):
        return _of(usual, np.empty(0))
    chosen = np.flatnonzero(np.diff(asked.person_starts()))[:ASKED]
    asked_some = asked.of_people(chosen)
    known = np.full(len(chosen), len(seen))
    new = rng.random(len(chosen)) < _NEW
    known[new] = rng.choice(FIRST_RATINGS, np.count_nonzero(new))
    told = tell(train(seen), first_ratings(seen.of_people(chosen), known), asked_some)
    squares = np.square(asked_some.stars - told.stars)

    def surprise(numbers: NDArray[np.float64]) -> float:
        """Minus the logarithm of how likely all errors together are, if they are normal."""
        variances = np.square(told.deviations(_of(numbers, np.empty(0))))
        errors = np.log(variances) + squares / variances
        return float(errors.sum() + np.square(numbers - usual).sum()) / (2 * len(squares))

    within_reason = list(zip(usual - _FARTHEST, usual + _FARTHEST, strict=True))
    found = scipy.optimize.minimize(surprise, usual, method="L-BFGS-B", bounds=within_reason).x
    return _of(found, np.sqrt(squares) / told.deviations(_of(found, np.empty(0))))


def _of(logarithms: NDArray[np.float64], errors: Doubles) -> Scatter:
    """From the logarithms of variance, weight and doubt's weight, and errors in standard deviations."""
    normal = scipy.special.ndtri(0.5 + (np.arange(_PSEUDO_RATINGS) + 0.5) / (2 * _PSEUDO_RATINGS))
    within = np.quantile(np.concatenate((errors, normal)), (HALF, MOST)).tolist()
    return Scatter(*np.exp(logarithms).tolist(), *within)
