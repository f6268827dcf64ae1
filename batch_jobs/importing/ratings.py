"""Importing ratings as a whole: read, write to the ratings table, report."""

from pathlib import Path

from batch_jobs.bulk_writing import write_ratings
from batch_jobs.importing.movies import known_movies
from batch_jobs.importing.rating_files import read_ratings
from batch_jobs.importing.report import ImportReport
from batch_jobs.importing.titles import titles_of_movies


def import_ratings(
    path: Path,
    links: Path | None,
    rejects_file: Path | None,
    most_ratings: int | None = None,
    resume: Path | None = None,
) -> ImportReport:
    """Read the ratings at `path` and write them to the ratings table.

    Importing the same again changes nothing. Ratings of films that the catalogue lacks are written too, and
    counted. See `read_ratings` for `links`, `most_ratings` and what is raised, `write_ratings` for `resume`;
    rejected rows go to `rejects_file`.
    """
    with ImportReport(rejects_file) as report:
        known = known_movies()
        ratings = read_ratings(path, links, report, titles_of_movies(known.values()), most_ratings)
        outside = ratings.outside(set(known))
        if outside:
            report.note(f"{outside:,} of the ratings are of films that are not in the catalogue (yet).")
        written = write_ratings(ratings, len(ratings), resume)
        report.outcome = {
            "written": written.written,
            "stored_before": len(ratings) - written.written,
            "people": ratings.people(),
            "not_in_catalogue": outside,
        }
    return report
