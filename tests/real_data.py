"""The real ratings of the folder that MOVIE_DATA_DIR names, which are never part of the repository."""

import csv
import os
from pathlib import Path

import numpy as np

from batch_jobs.ratings_file import FileRatings, read_ratings_file
from batch_jobs.training.columns import RatingColumns

VARIABLE = "MOVIE_DATA_DIR"


def data_folder() -> Path | None:
    """None where the variable is not set."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


def movielens_100k(folder: Path) -> RatingColumns:
    rows = np.loadtxt(folder / "ml-100k" / "u.data", dtype=np.int64)
    (people, person), (movies, movie) = (np.unique(rows[:, n], return_inverse=True) for n in (0, 1))
    return RatingColumns.from_codes(
        people.astype(np.str_),
        movies.astype(np.int32),
        person.astype(np.int32),
        movie.astype(np.int32),
        rows[:, 2].astype(np.float32),
        rows[:, 3],
    )


def ratings_small(folder: Path) -> FileRatings:
    return read_ratings_file(folder / "the-movies-dataset" / "ratings_small.csv")


def ml_latest_small(folder: Path) -> FileRatings:
    return read_ratings_file(folder / "ml-latest-small" / "ratings.csv")


def titles(folder: Path) -> dict[str, str]:
    """Titles with their years by MovieLens id, as the ratings files name movies."""
    found = {}
    for file in (folder / "ml-20m_movies.csv", folder / "ml-latest-small" / "movies.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            found.update({row["movieId"]: row["title"] for row in csv.DictReader(stream)})
    return found
