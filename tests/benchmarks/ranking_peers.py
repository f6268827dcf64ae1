"""Other libraries' rankings, run by the Python of an environment that has them (see `ranking.py`).

    PYTHON ranking_peers.py FOLDER

Reads `FOLDER/likes.npz` (`person` and `movie`, an entry per like; `people` and `movies`, how many there are;
`asked`, the people to score for) and `FOLDER/tasks.json`, a list of [library and model, settings]. Writes for
each, as `FOLDER/PLACE.npz`, `scores` (asked, movies), or `persons` (asked, f) and `factors` (movies, f) whose
products they are; and `seconds` of the fit and `bytes` of the movies' side. A library that is not installed
leaves no file.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

Likes = dict[str, Any]
Found = dict[str, Any]


def implicit_als(likes: Likes, settings: dict[str, Any]) -> Found:
    from implicit.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    entries = np.ones(len(likes["person"]), dtype=np.float32)
    matrix = csr_matrix(
        (entries, (likes["person"], likes["movie"])), shape=(int(likes["people"]), int(likes["movies"]))
    )
    with threadpool_limits(1, "blas"):  # as implicit itself asks for
        model = AlternatingLeastSquares(**settings, random_state=1)
        started = time.perf_counter()
        model.fit(matrix, show_progress=False)
    return {
        "seconds": time.perf_counter() - started,
        "persons": model.user_factors[likes["asked"]],
        "factors": model.item_factors,
        "bytes": 2 * model.item_factors.size,
    }


def _dataset(likes: Likes) -> Any:
    import pandas as pd
    from lenskit.data import from_interactions_df

    return from_interactions_df(pd.DataFrame({"user_id": likes["person"], "item_id": likes["movie"]}))


def lenskit_als(likes: Likes, settings: dict[str, Any]) -> Found:
    from lenskit.als import ImplicitMFScorer

    train = _dataset(likes)
    scorer = ImplicitMFScorer(**settings, user_embeddings="prefer")
    started = time.perf_counter()
    scorer.train(train)
    seconds = time.perf_counter() - started
    persons = np.zeros((int(likes["people"]), scorer.item_embeddings.shape[1]), dtype=np.float32)
    factors = np.zeros((int(likes["movies"]), persons.shape[1]), dtype=np.float32)
    persons[scorer.users.ids()] = scorer.user_embeddings
    factors[scorer.items.ids()] = scorer.item_embeddings
    return {
        "seconds": seconds,
        "persons": persons[likes["asked"]],
        "factors": factors,
        "bytes": 2 * scorer.item_embeddings.size,
    }


def lenskit_knn(likes: Likes, settings: dict[str, Any]) -> Found:
    from lenskit.data import ItemList, RecQuery
    from lenskit.knn import ItemKNNScorer

    train = _dataset(likes)
    scorer = ItemKNNScorer(**settings, feedback="implicit")
    started = time.perf_counter()
    scorer.train(train)
    seconds = time.perf_counter() - started
    everything = ItemList(item_ids=np.arange(int(likes["movies"])))
    order = np.argsort(likes["person"], kind="stable")
    movie = likes["movie"][order]
    starts = np.searchsorted(likes["person"][order], np.arange(int(likes["people"]) + 1))
    scores = np.zeros((len(likes["asked"]), int(likes["movies"])), dtype=np.float32)
    for row, person in enumerate(likes["asked"].tolist()):
        own = movie[starts[person] : starts[person + 1]]
        if len(own):
            found = scorer(RecQuery(user_items=ItemList(item_ids=own)), everything)
            scores[row] = np.nan_to_num(found.scores())
    return {"seconds": seconds, "scores": scores, "bytes": 6 * int(scorer.item_counts.sum())}


MODELS: dict[str, Callable[[Likes, dict[str, Any]], Found]] = {
    "implicit ALS": implicit_als,
    "LensKit ImplicitMF": lenskit_als,
    "LensKit ItemKNN": lenskit_knn,
}


def main() -> None:
    folder = Path(sys.argv[1])
    with np.load(folder / "likes.npz") as stored:
        likes = dict(stored)
    for place, (model, settings) in enumerate(json.loads((folder / "tasks.json").read_text("utf-8"))):
        try:
            np.savez(folder / f"{place}.npz", **MODELS[model](likes, settings))
        except ModuleNotFoundError as error:
            print(f"{model}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
