"""Ratings come out checked, on the right films, each person's newest; every row is accounted for."""

import csv
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_jobs.importing import rating_files
from batch_jobs.importing.links import NOT_IN_LINKS
from batch_jobs.importing.rating_files import (
    BAD_PERSON,
    FUTURE,
    NO_TIME,
    NOT_NUMBERS,
    OFF_GRID,
    ImportedRatings,
    read_ratings,
)
from batch_jobs.importing.report import ImportReport, Tally
from batch_jobs.importing.titles import Titles, titles_of_movies
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.domain.rating import Rating

HEADER = "userId,movieId,rating,timestamp\n"
# The MovieLens id of one film is the IMDb number of another: a number taken for the wrong id shows.
LINKS = "movieId,imdbId,tmdbId\n1,0000011,2\n2,0000001,1\n3,0000011,3\n4,0000014,\n"
MOVIE_OF = {1: 11, 2: 1, 3: 11, 4: 14}


def _read(
    folder: Path,
    ratings: str,
    *,
    name: str = "ratings.csv",
    most_ratings: int | None = None,
    titles: Titles | None = None,
    links: Path | None = None,
) -> tuple[ImportedRatings, Tally, ImportReport]:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(ratings, newline="")
    with ImportReport(folder.parent / "rejects.csv") as report:
        read = read_ratings(folder / name, links, report, titles, most_ratings)
    tally = report.tallies[-1]
    assert tally.kept == len(read)
    assert tally.read == tally.kept + tally.merged + tally.left_out + tally.rejected.total()
    return read, tally, report


def _with_links(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "links.csv").write_text(LINKS)
    return folder


def _plain(read: ImportedRatings) -> dict[tuple[str, int], tuple[float, int]]:
    """By the data set's person and our movie: stars and milliseconds."""
    return {(one.person_id.split("-")[-1], one.movie_id): (one.stars, one.rated_at) for one in read}


def test_a_rating_comes_out_on_our_film_in_our_units(tmp_path: Path) -> None:
    read, _, _ = _read(_with_links(tmp_path / "set"), HEADER + "7,1,3.5,1112486027\n")
    (rating,) = read
    assert rating == Rating(rating.person_id, MovieId(11), 3.5, 1112486027000)
    tag, fingerprint, number = rating.person_id.split("-")
    assert (tag, len(fingerprint), number) == ("ml", 6, "7")


def test_people_of_two_data_sets_are_never_the_same_but_always_themselves(tmp_path: Path) -> None:
    one, _, _ = _read(_with_links(tmp_path / "one"), HEADER + "7,1,3.5,1112486027\n")
    again, _, _ = _read(_with_links(tmp_path / "again"), HEADER + "7,1,3.5,1112486027\n")
    other, _, _ = _read(_with_links(tmp_path / "other"), HEADER + "7,1,4.0,1112486027\n")
    assert list(one) == list(again)
    assert {rating.person_id for rating in one}.isdisjoint(rating.person_id for rating in other)


DIRT = [
    ("7,1,3.5,1112486027", None),
    ("7,1,,1112486027", NOT_NUMBERS),
    ("7,1,3.5", NOT_NUMBERS),
    ("7,1,3.5,1112486027,9", NOT_NUMBERS),
    ("", None),
    ("x,1,3.5,1112486027", NOT_NUMBERS),
    ("7.0,1,3.5,1112486027", NOT_NUMBERS),
    ("7,1,NaN,1112486027", NOT_NUMBERS),
    ("7,1,inf,1112486027", NOT_NUMBERS),
    ("7,99999999999999999999,3.5,1112486027", NOT_NUMBERS),
    ('"8","2"," 4.0 ",1112486027', None),
    ("-7,1,3.5,1112486027", BAD_PERSON),
    ("4294967296,1,3.5,1112486027", BAD_PERSON),
    ("7,1,0.0,1112486027", OFF_GRID),
    ("7,1,5.5,1112486027", OFF_GRID),
    ("7,1,3.7,1112486027", OFF_GRID),
    ("7,1,-1,1112486027", OFF_GRID),
    ("7,1,3.5,0", NO_TIME),
    ("7,1,3.5,-5", NO_TIME),
    (f"7,1,3.5,{int(time.time()) + 2 * 86_400}", FUTURE),
    ("7,5,3.5,1112486027", NOT_IN_LINKS),
    ("7,0,3.5,1112486027", NOT_IN_LINKS),
    ("4294967295,4,5,1", None),
]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("which", [*range(len(DIRT)), None])
def test_unsound_rows_are_rejected_with_line_and_reason(
    tmp_path: Path, which: int | None, ending: str
) -> None:
    """Alone (which some blocks are parsed fast with) or all together."""
    rows = DIRT if which is None else [DIRT[0], DIRT[which], DIRT[0]]
    _read(_with_links(tmp_path / "set"), ending.join([HEADER.strip(), *(row for row, _ in rows)]))
    with (tmp_path / "rejects.csv").open(newline="") as stream:
        rejected = {(int(row["line"]), row["reason"], row["row"]) for row in csv.DictReader(stream)}
    assert rejected == {(line, why, row) for line, (row, why) in enumerate(rows, start=2) if why}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("ratings.csv", '"userId","movieId","rating","timestamp"\n7,1,3,5\n8,2,4,6\n'),
        ("ratings.dat", "7::1::3::5\n8::2::4::6\n"),
        ("ratings.csv", "\ufeff" + HEADER + "7,1,3.0,5\r\n8,2,4.0,6"),
    ],
)
def test_every_form_of_the_same_ratings_is_read_alike(tmp_path: Path, name: str, rows: str) -> None:
    read, tally, _ = _read(_with_links(tmp_path / "set"), rows, name=name)
    assert _plain(read) == {("7", 11): (3.0, 5000), ("8", 1): (4.0, 6000)}
    assert (tally.read, tally.kept) == (2, 2)


@pytest.mark.parametrize("broken", ["7:2::3::5", "7\t2::3::5", "7::2::3", "7,2,3,5"])
def test_another_separator_is_not_read_as_a_column(tmp_path: Path, broken: str) -> None:
    rows = f"7::1::3::5\n{broken}\n8::1::3::5\n"
    read, tally, _ = _read(_with_links(tmp_path / "set"), rows, name="r.dat")
    assert len(read) == 2
    assert tally.rejected == Counter({NOT_NUMBERS: 1})


rows_strategy = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 65, 66, 129]),
        st.integers(1, 5),
        st.sampled_from([0.5, 3.0, 3.5, 5.0, 0.0, 2.2]),
        st.integers(0, 4),
    ),
    max_size=40,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(rows=rows_strategy, block=st.integers(1, 200), gaps=st.sets(st.integers(0, 40)))
def test_kept_is_what_a_plain_dictionary_would_keep(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: Sequence[tuple[int, int, float, int]],
    block: int,
    gaps: set[int],
) -> None:
    """In any order, in blocks of any size, with broken lines anywhere."""
    monkeypatch.setattr(rating_files, "_BLOCK", block)
    lines = [f"{person},{film},{stars},{seconds}" for person, film, stars, seconds in rows]
    for place in sorted(gaps):
        lines.insert(place, "broken,line")
    read, tally, _ = _read(_with_links(tmp_path / "set"), HEADER + "".join(f"{line}\n" for line in lines))

    expected: dict[tuple[str, int], tuple[float, int]] = {}
    sound = 0
    for person, film, stars, seconds in rows:
        if film in MOVIE_OF and stars not in {0.0, 2.2} and seconds > 0:
            sound += 1
            key = str(person), MOVIE_OF[film]
            if seconds * 1000 >= expected.get(key, (0.0, 0))[1]:
                expected[key] = stars, seconds * 1000
    assert _plain(read) == expected
    assert len(list(read)) == len(expected)
    assert tally.read == len(lines)
    assert tally.merged == sound - len(expected)


def test_parts_hold_whole_people_in_order(tmp_path: Path) -> None:
    rows = [(person, film) for film in (4, 1, 2) for person in range(300, 0, -1)]
    read, _, _ = _read(
        _with_links(tmp_path / "set"), HEADER + "".join(f"{person},{film},3,9\n" for person, film in rows)
    )
    assert read.people() == 300
    seen: set[int] = set()
    for part in read.parts:
        people = part["person"].tolist()
        assert seen.isdisjoint(people)
        seen.update(people)
        pairs = list(zip(people, part["movie"].tolist(), strict=True))
        assert pairs == sorted(pairs)


def _crowd(people: int, each: int) -> str:
    return HEADER + "".join(f"{p},{f},3,9\n" for p in range(people) for f in (1, 2, 4)[:each])


@pytest.mark.parametrize("most", [1, 30, 31, 150, 299, 300, 1000])
def test_most_ratings_keeps_whole_people(tmp_path: Path, most: int) -> None:
    read, tally, report = _read(_with_links(tmp_path / "set"), _crowd(100, 3), most_ratings=most)
    assert set(Counter(rating.person_id for rating in read).values()) == {3}
    assert len(read) == max(3, min(most // 3 * 3, 300))
    assert tally.left_out == 300 - len(read)
    assert any("left out" in note for note in report.notes) == (len(read) < 300)


def test_most_ratings_chooses_the_same_people_again_and_more_of_them_for_more(tmp_path: Path) -> None:
    few, fewer, many = (
        {
            rating.person_id
            for rating in _read(_with_links(tmp_path / "set"), _crowd(200, 1), most_ratings=n)[0]
        }
        for n in (20, 20, 60)
    )
    assert few == fewer
    assert few < many
    assert max(int(person.split("-")[-1]) for person in few) > 60, "not just the first people of the file"


def test_the_larger_file_of_ratings_is_taken_and_the_other_named(tmp_path: Path) -> None:
    folder = _with_links(tmp_path / "set")
    (folder / "ratings.csv").write_text(HEADER + "1,1,3,5\n1,2,3,5\n")
    (folder / "ratings_small.csv").write_text(HEADER + "1,1,3,5\n")
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n")
    report = ImportReport()
    assert len(read_ratings(folder, None, report)) == 2
    assert any("ratings_small.csv" in note for note in report.notes)
    assert report.ignored == ["set/tags.csv"]
    assert len(read_ratings(folder / "ratings_small.csv", None, ImportReport())) == 1


def test_a_zip_gives_the_same_people_and_ratings_as_its_folder(tmp_path: Path) -> None:
    folder = _with_links(tmp_path / "set")
    plain, _, _ = _read(folder, _crowd(5, 3))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"ml-tiny/{file.name}")
    assert list(read_ratings(tmp_path / "set.zip", None, ImportReport())) == list(plain)


KNOWN = titles_of_movies(
    [Movie(MovieId(114709), "Toy Story", year=1995), Movie(MovieId(113189), "GoldenEye", year=1995)]
)


def _u_item(*titles: str) -> str:
    return "".join(f"{n}|{title}|01-Jan-1995|||{'|'.join('0' * 19)}\n" for n, title in enumerate(titles, 1))


def test_movielens_100k_is_matched_by_title_and_never_by_number(tmp_path: Path) -> None:
    """A links file beside it is of other numbers and must not be used."""
    folder = _with_links(tmp_path / "set")
    (folder / "u.item").write_text(_u_item("Toy Story (1995)", "Unknown (1995)", "GoldenEye (1995)"))
    read, tally, report = _read(folder, "7\t1\t3\t5\n7\t2\t3\t5\n7\t3\t4\t6\n", name="u.data", titles=KNOWN)
    assert _plain(read) == {("7", 114709): (3.0, 5000), ("7", 113189): (4.0, 6000)}
    assert tally.rejected.total() == 1
    assert report.notes == ["2 films of set/u.item were found by exact title and year."]


def test_movielens_100k_is_refused_where_its_films_cannot_be_told(tmp_path: Path) -> None:
    folder = _with_links(tmp_path / "set")
    data = "7\t1\t3\t5\n"
    with pytest.raises(InvalidInputError, match=r"put its u\.item beside it"):
        _read(folder, data, name="u.data", titles=KNOWN)
    (folder / "u.item").write_text(_u_item("Toy Story (1995)"))
    with pytest.raises(InvalidInputError, match="import films first"):
        _read(folder, data, name="u.data")
    with pytest.raises(InvalidInputError, match=r"do not fit MovieLens 100K"):
        _read(folder, data, name="u.data", titles=KNOWN, links=folder)


def test_movielens_100k_finds_titles_in_another_set_with_links(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "links.csv").write_text("movieId,imdbId,tmdbId\n50,0114709,862\n")
    (other / "movies.csv").write_text(
        "movieId,title,genres\n50,Toy Story (1995),Comedy\n51,Heat (1995),Crime\n"
    )
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "u.item").write_text(_u_item("Toy Story (1995)", "Heat (1995)"))
    read, _, _ = _read(folder, "7\t1\t3\t5\n7\t2\t3\t5\n", name="u.data", links=other)
    assert _plain(read) == {("7", 114709): (3.0, 5000)}


def test_movielens_1m_goes_by_links_where_given_else_by_title(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "movies.dat").write_bytes(
        "2::Toy Story (1995)::Drama\n3::Señor (1995)::Drama\n".encode("latin-1")
    )
    ratings = "7::2::3::5\n7::3::3::5\n"
    by_title, _, _ = _read(folder, ratings, name="ratings.dat", titles=KNOWN)
    assert _plain(by_title) == {("7", 114709): (3.0, 5000)}
    links = tmp_path / "links.csv"
    links.write_text(LINKS)
    by_links, _, _ = _read(folder, ratings, name="ratings.dat", titles=KNOWN, links=links)
    assert _plain(by_links) == {("7", 1): (3.0, 5000), ("7", 11): (3.0, 5000)}


def test_ratings_whose_films_cannot_be_found_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="give a links file"):
        _read(tmp_path / "set", HEADER + "7,1,3,5\n", titles=KNOWN)
    with pytest.raises(InvalidInputError, match="must be 1 or more"):
        _read(_with_links(tmp_path / "set"), HEADER + "7,1,3,5\n", most_ratings=0)


def test_a_file_with_a_header_only_has_no_ratings(tmp_path: Path) -> None:
    read, tally, _ = _read(_with_links(tmp_path / "set"), HEADER, most_ratings=5)
    assert (list(read), tally.read, read.people()) == ([], 0, 0)


def test_ratings_of_films_outside_the_catalogue_are_kept_and_counted(tmp_path: Path) -> None:
    read, _, _ = _read(_with_links(tmp_path / "set"), HEADER + "7,1,3,5\n7,2,3,5\n8,2,3,5\n")
    assert (len(read), read.outside({MovieId(11)}), read.outside(set())) == (3, 2, 3)


def test_the_report_is_readable_and_plain_values(tmp_path: Path) -> None:
    _, _, report = _read(_with_links(tmp_path / "set"), HEADER + "7,1,3,5\n7,1,3,6\n7,1,9,5\n")
    table = str(report).splitlines()
    assert table[0].split() == ["file", "read", "kept", "merged", "left", "out", "rejected"]
    assert table[2].split() == ["set/ratings.csv", "3", "1", "1", "0", "1"]
    assert f"set/ratings.csv: 1 rejected because {OFF_GRID}" in table
    assert table[-1] == f"the rejected rows are in {tmp_path / 'rejects.csv'}"
    files = report.as_dict()["files"]
    assert isinstance(files, list)
    assert files[1] == {
        "file": "set/ratings.csv",
        "read": 3,
        "kept": 1,
        "merged": 1,
        "left_out": 0,
        "rejected": 1,
        "rejected_because": {OFF_GRID: 1},
        "taken_as_unknown": {},
    }
