"""How long searching as one types takes, in a catalogue of 45,000 films.

    python -m tests.benchmarks.search [--movies 45000] [--queries 2000]

Prints the median, the 99th percentile and the longest, in milliseconds, of `Catalogue.complete` for queries
of 1 to 12 letters: beginnings of titles and of names, a third of them with a slip of the keyboard. Titles
and names are made up of words whose frequencies follow a power law; no query is answered from a cache.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from batch_jobs.catalogue import RatingSummary, build_catalogue
from chalicelib.domain.movie import Movie
from chalicelib.storage.catalogue import FILE_NAME, Catalogue
from tests.benchmarks.films import made_up_movies


def catalogue_of(movies: list[Movie], folder: Path, chance: random.Random) -> Catalogue:
    summary = {
        movie.movie_id: RatingSummary(int(10_000 / (1 + rank)), 3.5)
        for rank, movie in enumerate(chance.sample(movies, len(movies)))
    }
    build_catalogue(folder / FILE_NAME, movies, summary)
    return Catalogue(folder / FILE_NAME, "made up")


def slip(text: str, chance: random.Random) -> str:
    """The text with one letter left out, doubled or swapped with the next."""
    at = chance.randrange(len(text))
    return chance.choice((text[:at] + text[at + 1 :], text[: at + 1] + text[at:], _swapped(text, at)))


def _swapped(text: str, at: int) -> str:
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--movies", type=int, default=45_000)
    parser.add_argument("--queries", type=int, default=2_000)
    sizes = parser.parse_args()
    chance = random.Random(8)
    with tempfile.TemporaryDirectory() as folder:
        movies = made_up_movies(sizes.movies, chance)
        catalogue = catalogue_of(movies, Path(folder), chance)
        texts = list(
            dict.fromkeys(text for movie in movies for text in (movie.title, *movie.directors, *movie.cast))
        )
        taken: dict[str, list[float]] = {"as it is written": [], "with a slip": []}
        asked: set[str] = set()
        while sum(map(len, taken.values())) < sizes.queries:
            text = chance.choice(texts)[: chance.randint(1, 12)]
            slips = len(text) > 3 and chance.random() < 1 / 3
            text = slip(text, chance) if slips else text
            if text in asked and len(text) > 2:
                continue
            asked.add(text)
            catalogue._meant.cache_clear()
            started = time.perf_counter()
            catalogue.complete(text, 6, 3)
            taken["with a slip" if slips else "as it is written"].append(
                1000 * (time.perf_counter() - started)
            )
        print(
            f"{sizes.movies:,} films, {sizes.queries:,} queries\n{'':18}{'p50':>8}{'p99':>8}{'most':>8}  ms"
        )
        for name, times in taken.items():
            cuts = statistics.quantiles(times, n=100)
            print(f"{name:18}{cuts[49]:8.2f}{cuts[98]:8.2f}{max(times):8.2f}")


if __name__ == "__main__":
    main()
