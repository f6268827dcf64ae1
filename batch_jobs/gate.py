"""The gate: whether a newly trained model may take the place of the current one.

The current model cannot be scored on what is held out today: it was trained on much of it, and would win
by having seen the answers. So both sides are judged by twins that never saw what they were measured on:
today's, and the one that was measured when the current model was made. The figures of each person from
then are kept beside the model, and only people measured both times are compared, each with themselves.
Thus neither new people nor people who left can make a model look better or worse; what remains is that
those who stayed have rated more, which changes little from one run to the next. A model that was refused
for no fault of its own can be promoted by hand.

The new model is worse if, for the error of the stars or the quality of the ranking, zero lies outside
the 95 % interval of the difference, on the wrong side, and the difference is at least `LEAST_DIFFERENCE` of
the figure: between models made in consecutive nights the interval can be so narrow that even what nobody
would notice lies beyond it.
"""

from dataclasses import dataclass

import numpy as np

from batch_jobs.evaluating.intervals import Interval, draws, interval
from batch_jobs.evaluating.per_person import PersonFigures

FEWEST_PEOPLE = 30
"""Fewer people in common say nothing; then there is nothing to hold against the new model."""
LEAST_DIFFERENCE = 0.002

_WORDS = {"rmse": "the error of its stars (RMSE)", "ndcg10": "the quality of its ranking (nDCG@10)"}
_BETTER = {"rmse": -1, "ndcg10": 1}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of both models on the same people; the interval is of `new - current`."""

    new: float
    current: float
    interval: Interval
    worse: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """`people` are those the two models were compared on."""

    accepted: bool
    reason: str
    people: int
    comparisons: dict[str, Comparison]


def judge(new: PersonFigures, current: PersonFigures | None) -> Verdict:
    """Compare the new model's figures with those of the current one (None: there are none)."""
    if current is None:
        return Verdict(True, "There is no current model with figures to compare with.", 0, {})
    _, in_new, in_current = np.intersect1d(
        new.people, current.people, assume_unique=True, return_indices=True
    )
    people = len(in_new)
    if people < FEWEST_PEOPLE:
        return Verdict(
            True,
            f"Only {people} people were measured with both models: too few to find a difference.",
            people,
            {},
        )
    figures = {("new", n): ratio for n, ratio in new.of_people(in_new).ratios().items()}
    figures |= {("current", n): ratio for n, ratio in current.of_people(in_current).ratios().items()}
    drawn = draws({" ".join(name): ratio for name, ratio in figures.items()})
    comparisons = {}
    for name, better in _BETTER.items():
        after, before = drawn[f"new {name}"], drawn[f"current {name}"]
        low, high = interval(after - before)
        mine, theirs = float(after[0]), float(before[0])
        beyond = high < 0 if better > 0 else low > 0
        worse = beyond and abs(mine - theirs) >= LEAST_DIFFERENCE * theirs
        comparisons[name] = Comparison(mine, theirs, (low, high), worse)
    faults = [_in_words(name, one) for name, one in comparisons.items() if one.worse]
    if faults:
        return Verdict(False, f"On {people:,} people {' and '.join(faults)}.", people, comparisons)
    return Verdict(True, f"On {people:,} people it is not worse than the current model.", people, comparisons)


def _in_words(name: str, one: Comparison) -> str:
    low, high = one.interval
    return (
        f"{_WORDS[name]} is {one.new:.4f}, and was {one.current:.4f} with the current model "
        f"(a difference of {low:+.4f} to {high:+.4f})"
    )
