"""Training both models from one set of ratings."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.ranking_model import RankingSettings, train_ranking_model
from batch_jobs.training.rating_model import RatingSettings, train_rating_model
from batch_jobs.training.svd import FastSVD
from chalicelib.recommending.model import Model


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    rating: RatingSettings = field(default_factory=RatingSettings)
    ranking: RankingSettings = field(default_factory=RankingSettings)


def train_model(
    ratings: RatingColumns, catalogued: Collection[int] | None, settings: TrainingSettings
) -> tuple[Model, FastSVD]:
    """Train on all of `ratings`; only movies in `catalogued` are ever suggested (None: all of them)."""
    rating, svd = train_rating_model(ratings, settings.rating)
    suggestible = (
        np.ones(len(ratings.movie_ids), dtype=np.bool_)
        if catalogued is None
        else np.isin(ratings.movie_ids, np.fromiter(catalogued, dtype=np.int64, count=len(catalogued)))
    )
    ranking = train_ranking_model(ratings, settings.ranking)
    return Model(ratings.movie_ids, suggestible, rating, ranking), svd
