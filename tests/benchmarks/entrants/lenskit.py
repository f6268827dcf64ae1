"""LensKit: its pipelines and batch runner; ALS with the factors of ours and else its defaults."""

from typing import Any

import numpy as np
import pandas as pd
from lenskit.als import BiasedMFScorer, ImplicitMFScorer
from lenskit.batch import predict, recommend
from lenskit.data import from_interactions_df
from lenskit.knn import ItemKNNScorer
from lenskit.pipeline import topn_pipeline

from tests.benchmarks.entrants.task import COUNT, Task, run

LIKED_STARS = 4
ALS_OPTIONS: dict[str, Any] = {
    "embedding_size": 64,
    "epochs": 10,
    "regularization": 0.1,
    "user_embeddings": "prefer",
}


def _frame(task: Task) -> pd.DataFrame:
    return pd.DataFrame(task.train()).rename(columns={"movie_id": "item_id", "stars": "rating"})


def biased_mf(task: Task) -> None:
    pipeline = topn_pipeline(
        BiasedMFScorer(**task.settings("lenskit", **ALS_OPTIONS)), predicts_ratings=True, n=COUNT
    )
    with task.timed("load"):
        train = from_interactions_df(_frame(task))
    with task.timed("fit"):
        pipeline.train(train)
    with task.timed("predict"):
        people, movies = task.asked()
        asked = pd.DataFrame({"user_id": people, "item_id": movies})
        predicted = predict(pipeline, asked, n_jobs=1).to_df()[["user_id", "item_id", "score"]]
        task.answer(asked.merge(predicted, how="left", on=["user_id", "item_id"])["score"])


def ranking(scorer: Any, **options: Any) -> Any:
    def rank(task: Task) -> None:
        pipeline = topn_pipeline(scorer(**task.settings("lenskit", **options)), n=COUNT)
        with task.timed("load"):
            frame = _frame(task)
            train = from_interactions_df(frame[frame["rating"] >= LIKED_STARS].drop(columns="rating"))
        with task.timed("fit"):
            pipeline.train(train)
        count = min(COUNT + task.most_seen(), task.movies)  # some of what was seen was not liked
        with task.timed("score"):
            lists = np.full((len(task.sample), count), -1)
            place = {person: at for at, person in enumerate(task.sample.tolist())}
            for key, movies in recommend(pipeline, task.sample.tolist(), count, n_jobs=1).items():
                lists[place[key.user_id], : len(movies)] = movies.ids()
            task.suggest(task.without_seen(lists))

    return rank


if __name__ == "__main__":
    run(
        {
            "biased-mf": biased_mf,
            "implicit-mf": ranking(ImplicitMFScorer, **ALS_OPTIONS, weight=40),
            "item-knn": ranking(ItemKNNScorer, max_nbrs=20, feedback="implicit"),
        }
    )
