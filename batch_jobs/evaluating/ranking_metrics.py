"""How good lists of movies are, measured on what people went on to like.

A list is a row of positions, best first, ending in `NOTHING` where there were no more movies; a person
counts in nDCG and recall if they liked at least one held-out movie.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batch_jobs.evaluating.intervals import Doubles, Interval, Ratio, draws, interval, mean_of
from batch_jobs.training.columns import RatingColumns

NDCG_AT = 10
RECALL_AT = 20
NOTHING = -1
POPULARITY_EDGES = (0.01, 0.05, 0.2, 0.5, 1.0)
"""Shares of the movies, most rated first, that what is shown is counted by."""

_BLOCK_SCORES = 4_000_000

Lists = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class RankingMetrics:
    """nDCG@10 and recall are means over people; recall is of as many likes as the list could hold.

    `coverage` is the share of all movies that appear in anybody's top ten; `novelty` is how rare a
    movie in a top ten is, in bits: minus log2 of the share of people who had rated it. `intervals` hold
    95 %; there is none of the coverage, because fewer people always cover less.
    """

    ndcg10: float
    recall10: float
    recall20: float
    coverage: float
    novelty: float
    intervals: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class ScoredLists:
    """Lists by the figures of each person, and what they show."""

    ratios: dict[str, Ratio]
    coverage: float

    def metrics(self) -> RankingMetrics:
        drawn = draws(self.ratios)
        return RankingMetrics(
            **{name: float(values[0]) for name, values in drawn.items()},
            coverage=self.coverage,
            intervals={name: interval(values) for name, values in drawn.items()},
        )


def score_lists(
    lists: Lists, likes: RatingColumns, popularity: NDArray[np.int64], raters: int
) -> ScoredLists:
    """Score one list for each of the people of `likes`.

    `popularity` is how many of `raters` people had rated each movie; a movie nobody had rated counts as
    rated by one.
    """
    people, movies = len(lists), len(popularity)
    liked = np.sort(likes.person.astype(np.int64) * movies + likes.movie)
    shown = np.where(lists != NOTHING, np.arange(people)[:, np.newaxis] * movies + lists, -1)
    hits = _among(shown, liked)
    count = np.bincount(likes.person, minlength=people)
    discounts = 1 / np.log2(np.arange(2, NDCG_AT + 2))
    best = np.concatenate(([1.0], np.cumsum(discounts)))[np.minimum(count, NDCG_AT)]
    ndcg = (hits[:, :NDCG_AT] * discounts[: lists.shape[1]]).sum(axis=1) / best

    def recall(at: int) -> Doubles:
        found: Doubles = hits[:, :at].sum(axis=1) / np.clip(count, 1, at)
        return found

    top = lists[:, :NDCG_AT]
    filled = top != NOTHING
    rarity = -np.log2(np.maximum(popularity, 1) / raters)
    lengths = filled.sum(axis=1)
    novelty = np.where(filled, rarity[top], 0.0).sum(axis=1) / np.maximum(lengths, 1)
    likers = count > 0
    return ScoredLists(
        {
            "ndcg10": mean_of(ndcg, likers),
            "recall10": mean_of(recall(NDCG_AT), likers),
            "recall20": mean_of(recall(RECALL_AT), likers),
            "novelty": mean_of(novelty, lengths > 0),
        },
        coverage=len(np.unique(top[filled])) / movies,
    )


def _among(asked: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of `asked` are in `known`, ascending."""
    if not len(known):
        return np.zeros(asked.shape, dtype=np.bool_)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.asarray(known[place] == asked)


def popular_lists(popularity: NDArray[np.integer], seen: RatingColumns) -> Lists:
    """Everybody's most popular unseen movies."""
    order = np.argsort(-popularity, kind="stable").astype(np.int32)
    starts = seen.person_starts()
    lists = np.full((len(seen.people), RECALL_AT), NOTHING, dtype=np.int32)
    is_seen = np.zeros(len(popularity), dtype=np.bool_)
    for person in range(len(seen.people)):
        own = seen.movie[starts[person] : starts[person + 1]]
        is_seen[own] = True
        candidates = order[: RECALL_AT + len(own)]
        unseen = candidates[~is_seen[candidates]][:RECALL_AT]
        lists[person, : len(unseen)] = unseen
        is_seen[own] = False
    return lists


def top_lists(scores_of: Callable[[slice], NDArray[np.floating]], seen: RatingColumns, movies: int) -> Lists:
    """Everybody's highest-scored unseen movies; `scores_of` gives (people, movies) for a run of people."""
    starts = seen.person_starts()
    block = max(1, _BLOCK_SCORES // movies)
    length = min(RECALL_AT, movies)
    lists = np.full((len(seen.people), RECALL_AT), NOTHING, dtype=np.int32)
    for first in range(0, len(seen.people), block):
        people = slice(first, min(first + block, len(seen.people)))
        scores = scores_of(people)
        own = slice(starts[people.start], starts[people.stop])
        scores[seen.person[own] - first, seen.movie[own]] = -np.inf
        top = np.argpartition(-scores, length - 1, axis=1)[:, :length]
        kept = np.take_along_axis(scores, top, axis=1)
        order = np.lexsort((top, -kept), axis=1)
        top, kept = np.take_along_axis(top, order, axis=1), np.take_along_axis(kept, order, axis=1)
        lists[people, :length] = np.where(np.isfinite(kept), top, NOTHING)
    return lists


def shown_by_popularity(movies: NDArray[np.integer], popularity: NDArray[np.int64]) -> list[float]:
    """The share of `movies` (positions, each as often as it was shown) that falls to each group of
    movies, from the most rated ones down; the groups end at `POPULARITY_EDGES`."""
    rank = np.empty(len(popularity), dtype=np.int64)
    rank[np.argsort(-popularity, kind="stable")] = np.arange(len(popularity))
    ends = np.ceil(np.array(POPULARITY_EDGES) * len(popularity))
    group = np.searchsorted(ends, rank[movies], side="right")
    shares: list[float] = (np.bincount(group, minlength=len(ends)) / max(1, len(movies))).tolist()
    return shares
