"""How fast the API answers over HTTP, route by route.

    python -m tests.benchmarks.api_load [--movies 45000] [--ratings 100000] [--seconds 4] [--connections 2]

Makes a data set of that size up, lets `localstack/run.py` set the whole product up with it in a folder of its
own, signs somebody up who rates 25 films, and asks route by route over keep-alive connections, each asking
again as soon as it is answered; a route that names a film is asked for another one each time. Prints requests
a second, the median and the 99th percentile of milliseconds, and what the very first answer took. The client
shares the machine with all that it measures. Logging in is asked only as often as its limit lets it.
"""

import argparse
import contextlib
import csv
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from chalicelib.domain.movie import Movie, imdb_tag
from tests.benchmarks.films import made_up_movies
from tests.benchmarks.synthetic import chosen_ratings
from tests.processes import ROOT, product

PEOPLE_PER_RATING = 1 / 150
RATED = 25
SET_UP_SECONDS = 1800
FEWEST = 10
"""Requests over each connection, however long they take."""

METADATA = ["genres", "id", "imdb_id", "original_language", "original_title", "overview"]
METADATA += ["release_date", "runtime", "title"]
PASSWORD = "a password of the benchmark"


def write_data_set(folder: Path, movies: Sequence[Movie], ratings: int, chance: random.Random) -> None:
    """The files of The Movies Dataset that the import reads."""

    def listed(names: Sequence[str], **more: str) -> str:
        return str([{"name": name, "order": order, **more} for order, name in enumerate(names)])

    with (folder / "movies_metadata.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(METADATA)
        for one in movies:
            released = f"{one.year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            rows.writerow(
                [
                    *(listed(one.genres), one.movie_id, imdb_tag(one.movie_id), "en", one.title),
                    *(one.overview, released, one.runtime, one.title),
                ]
            )
    with (folder / "credits.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["cast", "crew", "id"])
        for one in movies:
            rows.writerow([listed(one.cast), listed(one.directors, job="Director"), one.movie_id])
    with (folder / "links.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["movieId", "imdbId", "tmdbId"])
        rows.writerows([one.movie_id, f"{one.movie_id:07}", one.movie_id] for one in movies)
    made = chosen_ratings(int(ratings * PEOPLE_PER_RATING), len(movies), ratings)
    with (folder / "ratings.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["userId", "movieId", "rating", "timestamp"])
        moments = zip(made.person, made.movie, made.stars, made.rated_at, strict=True)
        rows.writerows(
            [person + 1, made.movie_ids[movie], stars, 1_500_000_000 + moment]
            for person, movie, stars, moment in moments
        )


def emulated(endpoint: str) -> dict[str, str]:
    """The environment of a command on the product's AWS."""
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "STAGE": "local",
    }


@dataclass(slots=True)
class Client:
    """One keep-alive connection, and the headers of whoever is on it."""

    connection: http.client.HTTPConnection
    headers: dict[str, str]

    @classmethod
    def at(cls, address: str, token: str | None = None) -> "Client":
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return cls(http.client.HTTPConnection(address, timeout=60), headers)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        sent = None if body is None else json.dumps(body).encode()
        self.connection.request(method, f"/api{path}", sent, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:300]!r}")
        return answer.status, content


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind of request. In `path`, {film} stands for a film's id and {query} for what is searched.

    `before` is asked, untimed, before each request, so that there is something to change.
    """

    method: str
    path: str
    body: object = None
    before: tuple[str, str, object] | None = None
    query: str = ""
    most: int | None = None

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}{self.query}"


def tried_out(rated: Sequence[int]) -> dict[str, object]:
    said = [
        {"movie_id": movie_id, "stars": 1 + place % 5, "rated_at": place}
        for place, movie_id in enumerate(rated)
    ]
    return {"ratings": said}


def requests_of(rated: Sequence[int], email: str) -> list[Asked]:
    """Every route that can be asked again and again."""
    rating, mark = (
        ("PUT", "/me/ratings/{film}", {"stars": 3.5}),
        ("PUT", "/me/marks/{film}", {"kind": "watchlist"}),
    )
    return [
        Asked("GET", "/health"),
        Asked("GET", "/genres"),
        Asked("GET", "/movies"),
        Asked("GET", "/movies", query="?sort=top-rated&genre=Drama&year_from=1980"),
        Asked("GET", "/movies", query="?q={query}"),
        Asked("GET", "/search", query="?q={query}"),
        Asked("GET", "/movies/trending"),
        Asked("GET", "/movies/to-begin-with"),
        Asked("GET", "/movies/{film}"),
        Asked("GET", "/movies/{film}/similar"),
        Asked("POST", "/movies/{film}/predicted-stars", tried_out(rated)),
        Asked("GET", "/next-to-rate"),
        Asked("POST", "/suggestions", tried_out(rated)),
        Asked("POST", "/suggestions/rows", tried_out(rated)),
        Asked("GET", "/model"),
        Asked("GET", "/openapi.json"),
        Asked("GET", "/me"),
        Asked("GET", "/me/account"),
        Asked("GET", "/me/library"),
        Asked("GET", "/me/movies/{film}"),
        Asked("GET", "/me/next-to-rate"),
        Asked("GET", "/me/ratings"),
        Asked("GET", "/me/marks"),
        Asked("GET", "/me/statistics"),
        Asked("GET", "/me/suggestions"),
        Asked("GET", "/me/suggestions", query="?genre=Drama&adventure=0.5"),
        Asked("GET", "/me/suggestions/rows"),
        Asked(*rating, before=("DELETE", "/me/ratings/{film}", None)),
        Asked("DELETE", "/me/ratings/{film}", before=rating),
        Asked(*mark, before=("DELETE", "/me/marks/{film}", None)),
        Asked("DELETE", "/me/marks/{film}", before=mark),
        Asked("PUT", "/me/name", {"name": "Ada"}),
        Asked("GET", "/me/export", most=10),
        Asked("GET", "/ops/overview"),
        Asked("GET", "/ops/runs"),
        Asked("GET", "/ops/models"),
        Asked("GET", "/ops/films/{film}"),
        Asked("POST", "/ops/people/find", {"who": email}),
        Asked("GET", "/ops/exports"),
        Asked("GET", "/ops/cost"),
        # Last, because so many log-ins end the first one.
        Asked("POST", "/auth/log-in", {"email": email, "password": PASSWORD}, most=60),
    ]


@dataclass(frozen=True, slots=True)
class Load:
    address: str
    token: str
    movies: Sequence[Movie]
    connections: int
    seconds: float

    def seconds_of(self, asked: Asked) -> list[float]:
        """Seconds that each answer took, over all connections; the first of each connection comes first."""

        def client(number: int) -> list[float]:
            chance = random.Random(number)
            one = Client.at(self.address, self.token)
            taken: list[float] = []
            until = 0.0
            for turn in count():
                movie = chance.choice(self.movies)
                words = {"film": movie.movie_id, "query": movie.title.split()[0].lower()[: turn % 8 + 2]}
                if asked.before:
                    method, path, body = asked.before
                    with contextlib.suppress(RuntimeError):
                        one.ask(method, path.format(**words), body)
                started = time.perf_counter()
                one.ask(asked.method, (asked.path + asked.query).format(**words), asked.body)
                taken.append(time.perf_counter() - started)
                until = until or time.perf_counter() + self.seconds
                done = asked.most is not None and turn * self.connections >= asked.most
                if done or (turn >= FEWEST and time.perf_counter() > until):
                    break
            one.connection.close()
            return taken

        with ThreadPoolExecutor(self.connections) as clients:
            taken = list(clients.map(client, range(self.connections)))
        return [some[0] for some in taken] + [seconds for some in taken for seconds in some[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--movies", type=int, default=45_000)
    parser.add_argument("--ratings", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4.0, help="that each route is asked for")
    chosen = parser.parse_args()
    chance = random.Random(9)
    movies = made_up_movies(chosen.movies, chance)
    with tempfile.TemporaryDirectory() as folder:
        write_data_set(Path(folder), movies, chosen.ratings, chance)
        data = ("--data", folder, "--most-ratings", str(2 * chosen.ratings))
        state = Path(folder) / "state"
        state.mkdir()
        with product(state, *data, seconds=SET_UP_SECONDS) as (site, aws):
            address = urlsplit(site).netloc
            email = "ada@matinee.example"
            person = Client.at(address)
            account = {"name": "Ada", "email": email, "password": PASSWORD}
            token = json.loads(person.ask("POST", "/auth/sign-up", account)[1])["access_token"]
            grant = [sys.executable, "-m", "batch_jobs", "operators", "grant", email]
            subprocess.run(grant, check=True, env=emulated(aws), cwd=ROOT, stdout=subprocess.DEVNULL)
            beginning = json.loads(person.ask("GET", "/movies/to-begin-with")[1])["items"]
            rated = [one["movie_id"] for one in beginning[:RATED]]
            person = Client.at(address, token)
            for place, movie_id in enumerate(rated):
                person.ask("PUT", f"/me/ratings/{movie_id}", {"stars": 1 + place % 5})
            load = Load(address, token, movies, chosen.connections, chosen.seconds)
            print(
                f"{chosen.movies:,} films, {chosen.ratings:,} ratings; {chosen.connections} connections, "
                f"{chosen.seconds:g} s each\n\n"
                "| route | req/s | p50 ms | p99 ms | first ms |\n| --- | ---: | ---: | ---: | ---: |"
            )
            for asked in requests_of(rated, email):
                started = time.perf_counter()
                taken = load.seconds_of(asked)
                spent = time.perf_counter() - started
                cuts = statistics.quantiles(taken[chosen.connections :], n=100)
                print(
                    f"| {asked.label} | {len(taken) / spent:.0f} | {cuts[49] * 1000:.1f} "
                    f"| {cuts[98] * 1000:.1f} | {max(taken[: chosen.connections]) * 1000:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
