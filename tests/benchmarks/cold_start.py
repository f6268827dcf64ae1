"""How long the API takes from nothing to its first answer, as a new Lambda container does.

    python -m tests.benchmarks.cold_start [--rounds 21] [--movies 2000]

Starts fresh processes in turns: one imports chalice and PynamoDB, and nothing of ours; the others import the
app and hand it one event of API Gateway's. `started` is a container without a snapshot, in which import and
answer are waited for; `restored` is one of SnapStart's, imported before, in which only the answer is. Prints
medians of milliseconds by the clock and, in brackets, of the processor; and of how many times the processor
takes for the import what it takes for the bare packages in the same round. Films are made up, moto serves S3
from this process, and every process downloads the catalogue anew. The interpreter's own start is left out.
"""

import argparse
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from moto.server import ThreadedMotoServer

from batch_jobs.catalogue import publish_movies
from chalicelib.config import settings
from tests.benchmarks.films import made_up_movies
from tests.processes import ROOT

_TIMED = """
import json, os, sys, time

def now():
    return time.perf_counter(), time.process_time()

event = json.loads(sys.argv[1])
times = [now()]
if event is None:
    import chalice, pynamodb.models
else:
    from app import app
times.append(now())
if event:
    answer = app(event, None)
    assert answer["statusCode"] == 200, answer
    times.append(now())
print(json.dumps([[1000 * (b - a) for a, b in zip(*two)] for two in zip(times, times[1:])]))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One kind of process. `path` is what the first request asks for; `app` is off where ours stays out."""

    name: str
    path: str | None = None
    parameters: Mapping[str, str] | None = None
    app: bool = True
    restored: bool = False


STARTS = (
    Start("chalice and PynamoDB alone", app=False),
    Start("GET /health, started", "/health"),
    Start("GET /movies/{movie_id}, started", "/movies/{movie_id}", {"movie_id": "7"}),
    Start("GET /health, restored", "/health", restored=True),
    Start("GET /movies/{movie_id}, restored", "/movies/{movie_id}", {"movie_id": "7"}, restored=True),
)


def event_for(start: Start) -> dict[str, object] | None:
    """What API Gateway would hand over."""
    if not start.app:
        return None
    return {
        "resource": start.path,
        "path": str(start.path).format(**(start.parameters or {})),
        "httpMethod": "GET",
        "headers": {},
        "multiValueHeaders": {},
        "multiValueQueryStringParameters": None,
        "pathParameters": start.parameters,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": start.path,
            "identity": {"sourceIp": "127.0.0.1"},
            "requestId": "first",
        },
    }


def measure(start: Start, environment: Mapping[str, str]) -> list[list[float]]:
    """Milliseconds by the clock and of the processor: of the import, and of the answer where one is asked."""
    with tempfile.TemporaryDirectory() as cache:
        own = {"CACHE_DIR": cache, "PYTHONPATH": str(ROOT / "chalice_app")}
        if start.restored:
            own["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
        done = subprocess.run(
            [sys.executable, "-c", _TIMED, json.dumps(event_for(start))],
            env={**environment, **own},
            cwd=cache,
            stdout=subprocess.PIPE,
            check=True,
        )
    times: list[list[float]] = json.loads(done.stdout.splitlines()[-1])  # what is before it are logs
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--movies", type=int, default=2_000)
    chosen = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},  # a package is compiled
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    os.environ.update(environment)
    boto3.client("s3").create_bucket(Bucket=settings().artifacts_bucket)
    publish_movies(made_up_movies(chosen.movies, random.Random(9)))
    for start in STARTS:  # once for the .pyc files and the disk's cache
        measure(start, environment)
    taken = [[measure(start, environment) for start in STARTS] for _ in range(chosen.rounds)]
    server.stop()
    print(f"{chosen.rounds} rounds\n{'ms':34}{'import':>16}{'answer':>16}{'waited for':>16}   × bare")
    for place, start in enumerate(STARTS):
        of_start = [round_[place] for round_ in taken]
        ratio = statistics.median(round_[place][0][1] / round_[0][0][1] for round_ in taken)
        waited = [times[1:] if start.restored else times for times in of_start]
        columns = [[times[:1] for times in of_start], [times[1:] for times in of_start], waited]
        print(f"{start.name:34}{''.join(map(_medians, columns))}{ratio:9.2f}")


def _medians(spans: list[list[list[float]]]) -> str:
    """The median of the sums, by the clock and of the processor."""
    if not spans[0]:
        return f"{'–':>16}"
    clock, processor = (statistics.median(sum(one[n] for one in each) for each in spans) for n in (0, 1))
    return f"{clock:10.0f} ({processor:3.0f})"


if __name__ == "__main__":
    main()
