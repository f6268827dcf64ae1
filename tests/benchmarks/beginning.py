"""Are the films that new people are asked about first better than the most popular ones?

    MOVIE_DATA_DIR=PATH python -m tests.benchmarks.beginning

A fifth of the people after the other is kept out of training. Each is shown either list from its top and
rates, with the stars they really gave, the films they know, until they have rated 3, 5 or 10. Folded in from
those, the models predict the stars of the person's other films (RMSE) and suggest some (nDCG@10 of what they
liked); films on either list are neither asked for nor suggested, so that both are measured on the same. Only
people who rated enough of both lists count; intervals hold 95 %, over people. "shown" is how many films a
person passes, on average, until they have rated so many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model
from chalicelib.recommending.beginning import telling_movies
from chalicelib.recommending.fold_in import believe, fold_in_ranking, predict_stars
from chalicelib.recommending.liking import LIKED_STARS
from chalicelib.recommending.model import Model, Positions
from chalicelib.recommending.suggesting import top_positions
from tests import real_data

SHOWN = 40
RATED = (3, 5, 10)
AT = 10
FIFTHS = 5
_DISCOUNTS = 1 / np.log2(np.arange(2, AT + 2))


@dataclass(frozen=True, slots=True)
class Figures:
    """One person's, from one list: `ndcg` is NaN for who liked nothing of what is measured on."""

    passed: int
    squared_error: float
    stars: int
    ndcg: float


def measure(ratings: RatingColumns, seed: int = 20) -> dict[int, list[tuple[Figures, Figures]]]:
    """After so many ratings: everybody's figures from the telling list and from the popular one."""
    found: dict[int, list[tuple[Figures, Figures]]] = {count: [] for count in RATED}
    people = np.random.default_rng(seed).permutation(np.flatnonzero(np.diff(ratings.person_starts())))
    for fifth in np.array_split(people, FIFTHS):
        model, _ = train_model(ratings.where(~np.isin(ratings.person, fifth)), None, TrainingSettings())
        lists = [_telling(model), top_positions(model.ranking.popularity, SHOWN)]
        newcomers = ratings.of_people(np.sort(fifth))
        for first, last in pairwise(newcomers.person_starts().tolist()):
            movies = newcomers.movie[first:last].astype(np.intp)
            stars = newcomers.stars[first:last]
            rest = ~np.isin(movies, np.concatenate(lists))
            if not rest.any():
                continue
            for count in RATED:
                both = [_figures(model, lists, shown, movies, stars, count=count) for shown in lists]
                if both[0] and both[1]:
                    found[count].append((both[0], both[1]))
    return found


def _telling(model: Model) -> Positions:
    return model.positions(np.array(telling_movies(model, SHOWN)))[0]


def _figures(
    model: Model,
    lists: Sequence[Positions],
    shown: Positions,
    movies: Positions,
    stars: NDArray[np.float32],
    *,
    count: int,
) -> Figures | None:
    """None where the person knows fewer of the films shown."""
    place = {movie: n for n, movie in enumerate(movies.tolist())}
    known = [(passed, movie) for passed, movie in enumerate(shown.tolist(), 1) if movie in place][:count]
    if len(known) < count:
        return None
    rated = np.array([movie for _, movie in known], dtype=np.intp)
    given = stars[[place[movie] for _, movie in known]]
    on_lists = np.concatenate(lists)
    rest = ~np.isin(movies, on_lists)
    predicted = predict_stars(model.rating, believe(model.rating, rated, given).person, movies[rest])
    taste = fold_in_ranking(model.ranking, rated, given)
    scores = model.ranking_rows.values @ np.append(taste.vector, taste.averageness)
    scores[on_lists] = -np.inf
    liked = movies[rest][stars[rest] >= LIKED_STARS]
    hits = np.isin(top_positions(scores, AT), liked)
    best = _DISCOUNTS[: min(AT, len(liked))].sum()
    return Figures(
        known[-1][0],
        float(np.square(predicted - stars[rest]).sum()),
        int(rest.sum()),
        float(_DISCOUNTS[: len(hits)][hits].sum() / best) if len(liked) else float("nan"),
    )


def _row(name: str, count: int, pairs: list[tuple[Figures, Figures]]) -> str:
    ndcg = np.array([[one.ndcg for one in pair] for pair in pairs])
    ndcg = ndcg[~np.isnan(ndcg).any(axis=1)]
    errors = np.array([[one.squared_error for one in pair] for pair in pairs])
    weights = np.array([pair[0].stars for pair in pairs], dtype=np.float64)
    drawn = np.random.default_rng(1).integers(0, len(pairs), (2000, len(pairs)))
    rmse = np.sqrt(errors[drawn].sum(axis=1) / weights[drawn].sum(axis=1)[:, np.newaxis])
    low, high = np.quantile(rmse[:, 0] - rmse[:, 1], (0.025, 0.975))
    overall = np.sqrt(errors.sum(axis=0) / weights.sum())
    half = 1.96 * (ndcg[:, 0] - ndcg[:, 1]).std() / np.sqrt(len(ndcg))
    gain = float((ndcg[:, 0] - ndcg[:, 1]).mean())
    passed = np.array([[one.passed for one in pair] for pair in pairs]).mean(axis=0)
    return (
        f"| {name}, {count} rated ({len(pairs)} people) | {overall[0]:.3f} / {overall[1]:.3f} "
        f"({low:+.3f} … {high:+.3f}) | {ndcg[:, 0].mean():.3f} / {ndcg[:, 1].mean():.3f} "
        f"({gain - half:+.3f} … {gain + half:+.3f}) | {passed[0]:.1f} / {passed[1]:.1f} |"
    )


def main() -> None:
    folder = real_data.data_folder()
    if folder is None:
        raise SystemExit(f"Name the folder of the real ratings in {real_data.VARIABLE}.")
    print("| telling / popular | RMSE (difference) | nDCG@10 (difference) | shown |\n|---|---|---|---|")
    for name, ratings in (
        ("ml-100k", real_data.movielens_100k(folder)),
        ("ratings-small", real_data.ratings_small(folder).ratings),
        ("ml-latest-small", real_data.ml_latest_small(folder).ratings),
    ):
        for count, pairs in measure(ratings).items():
            print(_row(name, count, pairs))


if __name__ == "__main__":
    main()
