"""What people take out of Letterboxd, IMDb and MovieLens is read as it was meant, and no file does harm."""

import contextlib
import csv
import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import DomainError, InvalidInputError, TooLargeError
from chalicelib.domain.foreign_ratings import (
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_UNPACKED,
    ForeignFilm,
    ForeignRating,
    ForeignWish,
    Source,
    as_text,
    read_lists,
)
from chalicelib.domain.movie import MovieId, imdb_tag

DAY = 1_583_020_800_000  # 2020-03-01, UTC
RATED = ["Date", "Name", "Year", "Letterboxd URI", "Rating"]
IMDB = ["Const", "Your Rating", "Date Rated", "Title", "URL", "Title Type", "Year"]


def table(header: list[str], *rows: Iterable[object], separator: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    return text.getvalue()


def zipped(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def letterboxd(name: str, rating: object, date: str = "2020-03-01", year: int = 1995) -> tuple[object, ...]:
    return date, name, year, "https://boxd.it/x", rating


def test_letterboxds_zip_is_read_without_what_was_deleted_or_merely_watched() -> None:
    listed = ["Date", "Name", "Year", "Letterboxd URI"]
    diary = [*RATED, "Rewatch", "Tags", "Watched Date"]
    lists = read_lists(
        zipped(
            {
                "letterboxd-ada/diary.csv": table(diary, (*letterboxd("Heat", 3.5), "", "", "2020-02-28")),
                "letterboxd-ada/ratings.csv": table(RATED, letterboxd("Heat", 4)),
                "letterboxd-ada/watchlist.csv": table(listed, letterboxd("Alien", "", year=1979)[:4]),
                "letterboxd-ada/watched.csv": table(listed, letterboxd("Seen", "")[:4]),
                "letterboxd-ada/deleted/diary.csv": table(diary, letterboxd("Gone", 1)),
                "letterboxd-ada/likes/films.csv": table(listed, letterboxd("Liked", "")[:4]),
                "letterboxd-ada/profile.csv": "Date Joined,Username\n2020-01-01,ada\n",
                "letterboxd-ada/photo.jpg": b"\xff\xd8\xff",
            }
        )
    )
    heat = ForeignFilm("Heat", 1995)
    assert lists.source is Source.LETTERBOXD
    assert lists.ratings == [ForeignRating(heat, 4.0, DAY), ForeignRating(heat, 3.5, DAY)]
    assert lists.watchlist == [ForeignWish(ForeignFilm("Alien", 1979), DAY)]
    assert lists.unreadable == []


def test_a_watchlist_alone_is_told_by_its_name() -> None:
    content = table(RATED[:4], letterboxd("Alien", "")[:4]).encode()
    assert len(read_lists(content, "Watchlist.csv").watchlist) == 1
    with pytest.raises(InvalidInputError, match=r"watchlist\.csv"):
        read_lists(content, "films.csv")


def test_imdbs_ten_points_are_five_stars() -> None:
    rows = [
        ("tt0113277", 7, "2020-03-01", "Heat", "", "Movie", 1995),
        ("tt0903747", 10, "2020-03-01", "Breaking Bad", "", "TV Series", 2008),
    ]
    lists = read_lists(table(IMDB, *rows).encode())
    assert lists.source is Source.IMDB
    assert lists.ratings == [
        ForeignRating(ForeignFilm("Heat", 1995, MovieId(113277), kind="Movie"), 3.5, DAY),
        ForeignRating(ForeignFilm("Breaking Bad", 2008, MovieId(903747), kind="TV Series"), 5.0, DAY),
    ]


def test_movielens_comes_in_two_forms() -> None:
    (rating,) = read_lists(b"userId,movieId,rating,timestamp\n1,6,4.5,1583020800\n").ratings
    assert rating == ForeignRating(ForeignFilm(movielens_id=6), 4.5, DAY)
    site = b"movie_id,imdb_id,tmdb_id,rating,average_rating,title\n6,0113277,949,4.5,3.9,Heat (1995)\n"
    (rating,) = read_lists(site).ratings
    assert rating == ForeignRating(ForeignFilm("Heat (1995)", None, MovieId(113277), 6), 4.5, None)


def test_a_links_file_in_the_zip_says_which_film_a_number_is() -> None:
    lists = read_lists(
        zipped(
            {
                "ml/ratings.csv": "userId,movieId,rating,timestamp\n1,6,4.5,1583020800\n",
                "ml/links.csv": "movieId,imdbId,tmdbId\n6,0113277,949\n7,,\n",
            }
        )
    )
    assert lists.links == {6: 113277}


def test_a_whole_data_set_is_nobodys_ratings() -> None:
    with pytest.raises(InvalidInputError, match="several people"):
        read_lists(b"userId,movieId,rating,timestamp\n1,6,4.5,1583020800\n2,6,4.5,1583020800\n")


@pytest.mark.parametrize("rating", ["0", "5.5", "4.25", "good", "-1", "nan", "inf", "1e400"])
def test_a_rating_off_the_scale_is_reported(rating: str) -> None:
    lists = read_lists(table(RATED, letterboxd("Heat", rating), letterboxd("Alien", 5)).encode())
    assert [one.film.title for one in lists.ratings] == ["Alien"]
    ((film, reason),) = lists.unreadable
    assert film.title == "Heat"
    assert rating in reason


def test_a_film_that_was_watched_but_not_rated_is_passed_over() -> None:
    lists = read_lists(table(RATED, letterboxd("Heat", "")).encode())
    assert (lists.ratings, lists.unreadable) == ([], [])


def test_a_date_that_cannot_be_read_is_no_date() -> None:
    lists = read_lists(
        table(RATED, letterboxd("Heat", 4, "03/01/2020"), letterboxd("A", 1, "1920-01-01")).encode()
    )
    assert [one.rated_at for one in lists.ratings] == [None, None]


titles = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from(",;\"'\t\n"), max_size=40
).filter(lambda text: "\r" not in text)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
halves = st.integers(1, 10).map(lambda half: half / 2)


@given(
    st.lists(st.tuples(titles, st.integers(1870, 2100), halves, moments), max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_any_title_survives_being_exported_by_letterboxd(
    rated: list[tuple[str, int, float, datetime]], encoding: str, separator: str
) -> None:
    rows = [letterboxd(name, stars, f"{at:%Y-%m-%d}", year) for name, year, stars, at in rated]
    lists = read_lists(table(RATED, *rows, separator=separator).encode(encoding))
    assert lists.ratings == [
        ForeignRating(
            ForeignFilm(" ".join(name.split()), year),
            stars,
            int(datetime(at.year, at.month, at.day, tzinfo=UTC).timestamp() * 1000),
        )
        for name, year, stars, at in rated
    ]


@given(st.lists(st.tuples(st.integers(1, 2**31 - 1), halves, moments, titles), max_size=8))
def test_what_is_exported_here_is_read_to_the_millisecond(
    rated: list[tuple[int, float, datetime, str]],
) -> None:
    rows = [
        (imdb_tag(number), title, "", stars, at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
        for number, stars, at, title in rated
    ]
    lists = read_lists(table(["imdb_id", "title", "year", "stars", "rated_at"], *rows).encode())
    assert lists.source is Source.HERE
    assert [(one.film.movie_id, one.stars, one.rated_at) for one in lists.ratings] == [
        (number, stars, int(at.timestamp() * 1000)) for number, stars, at, _ in rated
    ]


@given(st.text(st.characters(min_codepoint=0xA1, max_codepoint=0xFF), min_size=1, max_size=20))
def test_older_files_in_latin_1_are_read(title: str) -> None:
    content = table(RATED, letterboxd(f"{title} é", 4)).encode("latin-1")
    try:
        content.decode()
    except UnicodeDecodeError:
        assert read_lists(content).ratings[0].film.title == " ".join(f"{title} é".split())


@given(
    st.binary(max_size=300),
    st.sampled_from(
        ["", ",".join(RATED) + "\n", ",".join(IMDB) + "\n", "userId,movieId,rating\n", "PK\x03\x04"]
    ),
)
def test_no_bytes_do_harm(content: bytes, start: str) -> None:
    with contextlib.suppress(DomainError):
        read_lists(start.encode() + content)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_zip_is_refused_or_read(place: int, byte: int) -> None:
    content = bytearray(zipped({"ratings.csv": table(RATED, letterboxd("Heat", 4))}))
    content[place % len(content)] = byte
    with contextlib.suppress(DomainError):
        read_lists(bytes(content))


def test_a_file_without_a_name_in_a_zip_is_passed_over() -> None:
    content = zipped({"z.csv": b"nothing", "ratings.csv": table(RATED, letterboxd("Heat", 4))})
    # zipfile takes a name to end where a zero is.
    assert len(read_lists(content.replace(b"z.csv", b"\0.csv")).ratings) == 1


def test_a_zip_bomb_does_not_go_off() -> None:
    with pytest.raises(TooLargeError, match="unpacked"):
        read_lists(zipped({"a.csv": b"0" * MOST_UNPACKED, "ratings.csv": b"0"}))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_cannot_be_unpacked_piece_by_piece_is_refused(method: int) -> None:
    with pytest.raises(InvalidInputError, match="unusual"):
        read_lists(zipped({"ratings.csv": b"0" * 1000}, method))


def test_a_locked_zip_is_refused() -> None:
    content = bytearray(zipped({"ratings.csv": table(RATED, letterboxd("Heat", 4))}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InvalidInputError, match="password"):
        read_lists(bytes(content))


def test_there_is_an_end_to_rows_and_files() -> None:
    row = letterboxd("Heat", 4)
    assert len(read_lists(table(RATED, *[row] * MOST_ROWS).encode()).ratings) == MOST_ROWS
    with pytest.raises(TooLargeError, match="20,000"):
        read_lists(table(RATED, *[row] * (MOST_ROWS + 1)).encode())
    with pytest.raises(TooLargeError, match="files"):
        read_lists(zipped({f"{number}.txt": b"" for number in range(2001)}))


def test_a_table_so_wide_that_short_rows_cost_hours_is_refused() -> None:
    wide = [*RATED, *(f"column {number}" for number in range(MOST_COLUMNS - len(RATED)))]
    assert read_lists(table(wide, letterboxd("Heat", 4)).encode()).ratings
    with pytest.raises(TooLargeError, match="columns"):
        read_lists(table([*wide, "one more"], letterboxd("Heat", 4)).encode())


@given(st.text(max_size=20))
def test_no_title_is_a_formula_in_a_spreadsheet_and_every_one_comes_back(title: str) -> None:
    cell = as_text(title)
    assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    exported = table(
        ["imdb_id", "title", "year", "stars", "rated_at"], ["tt1", cell, 1995, 4.0, "2020-03-01"]
    )
    (rating,) = read_lists(exported.encode(errors="replace")).ratings
    if "\ufffd" not in title and title.encode(errors="replace").decode() == title:
        assert rating.film.title == " ".join(title.split())


def test_exports_of_two_services_do_not_go_together() -> None:
    with pytest.raises(InvalidInputError, match="several services"):
        read_lists(zipped({"a.csv": table(RATED, letterboxd("A", 1)), "b.csv": table(IMDB)}))
