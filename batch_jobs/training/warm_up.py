"""Compile all kernels of a training run ahead of it: `python -m batch_jobs.training.warm_up`."""

from batch_jobs.training.kernel import warm_up
from batch_jobs.training.rating_model import RatingSettings

if __name__ == "__main__":
    warm_up(RatingSettings().factors)
