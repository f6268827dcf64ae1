"""cornac: MF with the hyperparameters of Surprise's SVD; BPR on likes."""

import numpy as np
from cornac.data import Dataset
from cornac.models import BPR, MF

from tests.benchmarks.entrants.task import COUNT, Task, run

LIKED_STARS = 4


def mf(task: Task) -> None:
    options = task.settings("cornac", k=100, max_iter=20, learning_rate=0.005, lambda_reg=0.02, num_threads=2)
    with task.timed("load"):
        columns = (column.tolist() for column in task.train().values())
        train = Dataset.from_uir(zip(*columns, strict=True))
    with task.timed("fit"):
        model = MF(**options).fit(train)
    with task.timed("predict"):
        people, movies = (ids.tolist() for ids in task.asked())
        known = zip(
            (train.uid_map.get(person, -1) for person in people),
            (train.iid_map.get(movie, -1) for movie in movies),
            strict=True,
        )
        task.answer([model.score(*pair) if min(pair) >= 0 else np.nan for pair in known])


def bpr(task: Task) -> None:
    options = task.settings("cornac", k=64, max_iter=200, learning_rate=0.01, lambda_reg=0.001, num_threads=2)
    with task.timed("load"):
        columns = task.train()
        liked = columns["stars"] >= LIKED_STARS
        train = Dataset.from_uir(zip(*(column[liked].tolist() for column in columns.values()), strict=True))
    with task.timed("fit"):
        model = BPR(**options).fit(train)
    count = min(COUNT + task.most_seen(), train.num_items)
    with task.timed("score"):
        lists = np.full((len(task.sample), count), -1)
        for place, person in enumerate(task.sample.tolist()):
            if person in train.uid_map:
                lists[place] = model.recommend(person, k=count)
        task.suggest(task.without_seen(lists))


if __name__ == "__main__":
    run({"mf": mf, "bpr": bpr})
