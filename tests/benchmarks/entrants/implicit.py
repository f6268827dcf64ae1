"""implicit, on likes of four stars and more, with the options of its tutorial and else its defaults."""

from collections.abc import Callable
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import CosineRecommender
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from tests.benchmarks.entrants.task import COUNT, Task, run

LIKED_STARS = 4


def ranking(make: Callable[..., Any], **options: Any) -> Callable[[Task], None]:
    def rank(task: Task) -> None:
        model = make(**task.settings("implicit", **options))
        with task.timed("load"):
            train = task.train()
            liked = train["stars"] >= LIKED_STARS
            likes = csr_matrix(
                (
                    np.ones(np.count_nonzero(liked), dtype=np.float32),
                    (train["user_id"][liked], train["movie_id"][liked]),
                ),
                shape=(task.people, task.movies),
            )
        count = min(COUNT + task.most_seen(), task.movies)  # some of what was seen was not liked
        with threadpool_limits(1, "blas"):  # as implicit itself asks for
            with task.timed("fit"):
                model.fit(likes, show_progress=False)
            with task.timed("score"):
                lists, scores = model.recommend(task.sample, likes[task.sample], N=count)
                # Where there are no more, it fills up with what it left out, and the lowest of scores.
                lists = np.where(scores > np.finfo(np.float32).min, lists, -1)
                task.suggest(task.without_seen(lists))

    return rank


if __name__ == "__main__":
    seed: dict[str, Any] = {"random_state": 1}
    run(
        {
            "als": ranking(
                AlternatingLeastSquares, factors=64, regularization=0.05, alpha=2.0, iterations=15, **seed
            ),
            "als-tuned": ranking(
                AlternatingLeastSquares, factors=64, regularization=20.0, alpha=3.0, iterations=15, **seed
            ),
            "bpr": ranking(
                BayesianPersonalizedRanking,
                factors=64,
                learning_rate=0.01,
                regularization=0.01,
                iterations=100,
                **seed,
            ),
            "cosine": ranking(CosineRecommender, K=20),
        }
    )
