"""The scale that ratings come on, where it is not half to five stars."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS

_LEAST_TOP = 4.5


@dataclass(frozen=True, slots=True)
class Scale:
    """From the lowest to the highest rating there is, in its own units.

    A scale that looks like stars (nothing outside 0.5 to 5, and something above 4.5) is taken for stars
    as it stands. Any other is stretched to span 0.5 to 5, because what counts as a like, the learning
    rates and the regularisation are all given for stars.
    """

    lowest: float
    highest: float

    @property
    def is_stars(self) -> bool:
        return self.lowest >= FEWEST_STARS and _LEAST_TOP <= self.highest <= MOST_STARS

    @property
    def units_per_star(self) -> float:
        return 1.0 if self.is_stars else (self.highest - self.lowest) / (MOST_STARS - FEWEST_STARS)

    @property
    def stars(self) -> tuple[float, float]:
        """The lowest and highest rating, in stars."""
        return (self.lowest, self.highest) if self.is_stars else (FEWEST_STARS, MOST_STARS)

    def to_stars(self, ratings: NDArray[np.floating]) -> NDArray[np.float32]:
        if self.is_stars:
            return ratings.astype(np.float32, copy=False)
        stretched = (ratings - self.lowest) / self.units_per_star + FEWEST_STARS
        return stretched.clip(FEWEST_STARS, MOST_STARS).astype(np.float32)

    def from_stars(self, stars: NDArray[np.float64]) -> NDArray[np.float64]:
        return stars if self.is_stars else (stars - FEWEST_STARS) * self.units_per_star + self.lowest


STARS = Scale(FEWEST_STARS, MOST_STARS)
