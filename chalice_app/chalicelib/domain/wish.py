"""What a person wishes to be shown: the dials of the one scorer."""

from dataclasses import dataclass
from typing import Literal

WishedOrder = Literal["ranking", "predicted"]


@dataclass(frozen=True, slots=True)
class Wish:
    """`order` is by what they would enjoy next ("ranking") or by predicted stars ("predicted").

    `adventure`, from 0 to 1, leads the ranking away from what everybody knows; 0 finds the most films that
    the person goes on to like. Raises ValueError outside of that.
    """

    adventure: float = 0.0
    order: WishedOrder = "ranking"

    def __post_init__(self) -> None:
        if not 0 <= self.adventure <= 1:
            raise ValueError(f"adventure is {self.adventure}; it goes from 0 to 1.")
        if self.order not in ("ranking", "predicted"):
            raise ValueError(f"order is {self.order!r}; it can be 'ranking' or 'predicted'.")


USUAL = Wish()
