"""The benchmark judges all by the same ratings, which none of them was shown."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from batch_jobs.training.columns import RatingColumns
from tests.benchmarks.contestants import BASE_OF_RANKS, BASE_OF_STARS, CONTESTANTS
from tests.benchmarks.data import facts, prepare
from tests.benchmarks.entrants.task import COUNT, Task
from tests.benchmarks.judging import Ranks, Stars
from tests.benchmarks.report import render
from tests.benchmarks.running import run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare("sample", tmp_path_factory.mktemp("bench"))


@pytest.fixture
def task(data: Path, tmp_path: Path) -> Task:
    return Task(data / "ranks", tmp_path)


def who_rated_what(pairs: list[tuple[int, int]], people: int, movies: int) -> RatingColumns:
    person, movie = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    nothing = np.zeros(len(pairs))
    return RatingColumns(
        np.arange(people).astype(np.str_),
        np.arange(movies, dtype=np.int32),
        person,
        movie,
        nothing.astype(np.float32),
        nothing.astype(np.int64),
    )


def two_people() -> Ranks:
    """The first had rated movie 0 and came to like 3 and 1, the second rated 1 and came to like 2."""
    return Ranks(
        likes=who_rated_what([(0, 1), (0, 3), (1, 2)], people=2, movies=4),
        seen=who_rated_what([(0, 0), (1, 1)], people=2, movies=4),
        popularity=np.array([1, 1, 0, 0]),
        raters=2,
    )


def test_stars_are_judged_by_their_errors_within_the_scale() -> None:
    stars = Stars(np.array([5, 1, 3], np.float32), mean=3.5, scale=(1.0, 5.0))
    judged = stars.judge(np.array([7, 2, 3.5]))
    assert judged["rmse"] == pytest.approx(((0**2 + 1**2 + 0.5**2) / 3) ** 0.5)
    assert judged["mae"] == pytest.approx(1.5 / 3)


def test_who_predicts_nothing_has_predicted_the_mean() -> None:
    stars = Stars(np.array([5, 1], np.float32), mean=3.5, scale=(1.0, 5.0))
    assert stars.judge(np.array([np.nan, np.nan])) == stars.judge(np.array([3.5, 3.5]))


def test_a_prediction_is_needed_for_each_pair() -> None:
    with pytest.raises(ValueError, match="2 predictions were asked for and 1 came"):
        Stars(np.array([5, 1], np.float32), 3.5, (1.0, 5.0)).judge(np.array([4.0]))


def test_naming_all_likes_first_is_perfect() -> None:
    judged = two_people().judge(np.array([[1, 3, 2], [2, 0, -1]]))
    assert judged["ndcg10"] == pytest.approx(1)
    assert judged["recall20"] == pytest.approx(1)


def test_a_like_further_down_is_discounted() -> None:
    judged = two_people().judge(np.array([[2, 1, 3], [0, 2, -1]]))
    best = 1 + 1 / np.log2(3)
    first, second = (1 / np.log2(3) + 1 / np.log2(4)) / best, 1 / np.log2(3)
    assert judged["ndcg10"] == pytest.approx((first + second) / 2)


@pytest.mark.parametrize(
    ("lists", "complaint"),
    [
        ([[0, 1], [2, 3]], "that its person had rated"),
        ([[1, 1], [2, 3]], "twice"),
        ([[1, 4], [2, 3]], "that there is not"),
        ([[1, 2]], "2 lists were asked for and 1 came"),
    ],
)
def test_lists_against_the_rules_are_disqualified(lists: list[list[int]], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        two_people().judge(np.array(lists))


def test_the_judge_reads_what_was_saved(tmp_path: Path) -> None:
    two_people().save(tmp_path / "ranks.npz")
    lists = np.array([[2, 1, 3], [0, 2, -1]])
    assert Ranks.load(tmp_path / "ranks.npz").judge(lists) == two_people().judge(lists)


def test_what_is_asked_for_is_not_among_what_is_shown(data: Path) -> None:
    train, asked = (pq.read_table(data / "stars" / f"{name}.parquet") for name in ("train", "asked"))
    assert asked.column_names == ["user_id", "movie_id"]
    shown, wanted = (
        set(zip(table["user_id"].to_pylist(), table["movie_id"].to_pylist(), strict=True))
        for table in (train, asked)
    )
    assert len(wanted) == asked.num_rows > 0
    assert not shown & wanted


def test_what_is_to_be_liked_is_not_among_what_is_shown(data: Path, task: Task) -> None:
    likes = Ranks.load(data / "ranks.npz").likes
    assert len(likes)
    assert not np.isin(likes.person.astype(np.int64) * task.movies + likes.movie, task.seen).any()


def test_the_best_unseen_are_the_highest_scored_that_were_not_rated(task: Task) -> None:
    scores = np.random.default_rng(1).random((task.people, task.movies)).astype(np.float32)
    best = task.best_unseen(lambda person: scores[person])
    ranked = np.argsort(-scores[task.sample], axis=1)
    assert np.array_equal(best, task.without_seen(ranked))
    for place, person in enumerate(task.sample[:20].tolist()):
        rated = set(task.seen[task.seen // task.movies == place] % task.movies)
        unseen = [movie for movie in np.argsort(-scores[person]).tolist() if movie not in rated]
        assert best[place].tolist() == unseen[:COUNT]


def test_a_contestant_is_run_and_judged(data: Path) -> None:
    contestant = next(one for one in CONTESTANTS if one.key == BASE_OF_RANKS)
    result = run(contestant, Path(sys.executable), data, minutes=5, gigabytes=5)
    assert "failed" not in result
    assert 0 < result["ndcg10"] < 1
    assert result["seconds"].keys() == {"load", "fit", "score"}
    assert result["peak_mb"] > 0


def test_a_contestant_that_takes_too_much_memory_is_ended(data: Path) -> None:
    contestant = next(one for one in CONTESTANTS if one.key == BASE_OF_RANKS)
    result = run(contestant, Path(sys.executable), data, minutes=5, gigabytes=0.001)
    assert result["failed"] == "start needs over 0.001 GB"


def test_the_report_gives_medians_ratios_and_the_reasons_of_who_failed(data: Path) -> None:
    def took(seconds: float, **figures: float) -> dict[str, Any]:
        return {"seconds": {"fit": seconds}, **figures}

    runs = {
        BASE_OF_STARS: [took(20, rmse=0.9), took(30, rmse=0.9), took(90, rmse=0.9)],
        "ours/svd-2": [took(1, rmse=0.9), took(2, rmse=0.9), took(3, rmse=0.9)],
        BASE_OF_RANKS: [took(1, ndcg10=0.1)],
        "ours/ranking": [took(1, ndcg10=0.25)],
        "spark/als": [{"failed": "fit takes over 10 min"}],
    }
    measured = {"about": facts(data), "runs": runs, "machine": "2 cores", "date": "2026-01-01"}
    rows = {
        cells[0]: cells[1:]
        for cells in (
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in render(json.loads(json.dumps({"sample": measured}))).splitlines()
            if line.startswith("|")
        )
        if len(cells) > 3
    }
    names = {one.key: one.name for one in CONTESTANTS}
    assert rows[names["ours/svd-2"]][2:4] == ["2", "15"]
    assert rows[names["spark/als"]][0] == "fit takes over 10 min"
    assert rows[names["ours/ranking"]][:2] == ["0.2500", "2.50"]
    assert rows[names["surprise/knn"]][0] == "not run"
