"""The demo catalogue: some five thousand well-known films, kept beside this module."""

import gzip
import json
from dataclasses import asdict
from pathlib import Path

from chalicelib.domain.movie import Movie, MovieId

CATALOGUE_FILE = Path(__file__).with_name("catalogue.jsonl.gz")

_LISTS = ("genres", "directors", "cast", "keywords")


def demo_movies() -> list[Movie]:
    """The best-known films first."""
    with gzip.open(CATALOGUE_FILE, "rt", encoding="utf-8") as lines:
        return [movie_from_json(line) for line in lines]


def movie_as_json(movie: Movie) -> str:
    """On one line, without the facts that are not known."""
    facts = {name: fact for name, fact in asdict(movie).items() if fact not in (None, ())}
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def movie_from_json(line: str) -> Movie:
    facts = json.loads(line)
    lists = {name: tuple(facts.pop(name, ())) for name in _LISTS}
    return Movie(**{**facts, **lists, "movie_id": MovieId(facts["movie_id"])})
