"""Files are known by what is in them; a path that cannot be imported is answered with one clear sentence."""

import zipfile
from pathlib import Path

import pytest

from batch_jobs.importing.recognition import (
    MOVIE_KINDS,
    RATING_KINDS,
    Kind,
    SourceFile,
    find_beside,
    find_data,
    kind_of,
)
from chalicelib.domain.errors import InvalidInputError, NotFoundError

U_ITEM = "1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story|" + "|".join("0" * 19)
METADATA_HEADER = (
    "adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,"
    "popularity,poster_path,production_companies,production_countries,release_date,revenue,runtime,"
    "spoken_languages,status,tagline,title,video,vote_average,vote_count"
)
RATINGS = "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (METADATA_HEADER, Kind.METADATA),
        ("id,keywords\n862,[]", Kind.KEYWORDS),
        ("cast,crew,id\n", Kind.CREDITS),
        ("movieId,imdbId,tmdbId\n1,0114709,862\n", Kind.LINKS),
        (RATINGS, Kind.RATINGS),
        ('"userId","movieId","rating","timestamp"\r\n1,2,3.5,1112486027\r\n', Kind.RATINGS),
        ("\ufeffmovieId,title,genres\n", Kind.FILMS),
        ("196\t242\t3\t881250949\n186\t302\t3\t891717742\n", Kind.RATINGS_100K),
        (U_ITEM, Kind.FILMS_100K),
        ("1::1193::5::978300760\n", Kind.RATINGS_DAT),
        ("1::122::4.5::838985046\nbroken\n1::185::5::838983525\n", Kind.RATINGS_DAT),
        ("1::Toy Story (1995)::Animation|Children's|Comedy\n", Kind.FILMS_DAT),
        ("userId,movieId,tag,timestamp\n18,4141,Mark Waters,1240597180\n", None),
        ("movieId,tagId,relevance\n", None),
        ("1::F::1::10::48067\n", None),
        ("15::4973::excellent!::1215184630\n", None),
        ("1|24|M|technician|85711\n", None),
        ("unknown|0\nAction|1\n", None),
        ("MovieLens is a data set of ratings.\n", None),
        ("", None),
        ("\0\1\2", None),
    ],
)
def test_a_file_is_what_its_content_says(text: str, kind: Kind | None) -> None:
    assert kind_of(text.encode()) == kind


def test_a_latin_1_file_is_recognised_and_read_as_such(tmp_path: Path) -> None:
    file = tmp_path / "films"
    file.write_bytes("6::Misérables, Les (1995)::Drama\n".encode("latin-1"))
    (found,) = find_data(file, MOVIE_KINDS).files
    assert (found.kind, found.encoding()) == (Kind.FILMS_DAT, "latin-1")


def _data_set(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "some name.txt").write_text(RATINGS)
    (folder / "big").write_text(RATINGS * 1 + "1,3,4.0,1112486027\n")
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n")
    (folder / "README").write_text("about")
    return folder


def _zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder.parent))
    return target


@pytest.mark.parametrize("zipped", [False, True])
def test_a_folder_and_a_zip_of_it_are_the_same(tmp_path: Path, zipped: bool) -> None:
    path = _data_set(tmp_path / "set")
    if zipped:
        path = _zipped(path, tmp_path / "set.zip")
    data = find_data(path, RATING_KINDS)
    assert [Path(file.name).name for file in data.of(Kind.RATINGS)] == ["big", "some name.txt"]
    assert [Path(name).name for name in data.ignored] == ["README"]
    assert [Path(file.name).name for file in find_beside(data.files[0], {Kind.LINKS})] == ["links.csv"]
    with data.files[0].open() as stream:
        assert stream.read().startswith(b"userId")


def test_the_only_data_set_in_a_sub_folder_is_found(tmp_path: Path) -> None:
    _data_set(tmp_path / "outer" / "inner")
    assert find_data(tmp_path, RATING_KINDS).files[0].path == tmp_path / "outer" / "inner" / "big"


def test_of_several_data_sets_each_is_offered(tmp_path: Path) -> None:
    small, large = _data_set(tmp_path / "small"), _data_set(tmp_path / "large")
    archive = _zipped(small, tmp_path / "third.zip")
    with pytest.raises(InvalidInputError) as problem:
        find_data(tmp_path, RATING_KINDS)
    assert all(str(place) in str(problem.value) for place in (small, large, archive))


def test_a_file_stands_for_itself_and_its_neighbours_only_help(tmp_path: Path) -> None:
    folder = _data_set(tmp_path / "set")
    data = find_data(folder / "some name.txt", RATING_KINDS)
    assert [file.path.name for file in data.files] == ["some name.txt"]


def test_what_cannot_be_imported_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(InvalidInputError, match=r"Nothing in .* can be imported; what is looked for is"):
        find_data(tmp_path, RATING_KINDS)
    with pytest.raises(NotFoundError, match="There is no file or folder"):
        find_data(tmp_path / "missing", RATING_KINDS)
    (tmp_path / "broken.zip").write_bytes(b"PK not really")
    with pytest.raises(InvalidInputError, match=r"not a whole \.zip file"):
        find_data(tmp_path / "broken.zip", RATING_KINDS)


def test_files_are_named_with_their_folder(tmp_path: Path) -> None:
    path = tmp_path / "set" / "links.csv"
    assert SourceFile(Kind.LINKS, path, 1).name == "set/links.csv"
