"""What is trending: more than usual, and of the latest days of the data, whenever those were."""

import numpy as np
import pandas as pd
import pytest

from batch_jobs.recent import recent_ratings
from batch_jobs.training.columns import RatingColumns
from chalicelib.domain.movie import MovieId
from chalicelib.domain.trending import FEWEST_FILMS, RecentRatings, trending

A_DAY = 86_400
LAST = 1_500_000_000
"""Long ago: the newest rating of these data."""

EVERGREEN, RISEN, NEW, FADED = (MovieId(number) for number in (1, 2, 3, 4))


def columns_of(rated: list[tuple[int, float]]) -> RatingColumns:
    """One rating for each movie and number of days before the last, each of another person."""
    rows = [
        (f"p{number}", movie, 4.0, int((LAST - days * A_DAY) * 1000))
        for number, (movie, days) in enumerate(rated)
    ]
    return RatingColumns.from_frame(pd.DataFrame(rows, columns=["user_id", "movie_id", "stars", "rated_at"]))


def steadily(movie: int, a_day: int, first: int = 400, last: int = 0) -> list[tuple[int, float]]:
    return [(movie, day + n / 1000) for day in range(last, first) for n in range(a_day)]


def test_a_film_that_has_risen_comes_before_one_that_is_always_seen() -> None:
    rated = steadily(EVERGREEN, 20) + steadily(FADED, 3, last=30)
    rated += steadily(RISEN, 1, last=7) + steadily(RISEN, 6, first=7) + steadily(NEW, 2, first=7)
    rated += [(100 + film, 1.0) for film in range(FEWEST_FILMS) for _ in range(3)]
    recent = recent_ratings(columns_of(rated))
    assert recent is not None
    assert (recent.days, recent.until) == (7, LAST)
    everyone = pd.Series([movie for movie, _ in rated]).value_counts()
    earlier = {movie: int(everyone[movie]) - count for movie, (count, _) in recent.films.items()}
    assert sum(earlier.values()) <= recent.earlier
    found = trending(recent, earlier)
    assert found[:2] == [RISEN, NEW]
    assert EVERGREEN not in found[:10]
    assert FADED not in found


def test_where_the_latest_days_say_little_more_of_them_are_taken() -> None:
    sparse = [(film, 20.0 * n) for film in range(10, 10 + FEWEST_FILMS) for n in range(4)]
    recent = recent_ratings(columns_of(sparse))
    assert recent is not None
    assert recent.days == 90
    assert recent_ratings(columns_of([(film, 500.0 * n) for film, n in [(1, 0), (2, 0), (1, 1)]])) is None


def test_a_rating_dated_in_the_future_does_not_move_the_days_there() -> None:
    ahead = (LAST - 4_000_000_000) / A_DAY
    rated = [(film, float(n)) for film in range(10, 10 + FEWEST_FILMS) for n in range(4)]
    recent = recent_ratings(columns_of([*rated, (1, ahead)]))
    assert recent is None or recent.until < 4_000_000_000


def test_what_came_since_is_added_and_what_was_fades() -> None:
    counted = RecentRatings(LAST, 9, {RISEN: (8, 8.0)}, earlier=1000, weight=10.0)
    later = counted.and_later({RISEN: 1, NEW: 4}, LAST + 3 * A_DAY)
    assert {movie_id: count for movie_id, (count, _) in later.films.items()} == {RISEN: 9, NEW: 4}
    assert {movie_id: weight for movie_id, (_, weight) in later.films.items()} == pytest.approx(
        {RISEN: 5.0, NEW: 4.0}
    )
    assert later.weight == pytest.approx(10.0)
    assert later.until == LAST + 3 * A_DAY
    assert counted.reaches(LAST + 9 * A_DAY)
    assert not counted.reaches(LAST + 10 * A_DAY)


def test_luck_is_no_trend() -> None:
    """Of many films that are rated as ever, chance puts none far up, and one that doubled is found."""
    rng = np.random.default_rng(1)
    counts = {MovieId(film): int(rng.poisson(30)) for film in range(1000, 1300)}
    films = {film: (count, float(count)) for film, count in counts.items()} | {RISEN: (60, 60.0)}
    weight = sum(weight for _, weight in films.values())
    recent = RecentRatings(LAST, 7, films, earlier=300 * 3000, weight=weight)
    assert trending(recent, dict.fromkeys(films, 3000))[0] == RISEN
