"""Movies from The Movies Dataset and from MovieLens, joined into one entry per movie.

Where sources disagree, the entry that knows more facts is believed on each fact it has (The Movies Dataset
knows more than MovieLens), and the others fill in what it does not say.
"""

import ast
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path

from batch_jobs.importing.genres import harmonised_genres
from batch_jobs.importing.links import (
    NOT_IN_LINKS,
    Links,
    MovieLensId,
    TmdbId,
    find_links,
    imdb_number,
    positive_number,
    read_links,
)
from batch_jobs.importing.recognition import MOVIE_KINDS, DataSet, Kind, SourceFile, find_beside, find_data
from batch_jobs.importing.report import ImportReport, Tally
from batch_jobs.importing.tabular import as_text, read_lines, read_records
from batch_jobs.importing.titles import MovieLensTitle, parse_title, plausible_year
from chalicelib.domain.errors import InvalidInputError
from chalicelib.domain.movie import Movie, MovieId

MOST_CAST = 10

_NO_OVERVIEW = {
    "", "n/a", "na", "none", "null", "released", "no overview", "no overview found", "no overview yet",
    "no overview available", "no movie overview available", "no plot", "no description",
}  # fmt: skip
_READ_KINDS = (Kind.METADATA, Kind.KEYWORDS, Kind.CREDITS, Kind.FILMS, Kind.FILMS_DAT, Kind.LINKS)
_LANGUAGE = re.compile(r"[a-z]{2}")
_NO_LANGUAGE = "xx"
_POSTER = re.compile(r"/[\w.-]+\.(?:jpg|jpeg|png)", re.ASCII | re.IGNORECASE)
_DATE_FORMS = ("%Y-%m-%d", "%m/%d/%Y")  # the second is what spreadsheets make of the first


@dataclass(slots=True)
class _Credits:
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()


@dataclass(slots=True)
class _Extras:
    """What other files of The Movies Dataset say about its films."""

    keywords: dict[TmdbId, tuple[str, ...]] = field(default_factory=dict)
    credits: dict[TmdbId, _Credits] = field(default_factory=dict)


def read_movies(paths: Sequence[Path], links: Path | None, report: ImportReport) -> list[Movie]:
    """All movies of the data sets at `paths`, one entry each, by rising movie id; `report` is filled in.

    Ids are looked up in the links files at `links` and beside the data. Raises NotFoundError or
    InvalidInputError if there is nothing to read, or no links where they are needed.
    """
    sets = [find_data(path, MOVIE_KINDS) for path in paths]
    known = read_links(_link_files(sets, links), report)
    found: dict[MovieId, Movie] = {}
    for data in sets:
        for movie in _movies_of(data, known, report):
            before = found.get(movie.movie_id)
            found[movie.movie_id] = merged(before, movie) if before else movie
    numbers = known.movielens_ids()
    return [replace(found[movie_id], movielens_ids=numbers.get(movie_id, ())) for movie_id in sorted(found)]


def merged(earlier: Movie, later: Movie) -> Movie:
    """Two entries for one movie as one: the richer is believed (of equals the later), the other fills in."""
    richer, poorer = (earlier, later) if _facts(earlier) > _facts(later) else (later, earlier)
    return replace(
        richer,
        **{
            one.name: getattr(poorer, one.name)
            for one in fields(Movie)
            if getattr(richer, one.name) in (None, ())
        },
    )


def read_movielens_titles(file: SourceFile) -> Iterator[tuple[int, MovieLensId | None, str, str, str]]:
    """MovieLens' films: line, id (None if unreadable), title as written, genres between `|`, and the row."""
    if file.kind is Kind.FILMS:
        for line, record, text in read_records(file):
            yield line, _movielens_id(record["movieid"]), record["title"], record["genres"], text
        return
    for line, row in read_lines(file):
        if file.kind is Kind.FILMS_DAT:
            film, title, genres = row[0], "::".join(row[1:-1]), row[-1]
        else:
            film, title, genres = row[0], row[1] if len(row) > 1 else "", ""
        yield line, _movielens_id(film), title, genres, as_text(row)


def _link_files(sets: Sequence[DataSet], given: Path | None) -> list[SourceFile]:
    needing: SourceFile | None = None
    beside: list[SourceFile] = []
    for data in sets:
        metadata, films = data.of(Kind.METADATA), data.of(Kind.FILMS, Kind.FILMS_DAT)
        if not metadata and not films:
            raise InvalidInputError(_why_not(data))
        beside.extend(find_beside((metadata or films)[0], {Kind.LINKS}))
        needing = films[0] if films else needing
    files = find_links(given, beside)
    if needing and not files:
        raise InvalidInputError(
            f"{needing.name} needs a links file to find the IMDb number of each film; "
            "give the links.csv of a MovieLens set that has the same films."
        )
    return files


def _movies_of(data: DataSet, links: Links, report: ImportReport) -> Iterator[Movie]:
    report.ignored.extend(data.names_without(*_READ_KINDS))
    extras = _Extras()
    for file in data.of(Kind.KEYWORDS):
        _read_keywords(file, extras, report.tally(file.name))
    for file in data.of(Kind.CREDITS):
        _read_credits(file, extras, report.tally(file.name))
    for file in data.of(Kind.METADATA):
        yield from _movies_dataset(file, links, extras, report.tally(file.name))
    for file in data.of(Kind.FILMS, Kind.FILMS_DAT):
        yield from _movielens(file, links, report.tally(file.name))


def _why_not(data: DataSet) -> str:
    if data.of(Kind.FILMS_100K):
        return (
            "MovieLens 100K numbers its films in a way of its own and has no IMDb numbers; "
            "import the films of another set, then the ratings of this one."
        )
    extra = data.of(Kind.KEYWORDS, Kind.CREDITS)[0]
    return f"{extra.name} only adds to movies_metadata.csv; put both in one folder and import that."


def _movies_dataset(file: SourceFile, links: Links, extras: _Extras, tally: Tally) -> Iterator[Movie]:
    seen: set[MovieId] = set()
    for line, record, text in read_records(file):
        tally.read += 1
        movie = _movie_of(record, links, extras, tally)
        if isinstance(movie, str):
            tally.reject(movie, line, text)
            continue
        if movie.movie_id in seen:
            tally.merged += 1
        else:
            tally.kept += 1
            seen.add(movie.movie_id)
        yield movie


def _movie_of(record: Mapping[str, str], links: Links, extras: _Extras, tally: Tally) -> Movie | str:
    """The movie of one row of movies_metadata.csv, or the reason why it has none."""
    number = positive_number(record["id"])
    if number is None or "" in record:
        return "its columns are shifted"
    tmdb_id = TmdbId(number)
    original_title = _text(record["original_title"])
    title = _text(record["title"]) or original_title
    if title is None:
        return "it has no title"
    movie_id = imdb_number(record["imdb_id"]) or links.by_tmdb.get(tmdb_id)
    if movie_id is None:
        return "it has no IMDb number, and no links file tells it from the TMDB id"
    released = _date(record.get("release_date", ""))
    people = extras.credits.get(tmdb_id, _Credits())
    return Movie(
        movie_id=movie_id,
        title=title,
        original_title=original_title,
        year=released.year if released else None,
        released=released.isoformat() if released else None,
        runtime=_minutes(record.get("runtime", "")),
        overview=_overview(record["overview"], tally),
        tagline=_text(record.get("tagline", "")),
        language=_language(record.get("original_language", "")),
        poster_path=_poster(record.get("poster_path", "")),
        tmdb_id=tmdb_id,
        genres=harmonised_genres(_names(read_list(record["genres"], "list of genres", tally))),
        directors=people.directors,
        cast=people.cast,
        keywords=extras.keywords.get(tmdb_id, ()),
    )


def _read_keywords(file: SourceFile, extras: _Extras, tally: Tally) -> None:
    for tmdb_id, record in _extra_rows(file, extras.keywords, tally):
        extras.keywords[tmdb_id] = _names(read_list(record["keywords"], "list of keywords", tally))


def _read_credits(file: SourceFile, extras: _Extras, tally: Tally) -> None:
    for tmdb_id, record in _extra_rows(file, extras.credits, tally):
        cast = sorted(read_list(record["cast"], "list of actors", tally), key=_billing)
        crew = read_list(record["crew"], "list of crew", tally)
        extras.credits[tmdb_id] = _Credits(
            directors=_names(one for one in crew if one.get("job") == "Director"),
            cast=_names(cast)[:MOST_CAST],
        )


def _extra_rows(
    file: SourceFile, known: Mapping[TmdbId, object], tally: Tally
) -> Iterator[tuple[TmdbId, Mapping[str, str]]]:
    """The first row of each film; the film is known once the caller has taken the row in."""
    for line, record, text in read_records(file):
        tally.read += 1
        number = positive_number(record["id"])
        if number is None or "" in record:
            tally.reject("its columns are shifted", line, text)
        elif TmdbId(number) in known:
            tally.merged += 1
        else:
            tally.kept += 1
            yield TmdbId(number), record


def _movielens(file: SourceFile, links: Links, tally: Tally) -> Iterator[Movie]:
    seen: set[MovieId] = set()
    for line, film, written, genres, text in read_movielens_titles(file):
        tally.read += 1
        title = parse_title(written)
        movie_id = links.movies.get(film) if film is not None else None
        if film is None:
            tally.reject("its MovieLens id is missing or is not a number", line, text)
        elif not title.title:
            tally.reject("it has no title", line, text)
        elif movie_id is None:
            tally.reject(NOT_IN_LINKS, line, text)
        else:
            if movie_id in seen:
                tally.merged += 1
            else:
                tally.kept += 1
                seen.add(movie_id)
            yield _movielens_movie(movie_id, title, genres, links)


def _movielens_movie(movie_id: MovieId, title: MovieLensTitle, genres: str, links: Links) -> Movie:
    return Movie(
        movie_id=movie_id,
        title=title.title,
        original_title=title.others[0] if title.others else None,
        year=title.year,
        tmdb_id=links.tmdb_ids.get(movie_id),
        genres=harmonised_genres(genres.split("|")),
    )


def _movielens_id(text: str) -> MovieLensId | None:
    number = positive_number(text)
    return None if number is None else MovieLensId(number)


def read_list(text: str, what: str, tally: Tally) -> list[dict[str, object]]:
    """A list of objects written as a Python literal; unreadable ones count as empty."""
    if text.strip() in {"", "[]"}:
        return []
    try:
        things = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        things = None
    if not isinstance(things, list):
        tally.mended[f"unreadable {what}"] += 1
        return []
    return [thing for thing in things if isinstance(thing, dict)]


def _names(things: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    names = (thing.get("name") for thing in things)
    cleaned = (" ".join(name.split()) for name in names if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in cleaned if name))


def _billing(actor: Mapping[str, object]) -> float:
    order = actor.get("order")
    return order if isinstance(order, int | float) and not math.isnan(order) else math.inf


def _text(text: str) -> str | None:
    return " ".join(text.split()) or None


def _overview(text: str, tally: Tally) -> str | None:
    words = _text(text)
    if words is None:
        return None
    if words.casefold().rstrip(" .!") in _NO_OVERVIEW:
        tally.mended["overview that says nothing"] += 1
        return None
    return words


def _language(text: str) -> str | None:
    return text if _LANGUAGE.fullmatch(text) and text != _NO_LANGUAGE else None


def _poster(text: str) -> str | None:
    return text.strip() if _POSTER.fullmatch(text.strip()) else None


def _minutes(text: str) -> int | None:
    try:
        minutes = float(text)
    except ValueError:
        return None
    return round(minutes) or None if math.isfinite(minutes) and minutes > 0 else None


def _date(text: str) -> date | None:
    for form in _DATE_FORMS:
        try:
            day = datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
        return day if plausible_year(day.year) else None
    return None


def _facts(movie: Movie) -> int:
    return sum(getattr(movie, one.name) not in (None, ()) for one in fields(Movie))
