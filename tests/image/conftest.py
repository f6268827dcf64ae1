"""The batch job's image, built by the engine that is here, and an AWS that its containers reach."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from deployment import deploy
from infra.deploy import images
from tests.integration.embedded import EmbeddedAws

NAME = "localhost/movies-batch:tried"
PEOPLE = 400
TEMPLATE = Path(__file__).parents[2] / "infra" / "storage.yaml"


@dataclass(frozen=True, slots=True)
class Engine:
    """Docker or podman; `base` is what images are built on."""

    program: str
    base: str

    def __call__(self, *words: str) -> str:
        done = subprocess.run([self.program, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def build(self, name: str, *options: str) -> str:
        """Build as a deployment does, on this machine's network; returns the name."""
        here = ("--network", "host", "--build-arg", f"BASE={self.base}")
        images.build(self.program, name, *here, *options)
        return name


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Containers:
    """Of one image, held as `infra/batch.yaml` holds the task: no privileges, and only /tmp to write to."""

    engine: Engine
    image: str
    environment: dict[str, str]

    def start(
        self, *words: str, options: tuple[str, ...] = (), changed: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        variables = {**self.environment, **(changed or {})}
        return subprocess.Popen(
            [
                *(self.engine.program, "run", "--rm", "--network", "host", "--read-only", "--tmpfs", "/tmp"),  # noqa: S108
                *("--cap-drop", "all", "--security-opt", "no-new-privileges", *options),
                *(word for name, value in variables.items() for word in ("--env", f"{name}={value}")),
                *(self.image, *words),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *words: str, options: tuple[str, ...] = (), changed: Mapping[str, str] | None = None
    ) -> Ended:
        process = self.start(*words, options=options, changed=changed)
        output, errors = process.communicate(timeout=600)
        return Ended(process.returncode, output, errors)

    def python(self, program: str) -> str:
        """What a few lines print, as the image's user."""
        ended = self.run("-c", program, options=("--entrypoint", "python"))
        assert ended.status == 0, ended.errors
        return ended.output.strip()


@pytest.fixture(scope="session")
def engine() -> Engine:
    base = os.environ.get("IMAGE_BASE")
    if base is None:
        pytest.skip(".ci/image runs these")
    program = images.engine()
    assert program
    return Engine(program, base)


@pytest.fixture(scope="session")
def image(engine: Engine) -> Iterator[str]:
    yield engine.build(NAME)
    engine("rmi", NAME)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(tmp_path_factory.mktemp("aws") / "state").in_use() as aws:
        deploy("movies-local", TEMPLATE)
        yield aws


@pytest.fixture(scope="session")
def containers(engine: Engine, image: str, aws: EmbeddedAws) -> Containers:
    """The environment is the task's, but for where AWS is. Films, people and ratings are there."""
    environment = {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "STAGE": "local",
        "CACHE_DIR": "/tmp/movies",  # noqa: S108
    }
    made = Containers(engine, image, environment)
    for words in (
        ("load-demo-catalogue",),
        ("create-fake-users", str(PEOPLE)),
        ("create-fake-ratings", "--people", str(PEOPLE)),
    ):
        ended = made.run(*words)
        assert ended.status == 0, ended.errors
    return made


def ledger() -> dict[str, dict[str, Any]]:
    """The rows of the run ledger, by key."""
    rows = boto3.client("dynamodb").scan(TableName="movies-local-runs")["Items"]
    return {row["pk"]["S"]: row for row in rows}
