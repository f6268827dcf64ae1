"""The whole product on this machine: `make run`.

Starts the embedded AWS, deploys the tables and buckets, loads the data if that was not done before, uploads
the site, and serves everything on one address until Ctrl-C.

    AWS_ENDPOINT_URL     where given, that emulated AWS is used (LocalStack, say) and none is started

What was done is recorded in the artifacts bucket, beside the data it speaks of, so a start that was
interrupted goes on where it stopped, and an emptied AWS is filled again.
"""

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import local_environment

HERE = Path(__file__).resolve().parent
DEMO_EMAIL = "demo@example.com"
STACK = "movies-local"
NEEDED_SPACE = 300 << 20
RECORD = "local/setup.json"
MOST_RATINGS = 150_000
COMPILING = 20.0  # seconds that the first training on a machine takes longer than any later one


class StartError(Exception):
    """Why the product cannot run, in one sentence for the person who started it."""


class Stop(Exception):  # noqa: N818 - not an error: somebody pressed Ctrl-C
    """Somebody wants the product to stop."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the set-up: a batch command, recorded as done under `name`. `estimate` is in seconds;
    what the command prints is shown where it is a `report`."""

    name: str
    label: str
    command: tuple[str, ...]
    estimate: float
    needs_password: bool = False
    report: bool = False


@dataclass(slots=True)
class Child:
    """A server that this process started; it stops when its standard input closes, however we end."""

    label: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, seconds: float) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with status {self.process.returncode}"


@dataclass(slots=True)
class Product:
    """Everything that runs. Children are stopped in the reverse order of their start."""

    state: Path
    children: list[Child] = field(default_factory=list)

    def start(self, label: str, script: str, *options: str) -> Child:
        log = self.state / f"{Path(script).stem}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(HERE / script), *options, "--with-parent"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=local_environment.REPOSITORY,
                start_new_session=True,
            )
        child = Child(label, process, log)
        self.children.append(child)
        return child

    def await_answer(self, child: Child, url: str, seconds: float) -> None:
        """Wait until the child answers. Raises StartError with what the child said if it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if child.process.poll() is not None:
                raise StartError(f"{child.label} could not start: {child.last_words()}")
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own
                return
            time.sleep(0.05)
        raise StartError(f"{child.label} did not answer within {seconds:.0f} seconds; its log is {child.log}")

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop(60)
        self.children.clear()

    def kill(self) -> None:
        for child in self.children:
            child.process.kill()

    def watch(self) -> None:
        """Wait for ever. Raises StartError when a child has died."""
        while True:
            for child in self.children:
                if child.process.poll() is not None:
                    raise StartError(f"{child.label} has ended unexpectedly; its log is {child.log}")
            time.sleep(0.25)


def main() -> int:
    chosen = arguments()
    if chosen.reset:
        return reset(chosen.state)
    product = Product(chosen.state)
    stop_at_signal(product)
    try:
        with only_instance(chosen.state):
            try:
                run(chosen, product)
            except Stop:
                say("Stopping …")
            finally:
                product.stop()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    except Stop:
        product.stop()
    say("Stopped.")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the whole product on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="where the browser finds it (default: 8000)")
    parser.add_argument("--aws-port", type=int, default=4566, help="of the embedded AWS (default: 4566)")
    parser.add_argument("--state", type=Path, default=Path(".local"), help="folder that keeps everything")
    parser.add_argument("--people", type=int, default=1500, help="fake people in the demo (default: 1500)")
    parser.add_argument("--per-person", type=int, default=60, help="ratings of each (default: 60)")
    parser.add_argument("--data", type=Path, help="a folder or ZIP of The Movies Dataset or MovieLens")
    parser.add_argument(
        "--most-ratings", type=int, help=f"of --data to import, whole people (default: {MOST_RATINGS})"
    )
    parser.add_argument("--reset", action="store_true", help="delete the state folder instead of running")
    chosen = parser.parse_args()
    chosen.state = chosen.state.resolve()
    return chosen


def run(chosen: argparse.Namespace, product: Product) -> None:
    """Start everything and stay. Raises Stop or StartError, never returns."""
    check_port(chosen.port, "the site", "PORT=8001")
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        endpoint = f"http://127.0.0.1:{chosen.aws_port}"
        check_port(chosen.aws_port, "the embedded AWS", "AWS_PORT=4567")
        aws = product.start(
            "The embedded AWS",
            "embedded_aws.py",
            "--port",
            str(chosen.aws_port),
            "--state",
            str(chosen.state / "aws"),
        )
        product.await_answer(aws, f"{endpoint}/_localstack/health", 120)
    local_environment.use(endpoint, chosen.state / "cache")

    from deployment import DeploymentError, deploy

    try:
        buckets = deploy(STACK, local_environment.REPOSITORY / "infra" / "storage.yaml")
    except DeploymentError as error:
        raise StartError(str(error)) from error
    record = Record(buckets.artifacts)
    record.settle_source(chosen.data, chosen.most_ratings)
    set_up(steps_of(chosen, record), record)

    from mailbox_page import MAIL_PATH
    from site_files import upload

    demo = {"email": DEMO_EMAIL, "password": record.demo_password} if "demo-account" in record.done else None
    frontend = local_environment.REPOSITORY / "chalice_app" / "frontend"
    upload(local_environment.s3(), buckets.site, frontend, {"demo": demo})
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{chosen.port}")
    product.start("The job runner", "job_runner.py")
    server = product.start("The dev server", "dev_server.py", "--port", str(chosen.port))
    product.await_answer(server, f"http://127.0.0.1:{chosen.port}/api/health", 60)
    say(f"Mail is shown at http://127.0.0.1:{chosen.port}{MAIL_PATH} instead of being sent.")
    say(f"Ready: http://127.0.0.1:{chosen.port}")
    if demo:
        say(f"Log in as {demo['email']} with the password {demo['password']}, or sign up. Ctrl-C stops.")
    else:
        say("Sign up there. Ctrl-C stops.")
    product.watch()


class Record:
    """What the set-up has done, kept in the artifacts bucket. `data` is the data set, None for the demo."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3 = local_environment.s3()
        try:
            saved = json.load(self._s3.get_object(Bucket=bucket, Key=RECORD)["Body"])
        except self._s3.exceptions.NoSuchKey:
            saved = {
                "done": [],
                "demo_password": secrets.token_urlsafe(9),
                "data": None,
                "most_ratings": None,
            }
        self.done: list[str] = saved["done"]
        self.demo_password: str = saved["demo_password"]
        self.data: str | None = saved["data"]
        self.most_ratings: int | None = saved["most_ratings"]

    def settle_source(self, data: Path | None, most_ratings: int | None) -> None:
        """Load the data set that is asked for; without one, go on with what is here.

        Raises StartError where the data set is missing, or other data are here already.
        """
        if data is not None and not data.exists():
            raise StartError(f"There is no {data}; name the folder or ZIP that holds the data set.")
        asked = str(data.resolve()) if data else None
        if not self.done:
            self.data, self.most_ratings = asked, most_ratings
        elif asked and asked != self.data:
            raise StartError(
                f"This installation holds {self.data or 'the demo'} already: `make reset` empties it, "
                "and `make run STATE=another-folder …` keeps both."
            )
        else:
            self.most_ratings = most_ratings or self.most_ratings

    def add(self, step: str) -> None:
        self.done.append(step)
        self.save()

    def save(self) -> None:
        content = {
            "done": self.done,
            "demo_password": self.demo_password,
            "data": self.data,
            "most_ratings": self.most_ratings,
        }
        self._s3.put_object(Bucket=self._bucket, Key=RECORD, Body=json.dumps(content).encode())


def steps_of(chosen: argparse.Namespace, record: Record) -> list[Step]:
    """What fills an empty installation: the demo, or a data set."""
    if record.data is not None:
        data, most = record.data, record.most_ratings or MOST_RATINGS
        movies = ("import-movies", data, "--rejects", str(chosen.state / "rejected-movies.csv"))
        ratings = ("import-ratings", data, "--rejects", str(chosen.state / "rejected-ratings.csv"))
        resume = ("--resume", str(chosen.state / "import-ratings.resume"))
        return [
            Step(f"movies of {data}", f"Importing the films of {data}", movies, 30, report=True),
            Step(
                f"{most} ratings of {data}",
                f"Importing at most {most:,} of its ratings (MOST_RATINGS=… takes more or fewer)",
                (*ratings, "--most-ratings", str(most), *resume),
                10 + most / 4000,
                report=True,
            ),
            Step(
                f"run on {most} ratings of {data}", "Training on them", ("run",), COMPILING + 15 + most / 5000
            ),
        ]
    total = chosen.people * chosen.per_person
    people = ("--people", str(chosen.people), "--per-person", str(chosen.per_person))
    return [
        Step("catalogue", "Loading the demo's films", ("load-demo-catalogue",), 5),
        Step(
            "people",
            f"Making {chosen.people:,} people up",
            ("create-fake-users", str(chosen.people)),
            2 + chosen.people / 1000,
        ),
        Step(
            "ratings",
            f"Making about {total:,} ratings up",
            ("create-fake-ratings", *people),
            3 + total / 4000,
        ),
        Step("demo-account", "Making the demo account", ("create-demo-account",), 2, needs_password=True),
        Step("operator", "Making it an operator's", ("operators", "grant", DEMO_EMAIL), 1),
        Step("run", "Training, and writing everybody's suggestions", ("run",), COMPILING + 15 + total / 5000),
    ]


def set_up(steps: list[Step], record: Record) -> None:
    """Do the steps that are not recorded as done. Raises StartError."""
    left = [step for step in steps if step.name not in record.done]
    # The password must be on record before it is in use.
    if left:
        record.save()
        say(f"Setting up, about {duration(sum(step.estimate for step in left))}; this happens once.")
    for number, step in enumerate(left, 1):
        say(f"[{number}/{len(left)}] {step.label} (about {duration(step.estimate)})")
        started = time.monotonic()
        do(step, record.demo_password)
        record.add(step.name)
        say(f"      done in {duration(time.monotonic() - started)}")


def do(step: Step, password: str) -> None:
    """Run a batch command. Raises StartError if it fails; it is ended if we are."""
    process = subprocess.Popen(
        [sys.executable, "-m", "batch_jobs", *step.command],
        stdin=subprocess.PIPE,
        stdout=None if step.report else subprocess.DEVNULL,
        cwd=local_environment.REPOSITORY,
        start_new_session=True,
    )
    try:
        process.communicate(f"{password}\n".encode() if step.needs_password else b"")
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
    if process.returncode:
        raise StartError(
            f"The set-up stopped at “{step.label}”; the reason is above. Starting again goes on from there."
        )


def check_port(port: int, whose: str, other: str) -> None:
    """Raises StartError if the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise StartError(
                f"Port {port} for {whose} cannot be used ({reason}); choose another: make run {other}"
            ) from error


@contextlib.contextmanager
def only_instance(state: Path) -> Iterator[IO[str]]:
    """Hold the state folder. Raises StartError where that cannot be, or where the disk is nearly full."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = (state / "lock").open("w")
    except OSError as error:
        raise StartError(f"The folder {state} cannot be written ({error.strerror}).") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"The product is running already with the folder {state}; stop that one first."
            ) from error
        if (free := shutil.disk_usage(state).free) < NEEDED_SPACE:
            raise StartError(
                f"Only {free >> 20} MB are free where {state} is, and {NEEDED_SPACE >> 20} MB are needed."
            )
        yield lock


def reset(state: Path) -> int:
    """Delete the state folder unless something runs on it."""
    try:
        if state.exists():
            with only_instance(state):
                shutil.rmtree(state)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    say(f"{state} is gone; the next start begins anew.")
    return 0


def stop_at_signal(product: Product) -> None:
    """The first signal stops in order, the second at once."""
    pressed = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            raise Stop
        product.kill()
        os._exit(130)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
