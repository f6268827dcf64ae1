"""Training the rating model: Surprise's SVD, or any estimator with its attributes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from surprise import SVD, Dataset, Reader, Trainset

from batch_jobs.training.columns import RatingColumns
from chalicelib.recommending.model import RatingModel


@dataclass(frozen=True, slots=True)
class RatingSettings:
    """SVD's hyperparameters, and the ridges that hold a folded-in person to the average one."""

    factors: int = 64
    epochs: int = 40
    learning_rate: float = 0.01
    factor_regularisation: float = 0.08
    bias_regularisation: float = 0.01
    init_std: float = 0.03
    seed: int = 20
    bias_ridge: float = 5.0
    factor_ridge: float = 8.0


def surprise_trainset(ratings: RatingColumns) -> Trainset:
    """Surprise's own trainset, with the positions in `people` and `movie_ids` as raw ids."""
    frame = pd.DataFrame({"person": ratings.person, "movie": ratings.movie, "stars": ratings.stars})
    scale = (float(ratings.stars.min()), float(ratings.stars.max()))
    return Dataset.load_from_df(frame, Reader(rating_scale=scale)).build_full_trainset()


def train_rating_model(ratings: RatingColumns, settings: RatingSettings) -> tuple[RatingModel, SVD]:
    """Fit SVD and take its movies' side; a movie without ratings here gets no bias and no factors."""
    svd = SVD(
        n_factors=settings.factors,
        n_epochs=settings.epochs,
        lr_all=settings.learning_rate,
        reg_all=settings.factor_regularisation,
        reg_bi=settings.bias_regularisation,
        reg_bu=settings.bias_regularisation,
        init_std_dev=settings.init_std,
        random_state=settings.seed,
    )
    trainset = surprise_trainset(ratings)
    svd.fit(trainset)
    rated = np.fromiter(
        (trainset.to_raw_iid(inner) for inner in range(trainset.n_items)),
        dtype=np.intp,
        count=trainset.n_items,
    )
    biases = np.zeros(len(ratings.movie_ids), dtype=np.float32)
    factors = np.zeros((len(ratings.movie_ids), settings.factors), dtype=np.float32)
    biases[rated] = svd.bi
    factors[rated] = svd.qi
    model = RatingModel(
        mean=float(trainset.global_mean),
        biases=biases,
        factors=factors,
        bias_ridge=settings.bias_ridge,
        factor_ridge=settings.factor_ridge,
    )
    return model, svd
