"""This project's models, and plain popularity."""

from collections.abc import Callable
from typing import Any

import numpy as np

from batch_jobs.ratings_file import read_ratings_file
from batch_jobs.scoring import best_for_everyone
from batch_jobs.training.kernel import warm_up
from batch_jobs.training.model import TrainingSettings, train_model
from batch_jobs.training.rating_model import RatingSettings
from batch_jobs.training.svd import FastSVD
from batch_jobs.training.trainset import ColumnarTrainset
from chalicelib.recommending.liking import LIKED_STARS
from tests.benchmarks.entrants.task import COUNT, Task, run

PACKAGE = "movie-recommender"
THREADS = 2


def _rate(task: Task, svd: FastSVD) -> None:
    warm_up(svd.n_factors)
    with task.timed("load"):
        trainset = ColumnarTrainset.from_parquet(task.train_file)
    with task.timed("fit"):
        svd.fit(trainset)
    with task.timed("predict"):
        task.answer(svd.estimated_stars(*task.asked()))


def with_surprises_defaults(threads: int) -> Callable[[Task], None]:
    def svd(task: Task) -> None:
        options: dict[str, Any] = {"n_factors": 100, "n_epochs": 20, "lr_all": 0.005, "reg_all": 0.02}
        _rate(task, FastSVD(**task.settings(PACKAGE, **options, threads=threads), random_state=1))

    return svd


def tuned_svd(task: Task) -> None:
    svd = RatingSettings().svd(task.ratings)
    names = ("n_factors", "n_epochs", "lr_pu", "lr_decay", "reg_pu", "reg_bu", "init_std_dev")
    task.settings(PACKAGE, **{name: getattr(svd, name) for name in names})
    _rate(task, svd)


def both_models(task: Task) -> None:
    settings = TrainingSettings()
    task.settings(PACKAGE, trained="both models, with their defaults")
    warm_up(settings.rating.factors)
    with task.timed("load"):
        read = read_ratings_file(task.train_file)
    with task.timed("fit"):
        model, _ = train_model(read.ratings, None, settings)
    people = read.ratings.people.astype(np.int64)  # which are in the order of the ids, as the sample is
    chosen = read.ratings.of_people(np.flatnonzero(np.isin(people, task.sample)))
    next(best_for_everyone(model, chosen, {}, COUNT, 1))  # so that loading compiled code is not counted
    with task.timed("score"):
        best = np.concatenate([some.movies for some in best_for_everyone(model, chosen, {}, COUNT, THREADS)])
    task.suggest(np.where(best >= 0, read.movies.astype(np.int64)[best], -1))


def popularity(task: Task) -> None:
    task.settings("numpy")
    with task.timed("load"):
        train = task.train()
    with task.timed("fit"):
        likes = np.bincount(train["movie_id"][train["stars"] >= LIKED_STARS], minlength=task.movies)
    with task.timed("score"):
        task.suggest(task.best_unseen(lambda _: likes))


if __name__ == "__main__":
    run(
        {
            "svd-1": with_surprises_defaults(1),
            "svd-2": with_surprises_defaults(2),
            "svd-tuned": tuned_svd,
            "ranking": both_models,
            "popularity": popularity,
        }
    )
