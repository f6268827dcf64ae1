"""Each rating of a person as the others foretell it: how well the rating model knows them."""

import math

import numpy as np

from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS
from chalicelib.recommending.fold_in import Doubles, regression_on
from chalicelib.recommending.model import Floats, Positions, RatingModel

_BLOCK = 32


def leave_one_out(model: RatingModel, rated: Positions, stars: Floats) -> Doubles:
    """(n,): what is predicted for each of the ratings, oldest first, from all the others.

    The same, to rounding, as folding the person in n times without one rating. The leave-one-out residual of
    a ridge regression, e / (1 - h), would be that only if the others' weights stayed what they are; but
    without rating j every older one has one newer rating less, and counts e^(1/memory) times more. So the
    normal equations differ for each j in all that is older. They are kept as sums: what a block of ratings
    has before it (counting more) and after it is solved for once, P z₀ = q, and the block itself is put back
    without j by Woodbury's identity, with S = X P⁻¹ Xᵀ and C the weights of the block as j sees them:

        xⱼ · z = xⱼ · z₀ + Sⱼ (I + C S)⁻¹ C (r - X z₀)
    """
    design, unexplained = regression_on(model, rated, stars)
    ages = np.arange(len(rated))[::-1]
    weights = np.exp(-ages / model.memory)
    rise = math.exp(1 / model.memory)
    departures = np.empty(len(rated))
    weighted = design.T * weights
    before, before_side = np.zeros_like(model.precision, dtype=np.float64), np.zeros(design.shape[1])
    after, after_side = weighted @ design, weighted @ unexplained
    for start in range(0, len(rated), _BLOCK):
        part = slice(start, start + _BLOCK)
        rows, own = design[part], weighted[:, part]
        gram, side = own @ rows, own @ unexplained[part]
        after, after_side = after - gram, after_side - side
        solved = np.linalg.solve(
            rise * before + after + model.precision,
            np.column_stack((rise * before_side + after_side, rows.T)),
        )
        base, spread = rows @ solved[:, 0], rows @ solved[:, 1:]
        seen = weights[part] * (np.triu(np.ones_like(spread), 1) + rise * np.tril(np.ones_like(spread), -1))
        left = unexplained[part] - base
        put_back = np.linalg.solve(
            np.eye(len(rows)) + seen[:, :, np.newaxis] * spread, (seen * left)[:, :, np.newaxis]
        )
        departures[part] = base + np.einsum("ji,ji->j", spread, put_back[:, :, 0])
        before, before_side = before + gram, before_side + side
    predicted: Doubles = stars - unexplained + departures
    return predicted.clip(FEWEST_STARS, MOST_STARS)
