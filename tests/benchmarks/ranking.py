"""The ranking model against the alternatives, on the same splits, by the same metrics.

    python -m tests.benchmarks.ranking [--data ml-100k ratings-small ml-latest-small long-tail]
        [--peers-python PATH] [--tuned FILE]

Everybody's newest fifth of the ratings is held out. What was liked among the rest is learnt from, and what
was given four stars among the newest is looked for in everybody's list, among all movies that they had not
rated. Intervals hold 95 %, by bootstrap over people; ± is half of one. Every rival's settings are those that
found most likes (nDCG@10) in the newest fifth of what it may learn from, out of `GRIDS`; both meanings of a
like, at least four stars and a person's own threshold, are tried. With `--tuned` they are kept in a file, and
taken from it when it is there. Ours has the same settings on every set; tuned likewise it stands beside that.

The real sets are those of the folder MOVIE_DATA_DIR; without it, only the made-up one is measured. The peers
need a Python that has them (implicit, lenskit): without `--peers-python` their rows say "not installed".
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batch_jobs.evaluating.cold_start import ColdStart, measure_cold_start
from batch_jobs.evaluating.intervals import draws, interval
from batch_jobs.evaluating.ranking_metrics import (
    Lists,
    ScoredLists,
    popular_lists,
    score_lists,
    top_lists,
)
from batch_jobs.evaluating.splitting import Split, split_ratings
from batch_jobs.evaluation import by_predicted_stars, suggested
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.ranking_model import RankingSettings, likes, train_ranking_model
from batch_jobs.training.rating_model import RatingSettings, train_rating_model
from chalicelib.domain.movie import MovieId
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.fold_in import Doubles, believe
from chalicelib.recommending.liking import LIKED_STARS
from chalicelib.recommending.model import Model
from chalicelib.recommending.similar import similar_movies
from tests import real_data
from tests.benchmarks.ranking_rivals import (
    Fitted,
    Likes,
    Settings,
    ask_peers,
    blend,
    ease,
    item_knn,
    sparse_ease,
    surprise_svd,
)
from tests.benchmarks.synthetic import chosen_ratings

OURS = "**ours**"
NOT_INSTALLED = "not installed"

RIVALS: Mapping[str, Callable[..., Fitted]] = {
    "item-kNN": item_knn,
    "EASE": ease,
    "EASE, top 100": sparse_ease,
}
PEERS = ("LensKit ItemKNN", "implicit ALS", "LensKit ImplicitMF")

_RIDGES = (30.0, 100.0, 300.0, 1000.0, 3000.0)
GRIDS: Mapping[str, Mapping[str, Sequence[float]]] = {
    "item-kNN": {"neighbours": (20, 100), "shrink": (0.0, 10.0, 50.0)},
    "EASE": {"ridge": _RIDGES},
    "EASE, top 100": {"ridge": _RIDGES},
    "LensKit ItemKNN": {"max_nbrs": (20, 100, 300)},
    "implicit ALS": {
        "factors": (32, 64, 128),
        "regularization": (1.0, 10.0, 30.0, 100.0),
        "alpha": (1.0, 3.0, 10.0, 30.0),
    },
    "LensKit ImplicitMF": {
        "embedding_size": (32, 64),
        "regularization": (1.0, 10.0, 30.0),
        "weight": (1.0, 3.0, 10.0),
    },
}
OUR_GRID: Mapping[str, Sequence[float]] = {
    "shrinkage": (2.0, 4.0, 8.0),
    "rarity_weight": (0.1, 0.2, 0.3),
    "memory": (30.0, 60.0, 120.0),
}
LIKED = ("four stars", "own threshold")

WELL_KNOWN = (
    "Toy Story (1995)",
    "Matrix, The (1999)",
    "Godfather, The (1972)",
    "Pulp Fiction (1994)",
    "Alien (1979)",
    "Spirited Away (Sen to Chihiro no kamikakushi) (2001)",
)


def data_sets() -> dict[str, Callable[[], RatingColumns]]:
    """By name; the real ones only where they are."""
    made_up = {"long-tail": lambda: chosen_ratings(1_000, 6_000, 100_000)}
    folder = real_data.data_folder()
    if folder is None:
        print(f"{real_data.VARIABLE} is not set, so real ratings are NOT measured", file=sys.stderr)
        return made_up
    return {
        "ml-100k": lambda: real_data.movielens_100k(folder),
        "ratings-small": lambda: real_data.ratings_small(folder).ratings,
        "ml-latest-small": lambda: real_data.ml_latest_small(folder).ratings,
    } | made_up


@dataclass(frozen=True)
class Judge:
    """One split and the people measured on it."""

    split: Split
    people: NDArray[np.intp]
    seen: RatingColumns
    liked_later: RatingColumns

    @classmethod
    def of(cls, ratings: RatingColumns) -> "Judge":
        split = split_ratings(ratings)
        people = split.measured_people()
        held_out = split.held_out.of_people(people)
        return cls(
            split,
            people,
            split.train.of_people(people),
            held_out.where(held_out.stars >= LIKED_STARS),
        )

    def likes(self, meaning: str) -> Likes:
        train = self.split.train
        liked = likes(train) if meaning == "own threshold" else train.stars >= LIKED_STARS
        return Likes.of(train, liked, self.people)

    def judge(self, lists: Lists) -> ScoredLists:
        train = self.split.train
        popularity = np.bincount(train.movie, minlength=len(train.movie_ids))
        raters = int(np.count_nonzero(np.diff(train.person_starts())))
        return score_lists(lists, self.liked_later, popularity, raters)

    def lists(self, fitted: Fitted) -> Lists:
        return top_lists(fitted.scores_of, self.seen, len(self.seen.movie_ids))

    def ndcg10(self, lists: Lists) -> float:
        measured = self.judge(lists).ratios["ndcg10"]
        return float(measured.total.sum() / measured.weight.sum())


@dataclass(frozen=True, slots=True)
class Row:
    """`seconds` are of the fit, `score_seconds` of everybody's lists, per person; None: not installed."""

    scored: ScoredLists
    bytes: int
    seconds: float
    score_seconds: float


@dataclass
class Measured:
    """What came out on one set."""

    facts: str
    settings: dict[str, Settings]
    rows: dict[str, Row | None] = field(default_factory=dict)
    cold_start: list[ColdStart] = field(default_factory=list)


def combinations(grid: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def tuned(judge: Judge, peers_python: Path | None) -> dict[str, Settings]:
    """Of each rival the settings that find most likes, with the meaning of a like as `liked`."""
    found: dict[str, tuple[float, Settings]] = {}

    def tell(name: str, lists: Lists, settings: Settings) -> None:
        ndcg10 = judge.ndcg10(lists)
        if ndcg10 > found.get(name, (-1.0, {}))[0]:
            found[name] = ndcg10, settings

    for meaning in LIKED:
        liked = judge.likes(meaning)
        for name, fit in RIVALS.items():
            for one in combinations(GRIDS[name]):
                tell(name, judge.lists(fit(liked, **one)), {**one, "liked": meaning})
        if peers_python is not None:
            tasks = [(name, one) for name in PEERS for one in combinations(GRIDS[name])]
            for (name, one), fitted in zip(tasks, ask_peers(peers_python, liked, tasks), strict=True):
                if fitted is not None:
                    tell(name, judge.lists(fitted), {**one, "liked": meaning})
    train = judge.split.train
    model = our_model(train, RankingSettings())[0]
    for one in combinations(OUR_GRID):
        ranking = train_ranking_model(train, replace(RankingSettings(), **one))
        tell(OURS, suggested(replace(model, ranking=ranking), judge.seen, USUAL), one)
    return {name: settings for name, (_, settings) in found.items()}


def folded_in(model: Model, seen: RatingColumns) -> Doubles:
    """(people, 1 + k): each person's side of the rating model."""
    starts = seen.person_starts()
    movie = seen.movie.astype(np.intp)
    own = [slice(*starts[person : person + 2]) for person in range(len(seen.people))]
    return np.array([believe(model.rating, movie[one], seen.stars[one]).person for one in own])


def our_model(train: RatingColumns, settings: RankingSettings) -> tuple[Model, float, float]:
    """The model, and the seconds it took to fit the ranking and the rating side."""
    started = time.perf_counter()
    ranking = train_ranking_model(train, settings)
    between = time.perf_counter()
    rating, _ = train_rating_model(train, RatingSettings())
    everything = np.ones(len(train.movie_ids), dtype=np.bool_)
    model = Model(train.movie_ids, everything, rating, ranking)
    return model, between - started, time.perf_counter() - between


def measure(name: str, ratings: RatingColumns, settings: dict[str, Settings], peers: Path | None) -> Measured:
    judge = Judge.of(ratings)
    train = judge.split.train
    found = Measured(
        f"{name}: {len(ratings):,} ratings by {len(ratings.people):,} people of {len(ratings.movie_ids):,} "
        f"films; {len(judge.liked_later):,} likes held out of {len(judge.people):,} people",
        settings,
    )

    def add(row: str, make: Callable[[], Lists], size: int, seconds: float) -> None:
        started = time.perf_counter()
        lists = make()
        taken = (time.perf_counter() - started) / len(judge.people)
        found.rows[row] = Row(judge.judge(lists), size, seconds, taken)

    def add_fitted(row: str, fitted: Fitted | None) -> None:
        if fitted is None:
            found.rows[row] = None
        else:
            add(row, lambda: judge.lists(fitted), fitted.bytes, fitted.seconds)

    def liked(row: str) -> tuple[Likes, dict[str, Any]]:
        options = dict(settings[row])
        return judge.likes(options.pop("liked")), options

    started = time.perf_counter()
    popularity = np.bincount(train.movie[train.stars >= LIKED_STARS], minlength=len(train.movie_ids))
    counted = time.perf_counter() - started
    add("popularity of likes", lambda: popular_lists(popularity, judge.seen), 4 * len(popularity), counted)
    add_fitted("Surprise's SVD, by stars", surprise_svd(train, judge.people))
    our_model(train, RankingSettings())  # so that what is timed next is compiled and in memory
    model, ranking_seconds, rating_seconds = our_model(train, RankingSettings())
    add(
        "our SVD, by stars",
        lambda: by_predicted_stars(model, folded_in(model, judge.seen), judge.seen),
        2 * model.rating.factors.size + 4 * len(popularity),
        rating_seconds,
    )
    rivals = {}
    for row, fit in RIVALS.items():
        given, options = liked(row)
        rivals[row] = fit(given, **options)
        add_fitted(row, rivals[row])
    for row in PEERS:
        fitted = None
        if peers is not None and row in settings:
            given, options = liked(row)
            fitted = ask_peers(peers, given, [(row, options)] * 2)[1]  # the first pays for what loads once
        add_fitted(row, fitted)
        if row == "implicit ALS":
            add_fitted("z(EASE) + z(implicit ALS)", fitted and blend(rivals["EASE"], fitted))
    size = 2 * model.ranking.factors.size + 4 * len(model.ranking.likes)
    add(OURS, lambda: suggested(model, judge.seen, USUAL), size, ranking_seconds)
    for row, wish in {
        "ours, adventure 0.5": Wish(adventure=0.5),
        "ours, adventure 1": Wish(adventure=1.0),
        "ours, by predicted stars": Wish(order="predicted"),
    }.items():
        add(row, lambda wish=wish: suggested(model, judge.seen, wish), size, ranking_seconds)  # type: ignore[misc]
    own = train_ranking_model(train, replace(RankingSettings(), **settings[OURS]))
    tuned_model = replace(model, ranking=own)
    add("ours, tuned to the set", lambda: suggested(tuned_model, judge.seen, USUAL), size, ranking_seconds)
    found.cold_start = measure_cold_start(ratings, RankingSettings())
    return found


def tables(measured: Mapping[str, Measured]) -> Iterator[str]:
    """Lines of Markdown."""
    for one in measured.values():
        yield f"- {one.facts}"
    rows = list(dict.fromkeys(row for one in measured.values() for row in one.rows))
    for title, cell in (
        ("nDCG@10, and its difference to ours with the interval", _ndcg),
        ("Recall@10 · Recall@20 · coverage · novelty in bits", _others),
    ):
        yield from ("", f"| {title} | {' | '.join(measured)} |", f"|---|{'---|' * len(measured)}")
        for row in rows:
            cells = (cell(row, one) for one in measured.values())
            yield f"| {row} | {' | '.join(cells)} |"
    costing = [row for row in rows if not row.startswith("ours, ")]
    title = "fit in s · movies' side in MB · lists in ms a person"
    yield from ("", f"| {title} | {' | '.join(costing)} |", f"|---|{'---|' * len(costing)}")
    for name, one in measured.items():
        yield f"| {name} | {' | '.join(_cost(row, one) for row in costing)} |"
    yield from ("", "Settings that were found:")
    for name, one in measured.items():
        told = (
            f"{row} ({', '.join(f'{k} {v}' for k, v in its.items())})" for row, its in one.settings.items()
        )
        yield f"- {name}: {'; '.join(told)}"
    yield from ("", _cold_head(measured), f"|---|{'---|' * len(_numbers(measured))}")
    for name, one in measured.items():
        yield f"| {name} | {' | '.join(_cold_cell(step) for step in one.cold_start)} |"


def _ndcg(row: str, one: Measured) -> str:
    found, ours = one.rows.get(row), one.rows[OURS]
    if found is None or ours is None:
        return NOT_INSTALLED
    drawn = draws({"own": found.scored.ratios["ndcg10"], "ours": ours.scored.ratios["ndcg10"]})
    low, high = interval(drawn["own"])
    shown = f"{drawn['own'][0]:.3f} ±{(high - low) / 2:.3f}"
    if row == OURS:
        return f"**{shown}**"
    over = drawn["own"] - drawn["ours"]
    low, high = interval(over)
    return f"{shown} ({low:+.3f} … {high:+.3f})"


def _others(row: str, one: Measured) -> str:
    found = one.rows.get(row)
    if found is None:
        return NOT_INSTALLED
    metrics = found.scored.metrics()

    def within(name: str, digits: int) -> str:
        low, high = metrics.intervals[name]
        return f"{getattr(metrics, name):.{digits}f} ±{(high - low) / 2:.{digits}f}"

    shown = (within("recall10", 3), within("recall20", 3), f"{metrics.coverage:.1%}", within("novelty", 2))
    return " · ".join(shown)


def _cost(row: str, one: Measured) -> str:
    found = one.rows.get(row)
    if found is None:
        return NOT_INSTALLED
    return f"{found.seconds:.2f} · {found.bytes / 1e6:.2f} · {1000 * found.score_seconds:.2f}"


def _numbers(measured: Mapping[str, Measured]) -> list[int]:
    return [step.ratings for step in next(iter(measured.values())).cold_start]


def _cold_head(measured: Mapping[str, Measured]) -> str:
    steps = " | ".join(f"after {number}" for number in _numbers(measured))
    return f"| new people: nDCG@10 / popularity's (interval of the difference) | {steps} |"


def _cold_cell(step: ColdStart) -> str:
    low, high = step.over_popularity
    return f"{step.ndcg10:.3f} / {step.popularity:.3f} ({low:+.3f} … {high:+.3f})"


def similar_table(folder: Path) -> Iterator[str]:
    """The five movies most like each of `WELL_KNOWN`, by a model of all of ratings_small."""
    read, title_of = real_data.ratings_small(folder), real_data.titles(folder)
    model, _, _ = our_model(read.ratings, RankingSettings())
    names = [title_of.get(movie, movie) for movie in read.movies.tolist()]
    yield from ("", "| film | most similar |", "|---|---|")
    for title in WELL_KNOWN:
        found = similar_movies(model, MovieId(names.index(title)), 5)
        yield f"| {title} | {'; '.join(names[movie] for movie in found)} |"


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    sets = data_sets()
    command.add_argument("--data", nargs="+", choices=list(sets), default=list(sets))
    command.add_argument("--peers-python", type=Path)
    command.add_argument("--tuned", type=Path)
    asked = command.parse_args()
    kept: dict[str, dict[str, Settings]] = {}
    if asked.tuned and asked.tuned.exists():
        kept = json.loads(asked.tuned.read_text("utf-8"))
    measured = {}
    for name in asked.data:
        ratings = sets[name]()
        if name not in kept:
            print(f"{name}: looking for everybody's best settings …", file=sys.stderr, flush=True)
            kept[name] = tuned(Judge.of(split_ratings(ratings).train), asked.peers_python)
            if asked.tuned:
                asked.tuned.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        print(f"{name}: measuring …", file=sys.stderr, flush=True)
        measured[name] = measure(name, ratings, kept[name], asked.peers_python)
    print("\n".join(tables(measured)))
    folder = real_data.data_folder()
    if folder is not None:
        print("\n".join(similar_table(folder)))


if __name__ == "__main__":
    main()
