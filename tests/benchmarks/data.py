"""What everyone in the benchmark is given: one data set a size, split once, in Parquet files.

Under `FOLDER/SIZE/stars`, a tenth of the ratings is held out at random; under `FOLDER/SIZE/ranks`,
everybody's newest fifth. Either holds what an entrant may see: `train.parquet` (user_id, movie_id, stars,
rated_at), `asked.parquet` (the pairs whose stars are to be predicted) or `people.npy` (whom to rank for)
and `seen.npy` (what they had rated), and `about.json`. What only the judge may see is beside them, in
`FOLDER/SIZE/stars.npz` and `ranks.npz`.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from batch_jobs.training.columns import RatingColumns
from chalicelib.recommending.liking import LIKED_STARS
from tests.benchmarks.judging import Ranks, Stars
from tests.benchmarks.synthetic import chosen_ratings

MOST_PAIRS = 200_000
MOST_PEOPLE = 2_000


def _movielens_100k() -> tuple[str, RatingColumns]:
    """The real set where MOVIE_DATA_DIR holds it, else one of its shape."""
    file = Path(os.environ.get("MOVIE_DATA_DIR", ".")) / "ml-100k" / "u.data"
    if not file.exists():
        return "100K ratings, made up in the shape of MovieLens 100K", chosen_ratings(943, 1_682, 100_000)
    rows = np.loadtxt(file, dtype=np.int64)
    (people, person), (movies, movie) = (np.unique(rows[:, n], return_inverse=True) for n in (0, 1))
    return "MovieLens 100K", RatingColumns.from_codes(
        people.astype(np.str_),
        movies.astype(np.int32),
        person.astype(np.int32),
        movie.astype(np.int32),
        rows[:, 2].astype(np.float32),
        rows[:, 3],
    )


SIZES: Mapping[str, Callable[[], tuple[str, RatingColumns]]] = {
    "sample": lambda: ("20K ratings, made up to try things with", chosen_ratings(400, 500, 20_000)),
    "ml-100k": _movielens_100k,
    "1m": lambda: ("1M ratings, made up", chosen_ratings(10_000, 5_000, 1_000_000)),
    "26m": lambda: ("26M ratings, made up", chosen_ratings(270_000, 45_000, 26_400_000)),
}
"""What each size is called, and its ratings."""


def facts(made: Path) -> dict[str, Any]:
    """How much there is to learn from (`stars`, `ranks`) and to answer (`pairs`, `sample`)."""
    about = {kind: json.loads((made / kind / "about.json").read_text("utf-8")) for kind in ("stars", "ranks")}
    return {
        **about["stars"],
        "stars_ratings": about["stars"]["learnt"],
        "ranks_ratings": about["ranks"]["learnt"],
        "pairs": pq.read_metadata(made / "stars" / "asked.parquet").num_rows,
        "sample": len(np.load(made / "ranks" / "people.npy")),
    }


def prepare(size: str, folder: Path) -> Path:
    """The folder of this size, made unless it is there."""
    made = folder / size
    if not made.exists():
        half_made = made.with_suffix(".partly")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(parents=True)
        _write(*SIZES[size](), half_made)
        half_made.rename(made)
    return made


def _write(title: str, ratings: RatingColumns, folder: Path) -> None:
    rng = np.random.default_rng(5)
    about = {
        "title": title,
        "people": len(ratings.people),
        "movies": len(ratings.movie_ids),
        "ratings": len(ratings),
    }

    held = rng.random(len(ratings)) < 0.1
    _write_train(ratings.where(~held), folder / "stars", about)
    places = np.sort(rng.permutation(np.flatnonzero(held))[:MOST_PAIRS])
    asked = pa.table({"user_id": ratings.person[places], "movie_id": ratings.movie[places]})
    pq.write_table(asked, folder / "stars" / "asked.parquet")
    mean = float(ratings.stars[~held].mean(dtype=np.float64))
    scale = float(ratings.stars.min()), float(ratings.stars.max())
    Stars(ratings.stars[places], mean, scale).save(folder / "stars.npz")

    held = ratings.held_out_newest()
    train, held_out = ratings.where(~held), ratings.where(held)
    _write_train(train, folder / "ranks", about)
    likes = held_out.where(held_out.stars >= LIKED_STARS)
    likers = np.flatnonzero(np.diff(likes.person_starts()))
    people = np.sort(rng.permutation(likers)[:MOST_PEOPLE])
    np.save(folder / "ranks" / "people.npy", people.astype(np.int32))
    popularity = np.bincount(train.movie, minlength=len(train.movie_ids))
    raters = int(np.count_nonzero(np.diff(train.person_starts())))
    seen = train.of_people(people)
    pairs = np.sort(seen.person.astype(np.int64) * len(popularity) + seen.movie)
    np.save(folder / "ranks" / "seen.npy", pairs)
    Ranks(likes.of_people(people), seen, popularity, raters).save(folder / "ranks.npz")


def _write_train(ratings: RatingColumns, folder: Path, about: Mapping[str, object]) -> None:
    folder.mkdir()
    columns: dict[str, NDArray[np.generic]] = {
        "user_id": ratings.person,
        "movie_id": ratings.movie,
        "stars": ratings.stars,
        "rated_at": ratings.rated_at,
    }
    pq.write_table(pa.table(columns), folder / "train.parquet")
    (folder / "about.json").write_text(json.dumps({**about, "learnt": len(ratings)}), encoding="utf-8")
