"""What "liked" means: the ratings that the ranking model learns from."""

import numpy as np
from numpy.typing import NDArray

LIKED_STARS = 4.0


def liking_threshold(mean_stars: NDArray[np.float64]) -> NDArray[np.float64]:
    """The fewest stars that count as a like for people whose ratings average `mean_stars`.

    Four stars, or a strict person's own average where that is lower: somebody who gives everything
    three stars likes what they rate, and somebody who gives everything five still does.
    """
    return np.minimum(np.float64(LIKED_STARS), mean_stars)
