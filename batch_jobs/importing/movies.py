"""Importing movies as a whole: read, merge into the catalogue, publish, report."""

from collections.abc import Sequence
from pathlib import Path

from batch_jobs.catalogue import publish_movies, read_catalogue
from batch_jobs.importing.movie_files import merged, read_movies
from batch_jobs.importing.report import ImportReport
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.storage.artifacts import Kind, fetch, read_pointer
from chalicelib.storage.catalogue import FILE_NAME


def import_movies(paths: Sequence[Path], links: Path | None, rejects_file: Path | None) -> ImportReport:
    """Merge the movies of the data sets at `paths` into the catalogue and publish it if that changes it.

    Importing the same again changes nothing. See `read_movies` for `links` and for what is raised; rejected
    rows go to `rejects_file`.
    """
    with ImportReport(rejects_file) as report:
        movies = read_movies(paths, links, report)
        if not movies:
            raise InvalidInputError("Not one film could be read, so the catalogue was left as it is.")
        known = known_movies()
        change = publish_movies(
            merged(known[movie.movie_id], movie) if movie.movie_id in known else movie for movie in movies
        )
        report.outcome = {
            "added": change.added,
            "updated": change.updated,
            "unchanged": change.unchanged,
            "movies_in_catalogue": change.total,
            "changed": change.changed,
            "version": change.version,
        }
    return report


def known_movies() -> dict[MovieId, Movie]:
    """The movies of the current catalogue; none before the first one."""
    pointer = read_pointer(Kind.CATALOGUE)
    if pointer is None:
        return {}
    movies, _ = read_catalogue(fetch(Kind.CATALOGUE, pointer.version, FILE_NAME))
    return movies
