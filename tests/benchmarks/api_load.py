"""How fast the running app answers: `python tests/benchmarks/api_load.py [URL]`.

A bounded load from this process on the app that `make run` started: a few keep-alive connections, each
asking again as soon as it is answered. Prints requests a second and the median and 99th percentile of
the time an answer takes, for each kind of request.
"""

import http.client
import json
import statistics
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

CONNECTIONS = 2
SECONDS = 4.0


def ask(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> None:
    """One request; raises RuntimeError unless it is answered with 200."""
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"GET {path} answered {answer.status}: {body[:200]!r}")


def measure(address: str, path: str, headers: Mapping[str, str]) -> list[float]:
    """Seconds of every answer within `SECONDS`, over `CONNECTIONS` connections."""

    def client(_: int) -> list[float]:
        connection = http.client.HTTPConnection(address, timeout=30)
        taken = []
        ask(connection, path, headers)
        until = time.perf_counter() + SECONDS
        while (started := time.perf_counter()) < until:
            ask(connection, path, headers)
            taken.append(time.perf_counter() - started)
        connection.close()
        return taken

    with ThreadPoolExecutor(CONNECTIONS) as clients:
        return [seconds for taken in clients.map(client, range(CONNECTIONS)) for seconds in taken]


def log_in(address: str) -> dict[str, str]:
    """Headers of the demo account, which the site's own configuration names."""
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", "/config.json")
    demo = json.loads(connection.getresponse().read())["demo"]
    connection.request("POST", "/api/auth/log-in", json.dumps(demo), {"Content-Type": "application/json"})
    return {"Authorization": f"Bearer {json.loads(connection.getresponse().read())['access_token']}"}


def main() -> None:
    address = urlsplit(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000").netloc
    person = log_in(address)
    print(
        f"{CONNECTIONS} connections, {SECONDS:g} s each\n{'request':34}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}"
    )
    for path, headers in (
        ("/", {}),
        ("/api/health", {}),
        ("/api/movies?sort=popular", {}),
        ("/api/movies?q=star", {}),
        ("/api/me/ratings", person),
        ("/api/me/statistics", person),
        ("/api/me/suggestions", person),
        ("/api/me/suggestions?genre=Drama", person),
        ("/api/me/suggestions/rows", person),
    ):
        taken = measure(address, path, headers)
        cuts = statistics.quantiles(taken, n=100)
        print(f"{path:34}{len(taken) / SECONDS:8.0f}{cuts[49] * 1000:9.2f}{cuts[98] * 1000:9.2f}")


if __name__ == "__main__":
    main()
