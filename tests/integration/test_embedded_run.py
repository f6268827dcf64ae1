"""`make run` as a person meets it: what it says, what it picks up again, and what it keeps."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import LOCALSTACK, free_port

MOVIE_COUNT = 24

COUNT_RATINGS = """
import boto3, collections, json
pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName="movies-local-ratings")
print(json.dumps(collections.Counter(item["movie_id"]["N"] for page in pages for item in page["Items"])))
"""


class Product:
    """One installation with a tiny demo, started and ended as a whole."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port, self.aws_port = free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None

    def launch(self, *options: str) -> Iterator[str]:
        """Start it; yields what it says, line by line."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen(
            [
                *(sys.executable, LOCALSTACK / "run.py", "--state", self.state),
                *("--port", str(self.port), "--aws-port", str(self.aws_port)),
                *("--people", "30", "--per-person", "20", *options),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        assert self.process.stdout
        for line in self.process.stdout:  # noqa: UP028 - which would close it when we stop listening
            yield line

    def start(self) -> list[str]:
        """Start it and wait until it is ready; returns what it said."""
        said = []
        for line in self.launch():
            said.append(line.rstrip("\n"))
            if line.startswith(("Log in as", "Sign up there")):
                return said
        raise AssertionError("\n".join(said))

    def children(self) -> list[int]:
        assert self.process
        found = subprocess.run(
            [shutil.which("pgrep") or "pgrep", "-P", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(word) for word in found.stdout.split()]

    def kill_everything(self) -> None:
        if self.process and self.process.poll() is None:
            everything = [*self.children(), self.process.pid]
            for process in everything:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.wait()
        self.wait_until_free()

    def wait_until_free(self) -> None:
        """Wait until nothing listens on the ports any more."""
        for port in (self.port, self.aws_port):
            for _ in range(300):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    with contextlib.suppress(OSError):
                        probe.bind(("127.0.0.1", port))
                        break
                time.sleep(0.1)
            else:
                raise AssertionError(f"port {port} is still in use")

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", timeout=20)

    def log_in(self, browser: httpx.Client) -> None:
        """Log in to the demo account, by the e-mail and password that the site offers."""
        demo = httpx.get(f"http://127.0.0.1:{self.port}/config.json").json()["demo"]
        session = browser.post("/auth/log-in", json=demo).raise_for_status().json()
        browser.headers["Authorization"] = f"Bearer {session['access_token']}"


def listed_count(listed: list[dict[str, Any]], movie_id: int) -> int:
    return next(int(one["rating_count"]) for one in listed if one["movie_id"] == movie_id)


def counts_of(browser: httpx.Client, movies: list[int]) -> list[int]:
    return [browser.get(f"/movies/{movie}").json()["rating_count"] for movie in movies]


def await_counts(browser: httpx.Client, movies: list[int], expected: list[int]) -> None:
    """Wait until the films have so many ratings."""
    for _ in range(300):
        if counts_of(browser, movies) == expected:
            return
        time.sleep(0.1)
    assert counts_of(browser, movies) == expected


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("installation") / "state")
    yield product
    product.kill_everything()


def test_an_interrupted_set_up_goes_on_where_it_stopped(product: Product) -> None:
    steps: list[str] = []
    for line in product.launch():
        if line.startswith("["):
            steps.append(line)
        if line.startswith("[3/6]"):
            break
    assert [step[:5] for step in steps] == ["[1/6]", "[2/6]", "[3/6]"]
    product.kill_everything()

    said = product.start()
    again = [line for line in said if line.startswith("[")]
    assert again[0].removeprefix("[1/4] ") == steps[2].removeprefix("[3/6] ").rstrip("\n")
    assert said[-2] == f"Ready: http://127.0.0.1:{product.port}"
    with product.browser() as browser:
        health = browser.get("/health").json()
        assert health["catalogue_version"]
        assert health["model_version"]
        assert len(browser.get("/movies?sort=popular").json()["items"]) == MOVIE_COUNT


def test_no_rating_of_the_set_up_is_counted_twice(product: Product) -> None:
    """The stream tells of them all when the site starts, and the catalogue holds them already."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{product.aws_port}",
        "RESOURCE_PREFIX": "movies-local",
    }
    counted = subprocess.run(
        [sys.executable, "-c", COUNT_RATINGS], capture_output=True, text=True, check=True, env=environment
    )
    with product.browser() as browser:
        product.log_in(browser)
        rated = browser.get("/me/library").json()["ratings"]
        listed = browser.get("/movies?limit=60").json()["items"]
        other = next(one["movie_id"] for one in reversed(listed) if str(one["movie_id"]) not in rated)
        before = listed_count(listed, other)
        browser.put(f"/me/ratings/{other}", json={"stars": 4}).raise_for_status()
        await_counts(browser, [other], [before + 1])
        browser.delete(f"/me/ratings/{other}").raise_for_status()
        await_counts(browser, [other], [before])
        shown = {
            one["movie_id"]: one["rating_count"] for one in browser.get("/movies?limit=60").json()["items"]
        }
    exact = json.loads(counted.stdout)
    assert shown == {movie: exact.get(str(movie), 0) for movie in shown}


def test_a_second_start_is_refused_while_it_runs(product: Product) -> None:
    second = Product(product.state)
    said = list(second.launch())
    assert said == [f"The product is running already with the folder {product.state}; stop that one first.\n"]
    assert second.process
    assert second.process.wait() == 1
    refused = subprocess.run(
        [sys.executable, LOCALSTACK / "run.py", "--state", product.state, "--reset"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "is running already" in refused.stderr
    assert product.state.exists()


def test_a_taken_port_is_named_with_the_way_out(product: Product, tmp_path: Path) -> None:
    second = Product(tmp_path / "state")
    second.port = product.port
    said = list(second.launch())
    assert len(said) == 1
    assert said[0].startswith(f"Port {product.port} for the site cannot be used")
    assert said[0].endswith("choose another: make run PORT=8001\n")
    second.port, second.aws_port = free_port(), product.aws_port
    assert "make run AWS_PORT=4567" in "".join(second.launch())


def test_what_an_operator_asks_for_is_run_and_its_end_is_told(product: Product) -> None:
    with product.browser() as demo:
        product.log_in(demo)
        asked = demo.post("/ops/runs", json={"stage": "suggest"})
        assert (asked.status_code, asked.json()["state"]) == (202, "queued")
        assert demo.post("/ops/runs", json={"stage": "suggest"}).status_code == 409
        for _ in range(600):
            runs = demo.get("/ops/runs").json()
            if runs["request"]["state"] not in {"queued", "running"}:
                break
            time.sleep(0.1)
        request = runs["request"]
        assert (request["request_id"], request["state"]) == (asked.json()["request_id"], "finished")
        suggest = next(stage for stage in runs["items"][0]["stages"] if stage["name"] == "suggest")
        assert request["started_at"] <= suggest["started_at"] <= suggest["finished_at"]
        assert suggest["finished_at"] <= request["finished_at"]


def test_killing_everything_loses_no_rating(product: Product) -> None:
    with product.browser() as demo:
        product.log_in(demo)
        movies = [movie["movie_id"] for movie in demo.get("/movies?limit=8").json()["items"]]
        for movie in movies:
            demo.put(f"/me/ratings/{movie}", json={"stars": 0.5}).raise_for_status()
        demo.delete(f"/me/ratings/{movies[0]}").raise_for_status()
        demo.put(f"/me/ratings/{movies[1]}", json={"stars": 5.0}).raise_for_status()
        before = demo.get("/me/library").json()
    product.kill_everything()
    started = time.monotonic()
    said = product.start()
    assert time.monotonic() - started < 20
    assert not [line for line in said if line.startswith("[")]
    with product.browser() as demo:
        product.log_in(demo)
        after = demo.get("/me/library").json()
        assert demo.get("/me/suggestions").json()["items"]
    assert after == before
    assert after["ratings"][str(movies[1])] == 5.0
    assert str(movies[0]) not in after["ratings"]


def test_killing_everything_neither_loses_nor_doubles_what_a_rating_counts(product: Product) -> None:
    with product.browser() as demo:
        product.log_in(demo)
        rated = demo.get("/me/library").json()["ratings"]
        listed = demo.get("/movies?limit=60").json()["items"]
        *movies, last, later = [one["movie_id"] for one in listed if str(one["movie_id"]) not in rated][:8]
        before = counts_of(demo, movies)
        demo.put(f"/me/ratings/{last}", json={"stars": 4}).raise_for_status()
        await_counts(demo, [last], [1 + listed_count(listed, last)])
        for movie in movies:
            demo.put(f"/me/ratings/{movie}", json={"stars": 4}).raise_for_status()
    product.kill_everything()
    after = [count + 1 for count in before]
    product.start()
    with product.browser() as demo:
        await_counts(demo, movies, after)
    product.kill_everything()
    product.start()
    with product.browser() as demo:
        product.log_in(demo)
        demo.put(f"/me/ratings/{later}", json={"stars": 4}).raise_for_status()
        # The stream is read in its order: when this one counts, those before it have come again.
        await_counts(demo, [later], [1 + listed_count(listed, later)])
        assert counts_of(demo, movies) == after


def test_the_death_of_a_part_is_noticed_and_said(product: Product) -> None:
    assert product.process
    assert product.process.stdout
    os.kill(max(product.children()), signal.SIGKILL)
    said = product.process.stdout.read().splitlines()
    assert product.process.wait(30) == 1
    assert said[0].startswith("The dev server has ended unexpectedly; its log is ")
    product.wait_until_free()


def test_nothing_is_left_running_when_it_is_killed(product: Product) -> None:
    product.start()
    assert product.process
    product.process.kill()
    product.process.wait()
    product.wait_until_free()


def test_ctrl_c_ends_it_in_order(product: Product) -> None:
    product.start()
    assert product.process
    assert product.process.stdout
    product.process.send_signal(signal.SIGINT)
    assert product.process.stdout.read().splitlines() == ["Stopping …", "Stopped."]
    assert product.process.wait(30) == 0
    assert json.loads((product.state / "aws" / "services" / "dynamodb.json").read_bytes())
    product.wait_until_free()


def test_other_data_are_not_poured_into_an_installation(product: Product, tmp_path: Path) -> None:
    said = list(product.launch("--data", str(tmp_path)))
    assert said[-1].startswith("This installation holds the demo already: `make reset` empties it")


def test_reset_deletes_what_was_stored(product: Product) -> None:
    subprocess.run([sys.executable, LOCALSTACK / "run.py", "--state", product.state, "--reset"], check=True)
    assert not product.state.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    product = Product(tmp_path / "file" / "state")
    assert list(product.launch()) == [f"The folder {product.state} cannot be written (Not a directory).\n"]


def test_a_data_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    product = Product(tmp_path / "state")
    said = list(product.launch("--data", str(tmp_path / "none")))
    assert said[-1] == f"There is no {tmp_path / 'none'}; name the folder or ZIP that holds the data set.\n"
