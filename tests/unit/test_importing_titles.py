"""MovieLens' titles are taken apart, and films are found by title only where there is no doubt."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_jobs.importing.genres import harmonised_genres
from batch_jobs.importing.links import (
    AMBIGUOUS_TITLE,
    NO_SUCH_TITLE,
    NO_YEAR,
    FilmNumbers,
    MovieLensId,
    match_title,
    numbers_from_titles,
)
from batch_jobs.importing.titles import (
    MovieLensTitle,
    Titles,
    joined_titles,
    normalised_title,
    parse_title,
    title_keys,
    titles_of,
    titles_of_movies,
)
from chalicelib.domain.movie import Movie, MovieId


@pytest.mark.parametrize(
    ("written", "title", "others", "year"),
    [
        ("Matrix, The (1999)", "The Matrix", (), 1999),
        ("Seven (a.k.a. Se7en) (1995)", "Seven", ("Se7en",), 1995),
        (
            "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
            "The City of Lost Children",
            ("La Cité des enfants perdus",),
            1995,
        ),
        ("Lady and the Duke, The (Anglaise et le duc, L') (2001)", "The Lady and the Duke",
         ("L'Anglaise et le duc",), 2001),
        ("Supercop 2 (Project S) (Chao ji ji hua) (1993)", "Supercop 2",
         ("Project S", "Chao ji ji hua"), 1993),
        ("European Vacation (aka National Lampoon's European Vacation) (1985)", "European Vacation",
         ("National Lampoon's European Vacation",), 1985),
        ("I, Robot (2004)", "I, Robot", (), 2004),
        ("One, Two, Three (1961)", "One, Two, Three", (), 1961),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", (), 2009),
        ("Serial (Bad) Weddings (2014)", "Serial (Bad) Weddings", (), 2014),
        ("Babylon 5", "Babylon 5", (), None),
        ("Millions Game, The (Das Millionenspiel)", "The Millions Game", ("Das Millionenspiel",), None),
        ("Fairy, The (La fée) (2011) ", "The Fairy", ("La fée",), 2011),
        ("Big Bang Theory, The (2007-)", "The Big Bang Theory", (), 2007),
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", (), 1975),
        ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", (), 2006),
        ("Mona ja palavan rakkauden aika (1983))", "Mona ja palavan rakkauden aika", (), 1983),
        (r'11\'09\"\"01 - September 11 (2002)"', "11\\'09\"01 - September 11", (), 2002),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", (), 1968),
        ("1984", "1984", (), None),
        ("(1999)", "(1999)", (), None),
        ("", "", (), None),
    ],
)  # fmt: skip
def test_titles_as_movielens_writes_them(
    written: str, title: str, others: tuple[str, ...], year: int | None
) -> None:
    assert parse_title(written) == MovieLensTitle(title, others, year)


names = st.text(string.ascii_letters + " :!?é", min_size=1, max_size=30).map(
    lambda text: "X" + " ".join(text.split())
)


@given(
    name=names,
    article=st.sampled_from(["The", "A", "An", "La", "Der", ""]),
    others=st.lists(names, max_size=3, unique=True),
    year=st.integers(1880, 2030),
)
def test_a_title_survives_being_written_as_movielens_does(
    name: str, article: str, others: list[str], year: int
) -> None:
    written = f"{name}, {article}" if article else name
    written += "".join(f" ({other})" for other in others) + f" ({year})"
    title = f"{article} {name}".strip()
    assert parse_title(written) == MovieLensTitle(title, tuple(one for one in others if one != title), year)


@given(st.text(max_size=60))
def test_no_title_is_too_odd_to_read(text: str) -> None:
    parsed = parse_title(text)
    assert bool(parsed.title) == bool(text.strip())
    assert normalised_title(normalised_title(text)) == normalised_title(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amélie", "AMELIE"),
        ("Lock, Stock & Two Smoking Barrels", "Lock Stock and Two Smoking Barrels"),
        ("Schindler's List", "Schindler’s List"),
        ("Wall-E", "wall e"),
    ],
)
def test_spelling_does_not_keep_a_title_from_being_found(one: str, other: str) -> None:
    assert normalised_title(one) == normalised_title(other)


def test_different_titles_stay_different() -> None:
    assert (
        len({normalised_title(title) for title in ("Alien", "Aliens", "The Alien", "Alien 3", "七人の侍")})
        == 5
    )


TITLES = titles_of_movies(
    [
        Movie(MovieId(133093), "The Matrix", year=1999),
        Movie(MovieId(112682), "The City of Lost Children", "La cité des enfants perdus", year=1995),
        Movie(MovieId(116477), "Hamlet", year=1996),
        Movie(MovieId(999999), "Hamlet", year=1996),
        Movie(MovieId(5), "No Year"),
    ]
)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Matrix, The (1999)", 133093),
        ("Matrix, The (2000)", NO_SUCH_TITLE),
        ("Matrix (1999)", NO_SUCH_TITLE),
        ("Verlorene Kinder (Cité des enfants perdus, La) (1995)", 112682),
        ("Hamlet (1996)", AMBIGUOUS_TITLE),
        ("No Year", NO_YEAR),
        ("??? (1999)", NO_SUCH_TITLE),
    ],
)
def test_a_film_is_found_by_its_exact_title_and_year_or_not_at_all(written: str, found: int | str) -> None:
    assert match_title(parse_title(written), TITLES) == found


def _codes(films: list[str], *, lists_films_twice: bool) -> list[int | str]:
    numbers = numbers_from_titles(
        ((MovieLensId(number), parse_title(written)) for number, written in enumerate(films, start=1)),
        TITLES,
        lists_films_twice=lists_films_twice,
    )
    codes = numbers.movie_ids(np.arange(1, len(films) + 1, dtype=np.int64)).tolist()
    return [code if code > 0 else FilmNumbers.reason(code) for code in codes]


def test_two_films_of_one_set_that_look_like_one_movie_are_not_confused() -> None:
    remake = ["Matrix, The (1999)", "The Matrix (1999)"]
    assert _codes(remake, lists_films_twice=False) == [AMBIGUOUS_TITLE, AMBIGUOUS_TITLE]
    assert _codes(remake, lists_films_twice=True) == [133093, 133093]


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["a", "b", "c"]), st.integers(2000, 2002))))
def test_a_key_leads_to_a_movie_only_if_no_other_movie_has_it(films: list[tuple[int, str, int]]) -> None:
    titles = titles_of((MovieId(movie), title_keys((name,), year)) for movie, name, year in films)
    for key, found in titles.items():
        holders = {movie for movie, name, year in films if (name, year) == key}
        assert found == (holders.pop() if len(holders) == 1 else None)


def test_titles_of_two_sources_that_disagree_lead_nowhere() -> None:
    one: Titles = {("a", 2000): MovieId(1), ("b", 2000): MovieId(2), ("c", 2000): None}
    other: Titles = {("a", 2000): MovieId(1), ("b", 2000): MovieId(3), ("c", 2000): MovieId(4)}
    assert joined_titles(one, {**other, ("d", 2000): MovieId(5)}) == {
        ("a", 2000): 1, ("b", 2000): None, ("c", 2000): None, ("d", 2000): 5,
    }  # fmt: skip


def test_genres_of_all_sources_share_one_vocabulary() -> None:
    movielens = "Adventure|Animation|Children|Children's|Sci-Fi|Musical|Film-Noir|IMAX|(no genres listed)"
    tmdb = ("Adventure", "Animation", "Family", "Science Fiction", "Music", "Foreign")
    assert harmonised_genres(movielens.split("|")) == (
        "Adventure", "Animation", "Family", "Science Fiction", "Music", "Film Noir",
    )  # fmt: skip
    assert harmonised_genres(tmdb) == tmdb[:-1]
    assert harmonised_genres([""]) == ()
