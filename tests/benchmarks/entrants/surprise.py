"""scikit-surprise, by its own reading, fitting and `predict`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from surprise import SVD, AlgoBase, Dataset, KNNBaseline, Reader, Trainset

from tests.benchmarks.entrants.task import Task, run

PACKAGE = "scikit-surprise"
SVD_OPTIONS: dict[str, Any] = {"n_factors": 100, "n_epochs": 20, "lr_all": 0.005, "reg_all": 0.02}
KNN_OPTIONS: dict[str, Any] = {"k": 40, "sim_options": {"name": "pearson_baseline", "user_based": False}}


def _trainset(task: Task) -> Trainset:
    frame = pd.read_parquet(task.train_file, columns=["user_id", "movie_id", "stars"])
    scale = frame["stars"].min(), frame["stars"].max()
    return Dataset.load_from_df(frame, Reader(rating_scale=scale)).build_full_trainset()


def rating(make: Callable[..., AlgoBase], options: dict[str, Any]) -> Callable[[Task], None]:
    def rate(task: Task) -> None:
        algorithm = make(**task.settings(PACKAGE, **options), random_state=1, verbose=False)
        with task.timed("load"):
            trainset = _trainset(task)
        with task.timed("fit"):
            algorithm.fit(trainset)
        with task.timed("predict"):
            pairs = zip(*(ids.tolist() for ids in task.asked()), strict=True)
            task.answer([algorithm.predict(person, movie).est for person, movie in pairs])

    return rate


def svd_by_rating(task: Task) -> None:
    """Ranks by the predicted stars, its factors multiplied with numpy: `predict` would take hours."""
    svd = SVD(**task.settings(PACKAGE, **SVD_OPTIONS), random_state=1)
    with task.timed("load"):
        trainset = _trainset(task)
    with task.timed("fit"):
        svd.fit(trainset)
    movies = np.array([trainset.to_raw_iid(movie) for movie in range(trainset.n_items)])

    def stars(person: int) -> np.ndarray[Any, Any]:
        scores = np.full(task.movies, -np.inf)
        scores[movies] = svd.bi + svd.qi @ svd.pu[trainset.to_inner_uid(person)]
        return scores

    with task.timed("score"):
        task.suggest(task.best_unseen(stars))


if __name__ == "__main__":
    run(
        {
            "svd": rating(SVD, SVD_OPTIONS),
            "knn": rating(KNNBaseline, KNN_OPTIONS),
            "by-rating": svd_by_rating,
        }
    )
