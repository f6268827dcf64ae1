"""Made-up films, with titles and names of words whose frequencies follow a power law."""

import random
from itertools import accumulate

from chalicelib.domain.movie import Movie, MovieId

_SYLLABLES = [
    consonant + vowel for consonant in "bcdfghklmnprstvwz" for vowel in ("a", "e", "i", "o", "an", "er")
]
_GENRES = ("Drama", "Comedy", "Thriller", "Romance", "Action", "Horror", "Crime", "Documentary", "Adventure")
_GENRE_WEIGHTS = tuple(accumulate(1 / (rank + 2) for rank in range(len(_GENRES))))


def words(chance: random.Random, count: int) -> tuple[list[str], list[float]]:
    """Made-up words with cumulative weights: the first are common, the last rare."""
    made = list({"".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(count)})
    made.sort()
    chance.shuffle(made)
    return made, list(accumulate(1 / (rank + 3) for rank in range(len(made))))


def made_up_movies(count: int, chance: random.Random) -> list[Movie]:
    """Movies 1 to `count`, each with a director, up to eight actors and an overview of sixty words."""
    (title_words, title_weights), (names, name_weights) = words(chance, 20_000), words(chance, 30_000)
    people = [" ".join(chance.choices(names, cum_weights=name_weights, k=2)) for _ in range(60_000)]
    famous = list(accumulate(1 / (rank + 20) for rank in range(len(people))))

    def some(size: int) -> str:
        return " ".join(chance.choices(title_words, cum_weights=title_weights, k=size))

    return [
        Movie(
            MovieId(number),
            some(chance.randint(1, 5)).title(),
            year=chance.randint(1920, 2024),
            runtime=chance.randint(60, 200),
            overview=some(60).capitalize() + ".",
            genres=tuple(
                dict.fromkeys(chance.choices(_GENRES, cum_weights=_GENRE_WEIGHTS, k=chance.randint(1, 3)))
            ),
            directors=tuple(chance.choices(people, cum_weights=famous, k=1)),
            cast=tuple(dict.fromkeys(chance.choices(people, cum_weights=famous, k=8))),
        )
        for number in range(1, count + 1)
    ]
