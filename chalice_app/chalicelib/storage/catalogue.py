"""The catalogue of movies: a SQLite file that a job publishes and that is read here.

SQLite gives ranked full-text search, filters and sorts without a server. The file of a version never
changes, so it is opened read-only and immutable, once per thread and version.
"""

import json
import random
import sqlite3
import threading
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path

from chalicelib.domain.errors import StaleCursorError
from chalicelib.domain.live import LiveCounts, shifted
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.storage.artifacts import Kind, current_version, fetch
from chalicelib.storage.live import live_counts
from chalicelib.storage.searching import expression, one_slip_away, searchable_words, title_key

FILE_NAME = "catalogue.sqlite"

SCHEMA = """
CREATE TABLE movies (
    movie_id INTEGER PRIMARY KEY,
    rating_count INTEGER NOT NULL DEFAULT 0,
    rating_mean REAL,
    rating_score REAL,
    rating_histogram TEXT NOT NULL DEFAULT '[]',
    fame REAL NOT NULL,
    release TEXT,
    year INTEGER,
    genre_bits INTEGER NOT NULL,
    title_key TEXT NOT NULL,
    title TEXT NOT NULL,
    original_title TEXT,
    released TEXT,
    runtime INTEGER,
    language TEXT,
    poster_path TEXT,
    tmdb_id INTEGER,
    genres TEXT NOT NULL,
    directors TEXT NOT NULL,
    "cast" TEXT NOT NULL,
    keywords TEXT NOT NULL,
    tagline TEXT,
    overview TEXT
);
CREATE TABLE genres (name TEXT PRIMARY KEY, movie_count INTEGER NOT NULL, bit INTEGER) WITHOUT ROWID;
CREATE TABLE movielens (movielens_id INTEGER PRIMARY KEY, movie_id INTEGER NOT NULL);
CREATE TABLE words (word TEXT PRIMARY KEY, weight INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5 (
    title, original_title, joined, people, content='', tokenize='ascii', prefix='1 2 3'
);
"""
"""Lists (`genres`, `directors`, `cast`, `keywords`) are JSON arrays. `rating_histogram` is how many ratings
there are of half a star, one star and so on up to five. `rating_score` is the mean pulled
towards the mean of all ratings where a movie has few (NULL without any); `fame` is 0 to 1, by rating
count; `release` is `released` or else the year, to sort by; `genre_bits` has the `bit` of each genre set.
`movielens` leads from MovieLens' numbers to movies; catalogues built before it existed lack it.

`search` holds `movie_id` as its rowid and text that went through `searchable_words`, which alone decides
what a word is: the ascii tokenizer only splits at the blanks between them. `joined` holds the words of
titles written together, so that “spiderman” and “starwars” are found. `words` are all the words of titles
and people, for mending spelling; the `weight` of a word is how likely it was meant."""

INDICES = """
CREATE INDEX by_popularity ON movies (rating_count, movie_id, year, genre_bits);
CREATE INDEX by_score ON movies (rating_score, movie_id, year, genre_bits, rating_count);
CREATE INDEX by_release ON movies (release, movie_id, year, genre_bits, rating_count);
CREATE INDEX by_title ON movies (title_key);
"""
"""The first three cover every filter, so that walking one never touches a movie that is not listed."""

MOST_GENRES = 62
"""How many genres `genre_bits` can hold; the most common ones get a bit and can be filtered by."""

LONGEST_TEXT = 200
MOST_WORDS = 12
LONGEST_MENDED = 30
MOST_SPELLINGS = 8  # of one word that are tried where its neighbours are right
SHORT = 2  # letters that a text needs more of to look among people, too
BROAD = 2000  # matches past which relevance says little
_FILMS_FOR_PEOPLE = 60  # the best known that match: whoever made none of them is hardly who is meant
# Walking down from the best known takes a few milliseconds at most; sorting all that match took up to fifty.
# The plus keeps SQLite from looking each of them up under every number of ratings that there is.
_FOUND = "movies INDEXED BY by_popularity WHERE +movie_id IN (SELECT rowid FROM search WHERE search MATCH ?)"
_WEIGHTS = "10.0, 6.0, 4.0, 2.0"  # of the columns of `search`, for bm25


class Sort(StrEnum):
    """Movies that lack what is sorted by (a rating, a date) come last, whichever the direction."""

    POPULAR = "popular"
    UNPOPULAR = "unpopular"
    TOP_RATED = "top-rated"
    LOW_RATED = "low-rated"
    RECENT = "recent"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Listing:
    """What to list: every filter must hold. With `text` and no `sort`, the best match comes first.

    Without either, the most popular comes first. A movie must be of all `genres` and of none of the
    `excluded_genres`; years and minutes of runtime are inclusive, and a movie without a year or a runtime is
    within no range of them.
    """

    sort: Sort | None = None
    text: str = ""
    genres: tuple[str, ...] = ()
    excluded_genres: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    least_ratings: int = 0
    runtime_from: int | None = None
    runtime_to: int | None = None


@dataclass(frozen=True, slots=True)
class ListedMovie:
    """A movie with what people made of it. `rating_mean` is None without ratings; `rating_histogram` is how
    many gave it half a star, one star, … five, and empty without ratings."""

    movie: Movie
    rating_count: int
    rating_mean: float | None
    rating_histogram: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What a list is sorted and filtered by; `key` is the title as `title_key` makes it."""

    key: str
    year: int | None
    genres: tuple[str, ...]


Position = tuple[float | str | None, int]
"""Where a page ended: the sort key and movie id of its last movie; for the best matches of a text, how
many came before and the movie id."""


@dataclass(frozen=True, slots=True)
class Page:
    """`following` is None on the last page; `total` counts every movie the listing matches."""

    movies: list[ListedMovie]
    following: Position | None
    total: int


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who made films; `best_known` is the title of the one that most people rated."""

    name: str
    best_known: str


@dataclass(frozen=True, slots=True)
class Completions:
    """What an unfinished search may be after, the likeliest first."""

    movies: list[ListedMovie]
    people: list[KnownPerson]


@dataclass(frozen=True, slots=True)
class _Order:
    column: str
    index: str
    descending: bool
    missing: str

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"

    @property
    def beyond(self) -> str:
        return "<" if self.descending else ">"


def _orders() -> Iterator[tuple[Sort, _Order]]:
    for column, index, missing, high, low in (
        ("rating_count", "by_popularity", "rating_count = 0", Sort.POPULAR, Sort.UNPOPULAR),
        ("rating_score", "by_score", "rating_score IS NULL", Sort.TOP_RATED, Sort.LOW_RATED),
        ("release", "by_release", "release IS NULL", Sort.RECENT, Sort.OLD),
    ):
        yield high, _Order(column, index, descending=True, missing=missing)
        yield low, _Order(column, index, descending=False, missing=missing)


_ORDERS = dict(_orders())
_MOVIE = (
    "movie_id, rating_count, rating_mean, title, original_title, year, released, runtime, overview, tagline, "
    'language, poster_path, tmdb_id, genres, directors, "cast", keywords, rating_histogram'
)


@dataclass(frozen=True, slots=True)
class _Filter:
    """The part of a listing that decides what is in it, as SQL over the columns of the indices."""

    match: str
    genres: int
    excluded_genres: int
    year_from: int | None
    year_to: int | None
    least_ratings: int
    runtime_from: int | None
    runtime_to: int | None

    @property
    def condition(self) -> str:
        parts = ["TRUE"]
        if self.match:
            parts.append("+movie_id IN (SELECT rowid FROM search WHERE search MATCH :match)")
        if self.genres:
            parts.append("genre_bits & :genres = :genres")
        if self.excluded_genres:
            parts.append("genre_bits & :excluded_genres = 0")
        if self.year_from is not None:
            parts.append("year >= :year_from")
        if self.year_to is not None:
            parts.append("year <= :year_to")
        if self.least_ratings > 0:
            parts.append("rating_count >= :least_ratings")
        if self.runtime_from is not None:
            parts.append("runtime >= :runtime_from")
        if self.runtime_to is not None:
            parts.append("runtime <= :runtime_to")
        return " AND ".join(parts)

    @property
    def values(self) -> dict[str, float | str | None]:
        return {
            "match": self.match,
            "genres": self.genres,
            "excluded_genres": self.excluded_genres,
            "year_from": self.year_from,
            "year_to": self.year_to,
            "least_ratings": self.least_ratings,
            "runtime_from": self.runtime_from,
            "runtime_to": self.runtime_to,
        }


class Catalogue:
    """One version of the catalogue; safe to share between threads.

    `live` tells what changed since its figures were counted. The figures of every movie that is handed out
    have moved by that; lists are ordered and filtered by the figures as they were counted.
    """

    def __init__(self, path: Path, version: str, live: Callable[[], LiveCounts] = LiveCounts) -> None:
        self.version = version
        self._path = path
        self._live = live
        self._local = threading.local()
        self._total = lru_cache(maxsize=512)(self._count_matches)
        self._ranked = lru_cache(maxsize=64)(self._rank_matches)
        self._query = lru_cache(maxsize=256)(self._match)
        self._matching = lru_cache(maxsize=64)(self._match_all)
        self._meant = lru_cache(maxsize=256)(self._meant_words)
        self._genres = {
            name: (count, bit) for name, count, bit in self._rows("SELECT name, movie_count, bit FROM genres")
        }
        known = {name for _, name, *_ in self._rows("PRAGMA table_info(movies)")}
        # A catalogue from before there were histograms serves until the next one is published.
        self._columns = _MOVIE if "rating_histogram" in known else _MOVIE.replace("rating_histogram", "'[]'")
        self._genre_names = {name.casefold(): name for name in self._genres}
        self._by_popularity = [
            MovieId(movie_id)
            for (movie_id,) in self._rows(
                "SELECT movie_id FROM movies ORDER BY rating_count DESC, movie_id DESC"
            )
        ]
        ((self.rating_total,),) = self._rows("SELECT coalesce(sum(rating_count), 0) FROM movies")

    @property
    def edition(self) -> str:
        """Differs where anything does that could be read here: the version, or a figure since."""
        return f"{self.version}+{self._live().revision}"

    def movie(self, movie_id: int) -> ListedMovie | None:
        return self.movies([movie_id]).get(MovieId(movie_id))

    def movies(self, movie_ids: Iterable[int]) -> dict[MovieId, ListedMovie]:
        """The movies that are in the catalogue among any number of ids, in the order of the ids."""
        wanted = list(movie_ids)
        rows = self._rows(
            f"SELECT {self._columns} FROM movies WHERE movie_id IN (SELECT value FROM json_each(?))",  # noqa: S608
            (json.dumps(wanted),),
        )
        shifts = self._live().shifts
        found = {row[0]: _listed(row, shifts.get(row[0])) for row in rows}
        return {MovieId(movie_id): found[movie_id] for movie_id in wanted if movie_id in found}

    def labels(self, movie_ids: Iterable[int], text: str = "") -> dict[MovieId, Label]:
        """The labels of those that the catalogue has and that match the text, as in `browse`."""
        match = self._query(text)
        if match is None:
            return {}
        condition = "movie_id IN (SELECT rowid FROM search WHERE search MATCH ?2)" if match else "?2 = ''"
        rows = self._rows(
            "SELECT movie_id, title_key, year, genres FROM movies "  # noqa: S608
            f"WHERE movie_id IN (SELECT value FROM json_each(?1)) AND {condition}",
            (json.dumps(list(movie_ids)), match),
        )
        return {MovieId(movie_id): Label(key, year, _names(genres)) for movie_id, key, year, genres in rows}

    def browse(self, listing: Listing, after: Position | None, limit: int) -> Page:
        """The `limit` (1 or more) movies of a listing that come after a position (None: the first).

        Any text is safe; one without a letter or digit matches nothing, a blank one everything. What is
        past `LONGEST_TEXT` characters or `MOST_WORDS` words is not looked at. Raises StaleCursorError for a
        position of another listing.
        """
        filters = self._filter(listing)
        if filters is None:
            return Page([], None, 0)
        if filters.match and listing.sort is None:
            return self._best_matches(filters, title_key(listing.text), after, limit)
        order = _ORDERS[listing.sort or Sort.POPULAR]
        found = self._sorted(filters, order, after, limit + 1)
        page = found[:limit]
        movies = self.movies(movie_id for _, movie_id in page)
        return Page(list(movies.values()), page[-1] if len(found) > limit else None, self._total(filters))

    def matching(self, listing: Listing) -> memoryview:
        """The ids of all movies that a listing matches, ascending, as 32-bit integers.

        They are kept for the filters used last, as making them takes longer than scoring all of the movies.
        """
        return self._matching(self._filter(listing))

    def complete(self, text: str, films: int, people: int) -> Completions:
        """The few films and people that somebody who has typed this is most likely after; the last word may
        be unfinished. Films whose whole title it is come first, then those whose title begins so, then
        titles that hold its words; each the best known first."""
        words = self._meant(text)
        if not words:
            return Completions([], [])
        key = title_key(" ".join(words))
        found: dict[int, None] = {}
        for part, values in (
            ("movies WHERE title_key = ?", (key,)),
            ("movies WHERE title_key >= ? AND title_key < ? || '{'", (key, key)),
            (_FOUND, (f"{{title original_title joined}} : ({expression(words)})",)),
            (_FOUND, (expression(words),)),
        ):
            if len(found) >= films:
                break
            rows = self._rows(
                f"SELECT movie_id FROM {part} "  # noqa: S608
                "ORDER BY rating_count DESC, movie_id DESC LIMIT ?",
                (*values, films),
            )
            found |= dict.fromkeys(movie_id for (movie_id,) in rows)
        listed = list(self.movies(list(found)[:films]).values())
        return Completions(listed, self._people(words, people))

    def _people(self, words: Sequence[str], count: int) -> list[KnownPerson]:
        """Those among the directors and casts of the best-known films that match whose own name has all of
        the words; each word but the last in full."""
        rows = self._rows(
            f'SELECT title, directors, "cast", rating_count FROM {_FOUND} '  # noqa: S608
            "ORDER BY rating_count DESC, movie_id DESC LIMIT ?",
            (f"people : ({expression(words)})", _FILMS_FOR_PEOPLE),
        )
        fame: dict[str, int] = {}
        best: dict[str, str] = {}
        for title, directors, cast, ratings in rows:
            for name in dict.fromkeys([*json.loads(directors), *json.loads(cast)]):
                if _is_named(name, words):
                    fame[name] = fame.get(name, 0) + ratings + 1
                    best.setdefault(name, title)
        names = sorted(fame, key=lambda name: (-fame[name], name))[:count]
        return [KnownPerson(name, best[name]) for name in names]

    def titled(self, keys: Collection[str]) -> dict[str, list[tuple[MovieId, int | None]]]:
        """The movies (with their years) whose title has one of these keys, as `title_key` makes them."""
        rows = self._rows(
            "SELECT title_key, movie_id, year FROM movies "
            "WHERE title_key IN (SELECT value FROM json_each(?)) ORDER BY movie_id",
            (json.dumps(list(keys)),),
        )
        found: dict[str, list[tuple[MovieId, int | None]]] = {}
        for key, movie_id, year in rows:
            found.setdefault(key, []).append((MovieId(movie_id), year))
        return found

    def originally_titled(self, key: str) -> list[tuple[MovieId, int | None]]:
        """The movies whose original title has this key."""
        if not key:
            return []
        rows = self._rows(
            "SELECT movie_id, year, movies.original_title FROM search JOIN movies ON movie_id = search.rowid "
            "WHERE search MATCH ? ORDER BY movie_id",
            (f'original_title : "{key}"',),
        )
        return [(MovieId(movie_id), year) for movie_id, year, title in rows if title_key(title or "") == key]

    def of_movielens(self, movielens_ids: Collection[int] | None = None) -> dict[int, MovieId]:
        """The movies that go by these MovieLens numbers; without any named, all of them."""
        if not self._rows("SELECT 1 FROM sqlite_master WHERE name = 'movielens'"):
            return {}
        rows = self._rows(
            "SELECT movielens_id, movie_id FROM movielens "
            "WHERE ?1 IS NULL OR movielens_id IN (SELECT value FROM json_each(?1)) ORDER BY movielens_id",
            (None if movielens_ids is None else json.dumps(list(movielens_ids)),),
        )
        return {number: MovieId(movie_id) for number, movie_id in rows}

    def genres(self) -> list[tuple[str, int]]:
        """The genres that can be filtered by, with how many movies each has, by name."""
        return sorted((name, count) for name, (count, bit) in self._genres.items() if bit is not None)

    def count(self) -> int:
        return len(self._by_popularity)

    def movie_ids(self) -> list[MovieId]:
        """Every movie's id, ascending."""
        return sorted(self._by_popularity)

    def random_movie(self, excluded: Collection[int], among_popular: int | None = None) -> ListedMovie | None:
        """Any movie that is not excluded, each as likely as the others; None when there is none left.

        With `among_popular`, one of that many most popular movies that are not excluded.
        """
        without = set(excluded)
        left = [movie_id for movie_id in self._by_popularity if movie_id not in without][:among_popular]
        return self.movie(random.choice(left)) if left else None  # noqa: S311 - nothing is secret about a film

    def release_years(self) -> tuple[int, int] | None:
        """The first and the last year of any movie, or None where no year is known."""
        ((first, last),) = self._rows("SELECT min(year), max(year) FROM movies")
        return None if first is None else (first, last)

    def _rows(self, sql: str, values: Sequence[object] | dict[str, float | str | None] = ()) -> list[tuple]:  # type: ignore[type-arg]
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            self._local.connection = connection
        return connection.execute(sql, values).fetchall()

    def _filter(self, listing: Listing) -> _Filter | None:
        """None where nothing can match: a genre that no movie has, a text without words."""
        genres = self._bits(listing.genres)
        match = self._query(listing.text)
        if None in genres or match is None:
            return None
        return _Filter(
            match=match,
            genres=_mask(genres),
            excluded_genres=_mask(self._bits(listing.excluded_genres)),
            year_from=listing.year_from,
            year_to=listing.year_to,
            least_ratings=listing.least_ratings,
            runtime_from=listing.runtime_from,
            runtime_to=listing.runtime_to,
        )

    def _bits(self, genres: Iterable[str]) -> list[int | None]:
        names = [self._genre_names.get(genre.casefold()) for genre in genres]
        return [self._genres[name][1] if name else None for name in names]

    def _count_matches(self, filters: _Filter) -> int:
        ((count,),) = self._rows(
            f"SELECT count(*) FROM movies INDEXED BY by_popularity WHERE {filters.condition}",  # noqa: S608
            filters.values,
        )
        return int(count)

    def _match_all(self, filters: _Filter | None) -> memoryview:
        found: Sequence[tuple[int]] = ()
        if filters is not None:
            found = self._rows(f"SELECT movie_id FROM movies WHERE {filters.condition}", filters.values)  # noqa: S608
        return memoryview(array("i", sorted(movie_id for (movie_id,) in found))).toreadonly()

    def _sorted(self, filters: _Filter, order: _Order, after: Position | None, limit: int) -> list[Position]:
        """Up to `limit` positions: first the movies that have what is sorted by, then those without."""
        key, last_id = after or (None, 0)
        if after and not (isinstance(key, str) == (order.column == "release") or key is None):
            raise StaleCursorError(
                "This place belongs to a list in another order; start again from its beginning."
            )
        values = {**filters.values, "key": key, "last_id": last_id, "limit": limit}
        found: list[Position] = []
        if after is None or key is not None:
            place = f"({order.column}, movie_id) {order.beyond} (:key, :last_id)" if after else "TRUE"
            found = self._rows(
                f"SELECT {order.column}, movie_id FROM movies INDEXED BY {order.index} "  # noqa: S608
                f"WHERE NOT ({order.missing}) AND {place} AND {filters.condition} "
                f"ORDER BY {order.column} {order.direction}, movie_id {order.direction} LIMIT :limit",
                values,
            )
        if len(found) < limit:
            place = f"movie_id {order.beyond} :last_id" if after and key is None else "TRUE"
            found += self._rows(
                f"SELECT NULL, movie_id FROM movies INDEXED BY {order.index} "  # noqa: S608
                f"WHERE {order.missing} AND {place} AND {filters.condition} "
                f"ORDER BY movie_id {order.direction} LIMIT :limit",
                {**values, "limit": limit - len(found)},
            )
        return found

    def _best_matches(self, filters: _Filter, title: str, after: Position | None, limit: int) -> Page:
        ranked = self._ranked(filters, title)
        before = after[0] if after else 0
        if not isinstance(before, int | float):
            raise StaleCursorError(
                "This place belongs to a list in another order; start again from its beginning."
            )
        start = max(0, int(before))
        page = ranked[start : start + limit]
        end = start + len(page)
        following = (end, page[-1]) if page and end < len(ranked) else None
        return Page(list(self.movies(page).values()), following, len(ranked))

    def _rank_matches(self, filters: _Filter, title: str) -> tuple[MovieId, ...]:
        """Movies of exactly that title first, then by relevance, which fame can at most double.

        Where a text matches very many movies, relevance says little and takes long: the most popular first.
        """
        ((breadth,),) = self._rows("SELECT count(*) FROM search WHERE search MATCH ?", (filters.match,))
        if breadth > BROAD:
            found = self._rows(
                f"SELECT movie_id FROM movies INDEXED BY by_popularity WHERE {filters.condition} "  # noqa: S608
                "ORDER BY rating_count DESC, movie_id DESC",
                filters.values,
            )
        else:
            found = self._rows(
                f"SELECT movie_id FROM search JOIN movies ON movie_id = search.rowid "  # noqa: S608
                f"WHERE search MATCH :match AND {filters.condition} "
                f"ORDER BY bm25(search, {_WEIGHTS}) * (1 + fame), movie_id",
                filters.values,
            )
        ranked = dict.fromkeys(movie_id for (movie_id,) in found)
        titled = self._rows(
            "SELECT movie_id FROM movies WHERE title_key = ? ORDER BY rating_count DESC, movie_id DESC",
            (title,),
        )
        exact = [movie_id for (movie_id,) in titled if movie_id in ranked]
        return tuple(dict.fromkeys([*exact, *ranked]))

    def _match(self, text: str) -> str | None:
        """The full-text query for what a person typed: empty for blank text, None if nothing can match."""
        if not text.strip():
            return ""
        words = self._meant(text)
        if not words:
            return None
        if len(words) == 1 and len(words[0]) <= SHORT:
            return f"{{title original_title}} : ({expression(words)})"
        return expression(words)

    def _meant_words(self, text: str) -> tuple[str, ...]:
        """The words of a text; where they match nothing, with those mended that are unknown, or else with
        the first that can be mended although it is a word: “forest gump”."""
        words = searchable_words(text[:LONGEST_TEXT])[:MOST_WORDS]
        if not words or self._matches(expression(words)):
            return tuple(words)
        mended = [self._mended(word) for word in words]
        if len(words) > 1 and mended == words:
            for at, word in enumerate(words):
                for other in self._spelt_like(sorted(one_slip_away(word)), MOST_SPELLINGS):
                    changed = [*words[:at], other, *words[at + 1 :]]
                    if self._matches(expression(changed)):
                        return tuple(changed)
        return tuple(mended)

    def _matches(self, query: str) -> bool:
        return bool(self._rows("SELECT 1 FROM search WHERE search MATCH ? LIMIT 1", (query,)))

    def _mended(self, word: str) -> str:
        """The weightiest known word that is one slip of the keyboard away, if the word itself is unknown;
        where there is none, one that begins so: the word may be unfinished."""
        if len(word) > LONGEST_MENDED or self._matches(expression([word])):
            return word
        slips = sorted(one_slip_away(word))
        known = self._spelt_like(slips, 1)
        if not known and len(word) > SHORT + 1:
            # With the first letter as typed, which is hardly ever the wrong one, few words are looked at.
            beginnings = [slip for slip in slips if slip[:1] == word[0] and len(slip) >= len(word)]
            rows = self._rows(
                "SELECT word FROM json_each(?), words WHERE word >= value AND word < value || '{' "
                "ORDER BY weight DESC, word LIMIT 1",
                (json.dumps(beginnings),),
            )
            known = [found for (found,) in rows]
        return known[0] if known else word

    def _spelt_like(self, spellings: Sequence[str], count: int) -> list[str]:
        """The weightiest known words among these."""
        rows = self._rows(
            "SELECT word FROM words WHERE word IN (SELECT value FROM json_each(?)) "
            "ORDER BY weight DESC, word LIMIT ?",
            (json.dumps(spellings), count),
        )
        return [word for (word,) in rows]


def open_catalogue() -> Catalogue:
    """The current catalogue. Raises NotReadyError before the first one was published."""
    version = current_version(Kind.CATALOGUE)
    return _opened(fetch(Kind.CATALOGUE, version, FILE_NAME), version)


@lru_cache(maxsize=2)
def _opened(path: Path, version: str) -> Catalogue:
    return Catalogue(path, version, partial(live_counts, version))


def _is_named(name: str, words: Sequence[str]) -> bool:
    own = searchable_words(name)
    return set(words[:-1]) <= set(own) and any(one.startswith(words[-1]) for one in own)


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[str, ...]:
    """A list of names as the catalogue keeps it; many movies have the same genres."""
    return tuple(json.loads(text))


def _mask(bits: Iterable[int | None]) -> int:
    return sum({1 << bit for bit in bits if bit is not None})


def _listed(row: tuple, shift: tuple[int, ...] | None) -> ListedMovie:  # type: ignore[type-arg]
    movie_id, rating_count, rating_mean, title, original_title, year, released, runtime, *rest = row
    overview, tagline, language, poster_path, tmdb_id, *lists = rest
    genres, directors, cast, keywords, histogram = (tuple(json.loads(text)) for text in lists)
    movie = Movie(
        movie_id=MovieId(movie_id),
        title=title,
        original_title=original_title,
        year=year,
        released=released,
        runtime=runtime,
        overview=overview,
        tagline=tagline,
        language=language,
        poster_path=poster_path,
        tmdb_id=tmdb_id,
        genres=genres,
        directors=directors,
        cast=cast,
        keywords=keywords,
    )
    figures = (rating_count, rating_mean, histogram)
    return ListedMovie(movie, *(shifted(*figures, shift) if shift else figures))
