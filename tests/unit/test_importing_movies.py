"""Movies come out whole and joined, whatever dirt the files hold, and every row is accounted for."""

import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batch_jobs.importing.links import Links, MovieLensId, TmdbId, find_links, imdb_number, read_links
from batch_jobs.importing.movie_files import merged, read_list, read_movies
from batch_jobs.importing.recognition import Kind, find_data
from batch_jobs.importing.report import ImportReport, Rejects, Tally
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import Movie, MovieId

METADATA = (
    "adult", "budget", "genres", "id", "imdb_id", "original_language", "original_title", "overview",
    "poster_path", "release_date", "runtime", "tagline", "title",
)  # fmt: skip
TOY_STORY = {
    "adult": "False",
    "genres": "[{'id': 16, 'name': 'Animation'}, {'id': 10751, 'name': 'Family'}]",
    "id": "862",
    "imdb_id": "tt0114709",
    "original_language": "en",
    "original_title": "Toy Story",
    "overview": "Led by Woody,\nAndy's toys live happily.",
    "poster_path": "/rhIRbceoE9lR4veEXuwCC2wARtG.jpg",
    "release_date": "1995-10-30",
    "runtime": "81.0",
    "tagline": "",
    "title": "Toy Story",
}


class Folder:
    """A data set on disk, written file by file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        self.report = ImportReport(path.parent / "rejects.csv")

    def metadata(self, *changes: dict[str, str]) -> "Folder":
        with (self.path / "movies_metadata.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, METADATA, restval="")
            writer.writeheader()
            for change in changes:
                writer.writerow({**TOY_STORY, **change})
        return self

    def file(self, name: str, text: str, encoding: str = "utf-8") -> "Folder":
        (self.path / name).write_text(text, encoding=encoding)
        return self

    def movies(self, links: Path | None = None) -> list[Movie]:
        with self.report:
            movies = read_movies([self.path], links, self.report)
        for tally in self.report.tallies:
            assert tally.read == tally.kept + tally.merged + tally.left_out + tally.rejected.total()
        return movies

    def movie(self) -> Movie:
        (movie,) = self.movies()
        return movie

    def rejected(self) -> list[tuple[str, int, str]]:
        with (self.path.parent / "rejects.csv").open(encoding="utf-8", newline="") as stream:
            return [(row["file"], int(row["line"]), row["reason"]) for row in csv.DictReader(stream)]

    def tally(self, name: str) -> Tally:
        return next(tally for tally in self.report.tallies if tally.source.endswith(name))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "set")


def test_a_movie_of_the_movies_dataset_brings_all_its_facts(folder: Folder) -> None:
    folder.metadata({}).file(
        "keywords.csv", "id,keywords\n862,\"[{'id': 1, 'name': 'toy'}, {'id': 2, 'name': 'boy'}]\"\n"
    )
    folder.file(
        "credits.csv",
        "cast,crew,id\n"
        "\"[{'name': 'Tim Allen', 'order': 1}, {'name': 'Tom Hanks', 'order': 0}, "
        "{'name': 'Tom Hanks', 'order': 2}]\","
        "\"[{'job': 'Director', 'name': 'John Lasseter'}, {'job': 'Writer', 'name': 'Joss Whedon'}]\",862\n",
    )
    assert folder.movie() == Movie(
        movie_id=MovieId(114709),
        title="Toy Story",
        original_title="Toy Story",
        year=1995,
        released="1995-10-30",
        runtime=81,
        overview="Led by Woody, Andy's toys live happily.",
        language="en",
        poster_path="/rhIRbceoE9lR4veEXuwCC2wARtG.jpg",
        tmdb_id=862,
        genres=("Animation", "Family"),
        directors=("John Lasseter",),
        cast=("Tom Hanks", "Tim Allen"),
        keywords=("toy", "boy"),
    )


def test_only_the_first_ten_of_the_cast_are_kept(folder: Folder) -> None:
    cast = [{"name": f"Actor {order}", "order": order} for order in range(30)]
    folder.metadata({}).file("credits.csv", f'cast,crew,id\n"{cast}",[],862\n')
    assert folder.movie().cast == tuple(f"Actor {order}" for order in range(10))


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"overview": "No overview found."}, "overview", None),
        ({"overview": "No Overview"}, "overview", None),
        ({"overview": " "}, "overview", None),
        ({"overview": ""}, "overview", None),
        ({"runtime": "0.0"}, "runtime", None),
        ({"runtime": ""}, "runtime", None),
        ({"runtime": "nan"}, "runtime", None),
        ({"genres": "[]"}, "genres", ()),
        ({"genres": "[{'id': 1, 'name': 'Dra"}, "genres", ()),
        ({"genres": "__import__('os').getcwd()"}, "genres", ()),
        ({"title": ""}, "title", "Toy Story"),
        ({"release_date": ""}, "year", None),
        ({"release_date": "10/30/1995"}, "released", "1995-10-30"),
        ({"release_date": "1"}, "released", None),
        ({"original_language": "104.0"}, "language", None),
        ({"poster_path": "0"}, "poster_path", None),
        ({"adult": " - Written by Ørnås"}, "title", "Toy Story"),
        ({"imdb_id": "0114709"}, "movie_id", 114709),
    ],
)
def test_what_a_file_does_not_know_is_unknown_here(
    folder: Folder, change: dict[str, str], field: str, value: object
) -> None:
    assert getattr(folder.metadata(change).movie(), field) == value


def test_meaningless_values_are_counted(folder: Folder) -> None:
    folder.metadata({"overview": "No overview found.", "genres": "[{"}).movies()
    assert folder.tally("movies_metadata.csv").mended == {
        "overview that says nothing": 1,
        "unreadable list of genres": 1,
    }


def test_rows_without_an_identity_are_rejected_with_their_line(folder: Folder) -> None:
    """The overview of the good row takes two lines, so rows and lines are not the same."""
    folder.metadata(
        {},
        {"id": "1997-08-20", "adult": " - Written by Ørnås", "imdb_id": "0"},
        {"id": "863", "imdb_id": ""},
        {"id": "864", "imdb_id": "tt0000864", "title": "", "original_title": " "},
    )
    assert [movie.movie_id for movie in folder.movies()] == [114709]
    name = "set/movies_metadata.csv"
    assert folder.rejected() == [
        (name, 4, "its columns are shifted"),
        (name, 6, "it has no IMDb number, and no links file tells it from the TMDB id"),
        (name, 8, "it has no title"),
    ]


def test_short_and_long_rows_do_not_spill_into_the_wrong_columns(folder: Folder) -> None:
    folder.file(
        "movies_metadata.csv",
        ",".join(METADATA)
        + "\nFalse,,[],862,tt0114709,en,Toy Story\n"
        + "False,,[],863,tt0000863,en,A"
        + ",x" * 9
        + "\n",
    )
    (movie,) = folder.movies()
    assert (movie.title, movie.overview) == ("Toy Story", None)
    assert folder.rejected() == [("set/movies_metadata.csv", 3, "its columns are shifted")]


def test_rows_of_one_movie_become_one_entry(folder: Folder) -> None:
    folder.metadata({"tagline": "First"}, {"overview": "", "runtime": "82"})
    movie = folder.movie()
    assert (movie.tagline, movie.runtime) == ("First", 81)
    assert folder.tally("movies_metadata.csv").merged == 1


def test_duplicate_keywords_and_credits_are_merged(folder: Folder) -> None:
    folder.metadata({}).file("keywords.csv", "id,keywords\n862,\"[{'name': 'toy'}]\"\n862,[]\nx,[]\n")
    assert folder.movie().keywords == ("toy",)
    tally = folder.tally("keywords.csv")
    assert (tally.read, tally.kept, tally.merged, tally.rejected.total()) == (3, 1, 1, 1)


def test_a_missing_imdb_number_comes_from_links_by_tmdb_id_never_by_movielens_id(folder: Folder) -> None:
    folder.metadata({"id": "862", "imdb_id": ""}, {"id": "1", "imdb_id": "", "title": "Other"})
    folder.file("links.csv", "movieId,imdbId,tmdbId\n1,0114709,862\n862,0113497,8844\n")
    assert [(movie.movie_id, movie.tmdb_id) for movie in folder.movies()] == [(114709, 862)]


def test_a_tmdb_id_of_two_films_tells_neither(folder: Folder) -> None:
    folder.metadata({"imdb_id": ""}).file(
        "links.csv", "movieId,imdbId,tmdbId\n1,11,862\n2,12,862\n3,11,862\n"
    )
    assert folder.movies() == []


def test_movielens_films_are_found_by_links(folder: Folder) -> None:
    folder.file(
        "movies.csv",
        "movieId,title,genres\n"
        '2571,"Matrix, The (1999)",Action|Sci-Fi|Thriller\n'
        "9,Unlinked (2000),Drama\nx,Odd (2000),Drama\n3, ,Drama\n"
        "70,Nothing Said,(no genres listed)\n",
    ).file("links.csv", "movieId,imdbId,tmdbId\n2571,0133093,603\n70,tt0000070,\n3,3,3\n")
    assert folder.movies() == [
        Movie(MovieId(70), "Nothing Said", movielens_ids=(70,)),
        Movie(
            MovieId(133093),
            "The Matrix",
            year=1999,
            tmdb_id=603,
            genres=("Action", "Science Fiction", "Thriller"),
            movielens_ids=(2571,),
        ),
    ]
    name = "set/movies.csv"
    assert folder.rejected() == [
        (name, 3, "its film is not in the links file"),
        (name, 4, "its MovieLens id is missing or is not a number"),
        (name, 5, "it has no title"),
    ]


def test_movielens_1m_is_read_in_its_own_letters_with_links_from_elsewhere(
    folder: Folder, tmp_path: Path
) -> None:
    links = tmp_path / "links.csv"
    links.write_text("movieId,imdbId,tmdbId\n73,0113828,1\n")
    folder.file("movies.dat", "73::Misérables, Les (1995)::Drama|Musical\n", encoding="latin-1")
    assert folder.movies(links) == [
        Movie(
            MovieId(113828),
            "Les Misérables",
            year=1995,
            tmdb_id=1,
            genres=("Drama", "Music"),
            movielens_ids=(73,),
        )
    ]


def test_what_is_missing_is_said_in_one_sentence(folder: Folder, tmp_path: Path) -> None:
    folder.file("movies.csv", "movieId,title,genres\n1,Toy Story (1995),Comedy\n")
    with pytest.raises(InvalidInputError, match=r"needs a links file .*; give the links.csv"):
        folder.movies()
    only_keywords = Folder(tmp_path / "other").file("keywords.csv", "id,keywords\n862,[]\n")
    with pytest.raises(InvalidInputError, match=r"keywords.csv only adds to movies_metadata.csv"):
        only_keywords.movies()
    of_100k = Folder(tmp_path / "third").file(
        "u.item", "1|Toy Story (1995)|01-Jan-1995|||" + "|".join("0" * 19)
    )
    with pytest.raises(InvalidInputError, match="import the films of another set"):
        of_100k.movies()


def test_an_unclosed_quotation_mark_is_named_with_its_line(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batch_jobs.importing.tabular._LONGEST_FIELD", 1000)
    folder.file("movies.csv", 'movieId,title,genres\n1,A,B\n2,"' + "x\n" * 1000).file(
        "links.csv", "movieId,imdbId\n1,1\n"
    )
    with pytest.raises(InvalidInputError, match="cannot be read past line 3"):
        folder.movies()


def test_several_data_sets_fill_each_other_in(tmp_path: Path) -> None:
    """The richer entry is believed, whichever comes first; links of one set serve the others."""
    rich = Folder(tmp_path / "rich").metadata({"release_date": "", "title": "Toy Story!"})
    rich.file("links.csv", "movieId,imdbId,tmdbId\n1,0114709,862\n")
    poor = Folder(tmp_path / "poor").file(
        "movies.csv", "movieId,title,genres\n1,Toy Story (Spielzeug) (1995),Comedy\n"
    )
    for paths in ([rich.path, poor.path], [poor.path, rich.path]):
        (movie,) = read_movies(paths, None, ImportReport())
        assert (movie.title, movie.year, movie.genres) == ("Toy Story!", 1995, ("Animation", "Family"))


def movies_strategy() -> st.SearchStrategy[Movie]:
    optional = st.none() | st.sampled_from(["a", "b"])
    return st.builds(
        Movie,
        movie_id=st.just(MovieId(1)),
        title=st.sampled_from(["A", "B"]),
        overview=optional,
        tagline=optional,
        year=st.none() | st.integers(1990, 1992),
        genres=st.lists(st.sampled_from(["x", "y"]), max_size=2).map(tuple),
    )


@given(movies_strategy(), movies_strategy())
def test_merging_again_changes_nothing_and_loses_nothing(first: Movie, second: Movie) -> None:
    both = merged(first, second)
    assert merged(both, second) == both
    for name in ("overview", "tagline", "year", "genres"):
        values = (getattr(first, name), getattr(second, name))
        assert getattr(both, name) in values
        assert bool(getattr(both, name)) == any(values)


def _links(folder: Path, *texts: str) -> tuple[Links, ImportReport]:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.csv").write_text("movieId,imdbId,tmdbId\n" + text)
    report = ImportReport(folder.parent / "rejects.csv")
    with report:
        return read_links(find_links(None, find_data(folder, {Kind.LINKS}).files), report), report


def test_links_files_are_joined_and_conflicts_reported(tmp_path: Path) -> None:
    large = "1,0114709,862\n2,113497,8844\n3,0,\n,5,6\n7,x,8\n"
    links, report = _links(tmp_path / "set", large, "1,114709,862\n2,0999999,8844\n9,tt0000009,\n")
    assert links.movies == {1: 114709, 2: 113497, 9: 9}
    assert links.by_tmdb == {862: 114709, 8844: 113497}
    assert [(tally.read, tally.kept, tally.merged, tally.rejected.total()) for tally in report.tallies] == [
        (5, 2, 0, 3),
        (3, 1, 1, 1),
    ]
    assert "set/1.csv,3,another row leads the same MovieLens id to another film" in (
        (tmp_path / "rejects.csv").read_text()
    )


ids = st.integers(1, 6)


@given(st.lists(st.tuples(ids, ids, st.none() | ids)))
def test_links_lead_only_where_a_row_says_so(rows: list[tuple[int, int, int | None]]) -> None:
    links = Links()
    taken: dict[int, tuple[int, int | None]] = {}
    for movielens_id, movie_id, tmdb_id in rows:
        if movielens_id not in taken:
            taken[movielens_id] = movie_id, tmdb_id
            links.add(
                MovieLensId(movielens_id), MovieId(movie_id), None if tmdb_id is None else TmdbId(tmdb_id)
            )
    assert links.movies == {film: movie for film, (movie, _) in taken.items()}
    for of_tmdb, found in links.by_tmdb.items():
        holders = {movie for movie, tmdb in taken.values() if tmdb == of_tmdb}
        assert holders == {found} if found is not None else len(holders) > 1


@given(st.integers(1, 2**31 - 1), st.sampled_from(["{}", "{:07d}", "tt{:07d}", " {} ", "{}.0"]))
def test_an_imdb_number_is_read_padded_or_not(number: int, form: str) -> None:
    assert imdb_number(form.format(number)) == number


@pytest.mark.parametrize("text", ["", "0", "tt", "abc", "-5", "1.5", "99999999999"])
def test_what_is_no_imdb_number_is_none(text: str) -> None:
    assert imdb_number(text) is None


objects = st.dictionaries(
    st.text(max_size=8), st.text(max_size=20) | st.integers() | st.none() | st.booleans()
)


@given(st.lists(objects, max_size=5))
def test_a_list_survives_being_written_as_a_python_literal(things: list[dict[str, object]]) -> None:
    tally = Tally("", Rejects(None))
    assert read_list(repr(things), "list", tally) == things
    assert not tally.mended


@given(st.text(max_size=60))
@example("[" * 5000)
@example("[{'name': 1} for _ in ()]")
@example("1")
@example("[\0]")
def test_whatever_a_list_holds_it_is_read_or_counted(text: str) -> None:
    tally = Tally("", Rejects(None))
    assert isinstance(read_list(text, "list", tally), list)
    assert tally.mended.total() <= 1
