"""Film titles as MovieLens writes them, and finding a film by its title and year.

MovieLens puts the article last and other names and the year in parentheses:
`City of Lost Children, The (Cité des enfants perdus, La) (1995)`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.domain.movie import Movie, MovieId

# Only words that MovieLens is known to move: `I, Robot` and `Definitely, Maybe` must stay as they are.
_ARTICLES = (
    "The|A|An|La|Le|Les|L'|El|Los|Las|Lo|Il|I|Gli|Der|Die|Das|Den|Det|De|Het|Een|Un|Une|Una|Uno|Um|Uma|O|Os|As"
    "|Ein|Eine|En|Ett|Et"
)
_INVERTED = re.compile(rf"(?P<rest>.+), (?P<article>{_ARTICLES})")
_YEAR = re.compile(r"\s*\((?P<year>\d{4})\s*(?:[-–—]\s*(?:\d{4})?\s*)?\)[)\"\s]*$")
_LAST_PARENTHESES = re.compile(r"\s*\((?P<inside>[^()]*)\)$")
_ALSO_KNOWN_AS = re.compile(r"^(?:a\.?k\.?a\.?\s*:?\s*)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_EARLIEST_YEAR, _LATEST_YEAR = 1870, 2100

TitleKey = tuple[str, int]
Titles = Mapping[TitleKey, MovieId | None]
"""Films by normalised title and year; None where several films share them."""


@dataclass(frozen=True, slots=True)
class MovieLensTitle:
    """`others` are the names that stood in parentheses, without their `a.k.a.`; `year` is None if unsaid."""

    title: str
    others: tuple[str, ...] = ()
    year: int | None = None

    def keys(self) -> list[TitleKey]:
        """All its names as keys into `Titles`, the main one first; none without a year."""
        return title_keys((self.title, *self.others), self.year)


def parse_title(text: str) -> MovieLensTitle:
    """Read a title as MovieLens writes it. Whatever cannot be taken apart stays in the title."""
    rest = " ".join(re.sub(r"\\*\"+(?:\\*\"+)*", '"', text).split())
    year = None
    match = _YEAR.search(rest)
    if match and match.start() > 0 and plausible_year(int(match["year"])):
        year = int(match["year"])
        rest = rest[: match.start()]
    others: list[str] = []
    while (match := _LAST_PARENTHESES.search(rest)) and match.start() > 0:
        others.insert(0, _straight(_ALSO_KNOWN_AS.sub("", match["inside"].strip())))
        rest = rest[: match.start()]
    title = _straight(rest)
    return MovieLensTitle(
        title, tuple(dict.fromkeys(name for name in others if name not in {"", title})), year
    )


def plausible_year(year: int) -> bool:
    return _EARLIEST_YEAR <= year <= _LATEST_YEAR


def normalised_title(title: str) -> str:
    """The title's words without accents, punctuation and capitals, `&` read as `and`."""
    plain = unicodedata.normalize("NFKD", title.replace("&", " and ").replace("'", "").replace("’", ""))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(letters.casefold()))


def title_keys(names: Iterable[str | None], year: int | None) -> list[TitleKey]:
    """The names as keys into `Titles`, each once; none without a year."""
    if year is None:
        return []
    keys = dict.fromkeys((normalised_title(name), year) for name in names if name)
    return [key for key in keys if key[0]]


def titles_of(named: Iterable[tuple[MovieId, Iterable[TitleKey]]]) -> dict[TitleKey, MovieId | None]:
    """Films by their keys; a key of several films leads to none of them."""
    titles: dict[TitleKey, MovieId | None] = {}
    for movie_id, keys in named:
        for key in keys:
            titles[key] = movie_id if titles.get(key, movie_id) == movie_id else None
    return titles


def joined_titles(one: Titles, other: Titles) -> Titles:
    """Both together; a key with which they lead to different films leads to none."""
    disputed = {key for key in one.keys() & other.keys() if one[key] != other[key]}
    return {**one, **other, **dict.fromkeys(disputed)}


def titles_of_movies(movies: Iterable[Movie]) -> dict[TitleKey, MovieId | None]:
    """The titles and original titles of movies that we know."""
    return titles_of(
        (movie.movie_id, title_keys((movie.title, movie.original_title), movie.year)) for movie in movies
    )


def _straight(title: str) -> str:
    """`Matrix, The` as `The Matrix`."""
    title = title.strip()
    match = _INVERTED.fullmatch(title)
    if not match:
        return title
    article = match["article"]
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{match['rest']}"
