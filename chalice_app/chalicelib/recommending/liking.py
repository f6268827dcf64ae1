"""What "liked" and "disliked" mean: what the ranking model learns from."""

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS

LIKED_STARS = 4.0
"""From here on a rating is a like of anybody's."""

MIDDLE_STARS = (FEWEST_STARS + MOST_STARS) / 2
"""Below this a rating is a dislike."""


def liking_threshold(mean_stars: NDArray[np.floating]) -> NDArray[np.floating]:
    """The fewest stars that are a like of people whose own ratings average `mean_stars`.

    A strict person likes what they rate no worse than usual, unless they say that it is bad: somebody who
    gives everything three stars likes all of it, as does somebody who gives everything five; whoever gives
    everything one star likes nothing.
    """
    threshold: NDArray[np.floating] = np.clip(mean_stars, MIDDLE_STARS, LIKED_STARS)
    return threshold
