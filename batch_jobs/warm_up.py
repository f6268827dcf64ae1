"""Compile all that a run needs ahead of it: `python -m batch_jobs.warm_up`.

A rehearsal with a few made-up ratings, at the real numbers of factors, which is what is compiled for. The
container image does this when it is built, so that no run of it pays for compilation.
"""

import numpy as np
import pandas as pd

from batch_jobs.evaluation import evaluate
from batch_jobs.scoring import best_for_everyone
from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.model import TrainingSettings, train_model

PEOPLE, MOVIES = 80, 100


def rehearse() -> None:
    """Train both models on next to nothing, score everyone once, and measure what came of it."""
    rng = np.random.default_rng(0)
    person, movie = np.nonzero(rng.random((PEOPLE, MOVIES)) < 0.5)
    ratings = RatingColumns.from_frame(
        pd.DataFrame(
            {
                "user_id": person.astype(str),
                "movie_id": movie + 1,
                "stars": rng.integers(1, 11, len(person)) / 2,
                "rated_at": np.arange(len(person)),
            }
        )
    )
    settings = TrainingSettings()
    model, _ = train_model(ratings, None, settings)
    for _ in best_for_everyone(model, ratings, {}, count=10):
        pass
    evaluate(ratings, settings)


if __name__ == "__main__":
    rehearse()
