"""Training the rating model: SVD over the columns of ratings."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from batch_jobs.training.columns import RatingColumns
from batch_jobs.training.scatter import learn_scatter
from batch_jobs.training.svd import FastSVD
from batch_jobs.training.trainset import ColumnarTrainset
from chalicelib.recommending.model import RatingModel, as_stored

# Measured on sets of these sizes; between them the logarithm of the size decides.
_SIZES = (100_000, 1_000_000, 5_000_000, 19_000_000)
_FACTOR_REGULARISATION = (0.08, 0.06, 0.03, 0.02)
_EPOCHS = (40, 36, 30, 26)
_LEARNING_RATE_DECAY = (0.97, 0.965, 0.95, 0.94)

_LEAST_VARIANCE = 1e-4
"""Of a person's bias or factor over people: with few people some directions would have none."""


@dataclass(frozen=True, slots=True)
class RatingSettings:
    """SVD's hyperparameters, and how people are folded in.

    `prior_weight` weighs how people vary against one rating; `memory` is after how many newer ratings one
    counts e times less.

    What is None goes by the number of ratings.
    """

    factors: int = 64
    epochs: int | None = None
    learning_rate: float = 0.02
    bias_learning_rate: float = 0.005
    learning_rate_decay: float | None = None
    factor_regularisation: float | None = None
    bias_regularisation: float = 0.01
    init_std: float = 0.02
    seed: int = 20
    prior_weight: float = 0.5
    memory: float = 60.0

    def for_size(self, ratings: int) -> Self:
        """The same with nothing left open: what suits this many ratings."""
        epochs, decay, regularisation = self._by_size(ratings)
        return replace(self, epochs=epochs, learning_rate_decay=decay, factor_regularisation=regularisation)

    def _by_size(self, ratings: int) -> tuple[int, float, float]:
        def or_measured(given: float | None, measured: tuple[float, ...]) -> float:
            if given is not None:
                return given
            return round(float(np.interp(np.log(ratings), np.log(_SIZES), measured)), 4)

        return (
            round(or_measured(self.epochs, _EPOCHS)),
            or_measured(self.learning_rate_decay, _LEARNING_RATE_DECAY),
            or_measured(self.factor_regularisation, _FACTOR_REGULARISATION),
        )

    def svd(self, ratings: int) -> FastSVD:
        """The estimator for this many ratings, not yet fitted."""
        epochs, decay, regularisation = self._by_size(ratings)
        return FastSVD(
            n_factors=self.factors,
            n_epochs=epochs,
            lr_all=self.learning_rate,
            lr_bi=self.bias_learning_rate,
            lr_bu=self.bias_learning_rate,
            lr_decay=decay,
            reg_all=regularisation,
            reg_bi=self.bias_regularisation,
            reg_bu=self.bias_regularisation,
            init_std_dev=self.init_std,
            random_state=self.seed,
        )


def train_rating_model(ratings: RatingColumns, settings: RatingSettings) -> tuple[RatingModel, FastSVD]:
    """Fit SVD and take its movies' side; a movie without ratings here gets no bias and no factors.

    How sure its predictions are is learnt from a twin that is trained in the same way.
    """
    model, svd = _fitted(ratings, settings, settings.svd(len(ratings)))

    def twin(seen: RatingColumns) -> RatingModel:
        return _fitted(seen, settings, RatingSettings.svd(settings, len(seen)))[0]  # which nobody watches

    return replace(model, scatter=learn_scatter(ratings, twin, settings.seed)), svd


def _fitted(ratings: RatingColumns, settings: RatingSettings, svd: FastSVD) -> tuple[RatingModel, FastSVD]:
    trainset = ColumnarTrainset.from_columns(ratings)
    svd.fit(trainset)
    biases = np.zeros(len(ratings.movie_ids), dtype=np.float32)
    factors = np.zeros((len(ratings.movie_ids), settings.factors), dtype=np.float32)
    biases[trainset.item_ids] = svd.bi
    factors[trainset.item_ids] = svd.qi
    people = np.column_stack((svd.bu, svd.pu))
    average_person = people.mean(axis=0, dtype=np.float64)
    people -= average_person
    variation = (people.T @ people).astype(np.float64) / len(people)
    variation[np.diag_indices_from(variation)] += _LEAST_VARIANCE
    counts = np.bincount(ratings.movie, minlength=len(ratings.movie_ids))
    model = RatingModel(
        mean=trainset.global_mean,
        biases=biases,
        factors=as_stored(factors),
        average_person=average_person.astype(np.float32),
        precision=(settings.prior_weight * np.linalg.inv(variation)).astype(np.float32),
        memory=settings.memory,
        doubt=(ratings.stars.std(dtype=np.float64) / np.sqrt(1 + counts)).astype(np.float32),
    )
    return model, svd
