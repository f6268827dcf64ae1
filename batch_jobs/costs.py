"""The estimated bill of a month, in words."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from chalicelib.domain.cost import PRICES_FILE, Estimate, Prices, Usage, estimate, meaning, read_prices
from chalicelib.domain.errors import InvalidInputError

RATINGS_OF_A_PERSON = 60


@dataclass(frozen=True, slots=True)
class Bill:
    estimate: Estimate
    prices: Prices

    def as_dict(self) -> dict[str, Any]:
        return asdict(self.estimate) | {"region": self.prices.region, "compiled": self.prices.compiled}

    def __str__(self) -> str:
        bill, usage = self.estimate, self.estimate.usage
        lines = [f"{line.service + ', ' + line.what:<58}{line.dollars:>12,.2f}" for line in bill.lines]
        lines += [
            f"{'dollars a month':<58}{bill.total:>12,.2f}",
            f"{'for 1,000 people':<58}{bill.per_thousand_people:>12,.2f}",
            "",
            "decisions, and what they would cost otherwise",
        ]
        lines += [
            f"  {lever.decision}: {lever.dollars:,.2f}; {lever.instead_of}: {lever.otherwise:,.2f}"
            for lever in bill.levers
        ]
        lines += ["", "assuming"]
        lines += [f"  {getattr(usage, one.name):>12,g}  {meaning(one.name)}" for one in fields(Usage)]
        lines += ["", f"Prices of {self.prices.region}, compiled {self.prices.compiled}. {self.prices.note}"]
        return "\n".join(lines)


def cost(people: int, ratings_a_day: int, retrains: int, prices_file: Path | None) -> Bill:
    """Estimate a month. Raises InvalidInputError for numbers below nought, ValueError for unfit prices."""
    if min(people, ratings_a_day, retrains) < 0:
        raise InvalidInputError("Give numbers that are not below nought.")
    usage = Usage(
        people=people,
        ratings=people * RATINGS_OF_A_PERSON,
        ratings_a_day=ratings_a_day,
        retrains=retrains,
    )
    prices = read_prices(prices_file or PRICES_FILE)
    return Bill(estimate(usage, prices), prices)
