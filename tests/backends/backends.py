"""Three emulated AWS, each as a process of its own that is spoken to over HTTP.

LOCALSTACK_ENDPOINT    a LocalStack that runs already (in Docker, say), to be used instead of starting one
"""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.integration.embedded import EmbeddedAws
from tests.processes import LOCALSTACK, await_ready, end, free_port, listens

WITHOUT_DOCKER = LOCALSTACK / "without_docker.sh"


@dataclass(frozen=True, slots=True)
class Backend:
    """`passed_over` are the resources of the storage template that its CloudFormation says nothing about and
    does not make; `shows_mail` is whether it tells what would have been mailed."""

    endpoint: str
    folder: Path
    passed_over: frozenset[str] = frozenset()
    shows_mail: bool = True


def embedded(folder: Path) -> Iterator[Backend]:
    """MiniStack behind its journal: what `make run` starts."""
    aws = EmbeddedAws(folder / "aws")
    aws.start()
    yield Backend(aws.endpoint, folder)
    aws.stop()


def moto(folder: Path) -> Iterator[Backend]:
    port = free_port()
    words = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "moto.log"
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        await_ready(process, log, partial(listens, port))
        yield Backend(
            f"http://127.0.0.1:{port}",
            folder,
            passed_over=frozenset({"ArtifactsBucketPolicy", "SigningKey", "OriginKey"}),
            shows_mail=False,
        )
    finally:
        end(process)


def localstack(folder: Path) -> Iterator[Backend]:
    if given := os.environ.get("LOCALSTACK_ENDPOINT"):
        yield Backend(given.rstrip("/"), folder)
        return
    if subprocess.run([WITHOUT_DOCKER, "is-installed"], check=False).returncode:
        pytest.skip("it is not installed here: `make localstack` does that, without Docker")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    log = folder / "localstack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [WITHOUT_DOCKER, "run", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        await_ready(process, log, lambda: answers(f"{endpoint}/_localstack/health"), 120)
        yield Backend(endpoint, folder)
    finally:
        end(process)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own
            return True
    except OSError:
        return False


BACKENDS = {start.__name__: start for start in (embedded, moto, localstack)}
