"""The held-out figures of each person, kept beside a model for the next one to be compared with."""

from dataclasses import dataclass, fields
from io import BytesIO
from typing import Self

import numpy as np
from numpy.typing import NDArray

from batch_jobs.evaluating.intervals import Doubles, Ratio

FILE_NAME = "measured.npz"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One entry per person: id, summed squared error and number of held-out ratings, nDCG@10 and whether
    there was anything to measure it on."""

    people: NDArray[np.str_]
    squared_error: Doubles
    ratings: Doubles
    ndcg10: Doubles
    has_likes: Doubles

    @classmethod
    def of(cls, people: NDArray[np.str_], stars: dict[str, Ratio], ranking: dict[str, Ratio]) -> Self:
        rmse, ndcg10 = stars["rmse"], ranking["ndcg10"]
        return cls(people, rmse.total, rmse.weight, ndcg10.total, ndcg10.weight)

    def ratios(self) -> dict[str, Ratio]:
        return {
            "rmse": Ratio(self.squared_error, self.ratings, root=True),
            "ndcg10": Ratio(self.ndcg10, self.has_likes),
        }

    def of_people(self, chosen: NDArray[np.intp]) -> "PersonFigures":
        return PersonFigures(*(getattr(self, one.name)[chosen] for one in fields(self)))

    def to_bytes(self) -> bytes:
        buffer = BytesIO()
        np.savez_compressed(
            buffer, format=FORMAT, **{one.name: getattr(self, one.name) for one in fields(self)}
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self | None:
        """None if the figures were taken in another way than they are now."""
        with np.load(BytesIO(stored), allow_pickle=False) as file:
            if int(file["format"]) != FORMAT:
                return None
            return cls(*(file[one.name] for one in fields(cls)))
