"""Any file of ratings is read right, or refused in one sentence."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_jobs.ratings_file import FileRatings, read_ratings_file

HEADER = "user,movie,rating,timestamp"


def written(folder: Path, text: str, name: str = "ratings.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def rows_of(read: FileRatings) -> list[tuple[str, str, float, int]]:
    """In the file's own ids and units, by person and time."""
    own = read.ratings
    values = read.scale.from_stars(own.stars.astype(np.float64))
    return [
        (str(own.people[person]), str(read.movies[movie]), round(float(value), 4), int(time))
        for person, movie, value, time in zip(own.person, own.movie, values, own.rated_at, strict=True)
    ]


FOUR = "a,x,5,10\nb,x,1,11\na,y,2,9\nb,z,4.5,30\n"


def test_what_stands_in_the_file_is_read(tmp_path: Path) -> None:
    read = read_ratings_file(written(tmp_path, f"{HEADER}\n{FOUR}"))
    assert rows_of(read) == [("a", "y", 2, 9), ("a", "x", 5, 10), ("b", "x", 1, 11), ("b", "z", 4.5, 30)]
    assert (read.scale.lowest, read.scale.highest, read.has_times, read.repeated) == (1, 5, True, 0)


@pytest.mark.parametrize(
    "header",
    [
        "userId,movieId,rating,timestamp",
        "USER_ID,item,Stars,rated_at",
        '"user","movie","rating","timestamp"',
        "\ufeffuser, movie , rating,timestamp",
    ],
)
def test_columns_may_go_by_their_common_names(tmp_path: Path, header: str) -> None:
    assert len(read_ratings_file(written(tmp_path, f"{header}\n{FOUR}")).ratings) == 4


def test_tabs_semicolons_more_columns_and_gzip_are_read(tmp_path: Path) -> None:
    expected = rows_of(read_ratings_file(written(tmp_path, f"{HEADER}\n{FOUR}")))
    for mark in "\t;":
        text = f"{HEADER}\n{FOUR}".replace(",", mark)
        assert rows_of(read_ratings_file(written(tmp_path, text, "ratings.tsv"))) == expected
    wider = "".join(f"1,{line},more\r\n" for line in FOUR.splitlines())
    assert rows_of(read_ratings_file(written(tmp_path, f"n,{HEADER},words\r\n{wider}"))) == expected
    (tmp_path / "ratings.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n{FOUR}".encode()))
    assert rows_of(read_ratings_file(tmp_path / "ratings.csv.gz")) == expected


@pytest.mark.parametrize("mark", ["\t", "::", ","])
def test_a_file_without_names_is_read_in_movielens_order(tmp_path: Path, mark: str) -> None:
    named = read_ratings_file(written(tmp_path, f"{HEADER}\n1,7,5,10\n2,7,1,11\n1,8,2,9\n2,9,4.5,30\n"))
    lines = ("1,7,5,10", "2,7,1,11", "1,8,2,9", "2,9,4.5,30")
    for fields in (4, 3):
        text = "".join(mark.join(line.split(",")[:fields]) + "\n" for line in lines)
        read = read_ratings_file(written(tmp_path, text, "ratings.dat"))
        assert read.has_times == (fields == 4)
        if fields == 4:
            assert rows_of(read) == rows_of(named)
        else:
            assert sorted(row[:3] for row in rows_of(read)) == sorted(row[:3] for row in rows_of(named))


@pytest.mark.parametrize("kind", ["int64", "str", "category"])
def test_parquet_says_the_same_as_csv(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame(
        {"user": [2, 10, 2, 10], "movie": [7, 7, 8, 9], "rating": [5, 1, 2, 4], "timestamp": [10, 11, 9, 30]}
    )
    frame.to_csv(tmp_path / "ratings.csv", index=False)
    frame.astype({"user": kind, "movie": kind}).to_parquet(tmp_path / "ratings.parquet")
    from_csv, from_parquet = (read_ratings_file(tmp_path / f"ratings.{end}") for end in ("csv", "parquet"))
    assert rows_of(from_csv) == rows_of(from_parquet)
    assert from_csv.ratings.people.tolist() == ["2", "10"]


def test_dates_are_times(tmp_path: Path) -> None:
    times = pd.to_datetime(["2020-01-03", "2020-01-02", "2020-01-01", "2020-01-04"])
    frame = pd.DataFrame({"user": list("abab"), "movie": list("xyzx"), "rating": [1, 2, 3, 4], "time": times})
    frame.to_csv(tmp_path / "ratings.csv", index=False)
    frame.to_parquet(tmp_path / "ratings.parquet")
    for name in ("ratings.csv", "ratings.parquet"):
        read = read_ratings_file(tmp_path / name)
        assert [movie for _, movie, _, _ in rows_of(read)] == ["z", "x", "y", "x"]
        assert read.ratings.rated_at[0] == 1_577_836_800_000


def test_a_file_without_times_says_so(tmp_path: Path) -> None:
    untimed = "\n".join(line.rsplit(",", 1)[0] for line in f"{HEADER}\n{FOUR}".splitlines())
    assert not read_ratings_file(written(tmp_path, untimed)).has_times
    assert not read_ratings_file(written(tmp_path, f"{HEADER}\na,x,5,1\nb,x,1,1\nb,y,3,1\n")).has_times


def test_of_a_pair_rated_twice_the_newest_is_kept_and_the_rest_counted(tmp_path: Path) -> None:
    text = f"{HEADER}\na,x,5,10\na,x,3,30\na,x,4,20\nb,x,1,1\nb,y,2,2\nb,y,2.5,2\n"
    read = read_ratings_file(written(tmp_path, text))
    assert rows_of(read) == [("a", "x", 3, 30), ("b", "x", 1, 1), ("b", "y", 2.5, 2)]
    assert read.repeated == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        (f"{HEADER}\n", "holds no ratings"),
        ("ada\t242\t3\t881250949\nbob\t302\t3\t891717742\n", "must name the columns user, movie, rating"),
        ("user,rating\na,1\n", "has no column movie"),
        ("user,userId,movie,rating\na,a,x,1\n", "more than one column for the user: user and userId"),
        (f"{HEADER}\na,x,5,1\nb,x,NaN,2\n", "a rating that is not a number, in row 2"),
        (f"{HEADER}\na,x,5,1\nb,x,inf,2\n", "a rating that is not a number, in row 2"),
        (f"{HEADER}\na,x,5,1\nb,x,,2\n", "without a rating, in row 2"),
        (f"{HEADER}\na,x,5,1\nb,x,good,2\n", "cannot be read as ratings: .*good"),
        (f"{HEADER}\na,x,5,1\n,x,4,2\n", "a rating without a user, in row 2"),
        (f"{HEADER}\na,x,5,1\na,,4,2\n", "a rating without a movie, in row 2"),
        (f"{HEADER}\na,x,5,1\na,y,4,\n", "a rating without a timestamp, in row 2"),
        (f"{HEADER}\na,x,5,1\na,y,4,2\n", "by one person"),
        (f"{HEADER}\na,x,5,1\nb,x,4,2\n", "of one movie"),
        (f"{HEADER}\na,x,4,1\nb,y,4,2\n", "All ratings in ratings.csv are 4"),
        (f"{HEADER}\na,x,4,1\nb,y,4\n", "cannot be read as ratings"),
    ],
)
def test_a_file_that_cannot_be_learnt_from_is_refused_in_one_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        read_ratings_file(written(tmp_path, text))
    assert "\n" not in str(refused.value)
    assert "ratings.csv" in str(refused.value)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no file"):
        read_ratings_file(tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="is a folder"):
        read_ratings_file(tmp_path)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ValueError, match="cannot be read"):
        read_ratings_file(tmp_path / "cut.parquet")
    (tmp_path / "latin.csv").write_bytes(b"user,movie,rating\n\xe9,x,1\nb,y,2\n")
    with pytest.raises(ValueError, match="cannot be read"):
        read_ratings_file(tmp_path / "latin.csv")


IDS = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\"'"), min_size=1, max_size=4)
ROWS = st.tuples(IDS, IDS, st.integers(1, 10), st.integers(0, 2**31 - 1))


@settings(max_examples=40, deadline=None)
@given(st.lists(ROWS, min_size=2, max_size=30, unique_by=lambda row: row[:2]))
def test_whatever_the_ids_they_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int, int]]
) -> None:
    people, movies, ratings, _ = (set(column) for column in zip(*rows, strict=True))
    if min(len(people), len(movies), len(ratings)) < 2:
        return
    file = tmp_path_factory.mktemp("any") / "ratings.csv"
    pd.DataFrame(rows, columns=HEADER.split(",")).to_csv(file, index=False)
    assert sorted(rows_of(read_ratings_file(file))) == sorted((u, m, float(r), t) for u, m, r, t in rows)
