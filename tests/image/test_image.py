"""What the batch job's image promises whoever runs it. `.ci/image` runs these."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest

from batch_jobs.__main__ import DONE, FAILED, REFUSED, STOPPED, USAGE
from infra.deploy import images
from tests.image.conftest import PEOPLE, Containers, Engine, ledger
from tests.processes import free_port

FILES = r"""
cd /opt
find . -type f -print0 | sort -z | xargs -0 sha256sum
find . -mindepth 2 -printf '%p %m %U %T@ %l\n' | sort
"""

MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    """Read what a container says until it says that."""
    assert process.stderr
    for said in process.stderr:
        if said.startswith(line):
            return
    raise AssertionError(f"The container ended with status {process.wait()} and never said {line}.")


def test_a_run_trains_publishes_and_ends_with_status_0(containers: Containers) -> None:
    ended = containers.run("--json", "run")
    assert ended.status == DONE, ended.errors
    stages = json.loads(ended.output)["stages"]
    assert stages["suggest"]["counts"]["people"] == PEOPLE
    assert ledger()[f"run#{json.loads(ended.output)['run_id']}"]["state"]["S"] == "finished"


def test_a_run_compiles_nothing(containers: Containers) -> None:
    ended = containers.run("run", changed={"NUMBA_DEBUG_CACHE": "1"})
    assert ended.status == DONE, ended.errors
    assert "[cache] data loaded from" in ended.output
    assert "[cache] data saved to" not in ended.output


def test_it_has_no_privileges_and_owns_nothing_but_tmp(containers: Containers) -> None:
    identity = "import os; print(os.getuid(), os.getgid(), 0 in os.getgroups())"
    assert containers.python(identity) == "10001 10001 False"
    capabilities = "print([line for line in open('/proc/self/status') if line.startswith('CapEff')][0][8:])"
    assert int(containers.python(capabilities), 16) == 0
    # Podman puts memory where programs may expect to write, into /var/tmp and /run.
    writable = (
        "import os; print([folder for folder, _, _ in os.walk('/') if os.access(folder, os.W_OK) "
        "and not folder.startswith(('/proc', '/dev', '/sys', '/tmp', '/var/tmp', '/run'))])"
    )
    assert containers.python(writable) == "[]"


def test_sigterm_ends_a_run_in_order_and_the_next_one_works(containers: Containers) -> None:
    process = containers.start("run")
    wait_for(process, "train")
    process.terminate()  # which the engine hands on at once; a command of its own may come too late
    _, errors = process.communicate(timeout=60)
    assert process.returncode == STOPPED
    assert errors.splitlines()[-1] == "stopped"
    rows = ledger()
    stopped = rows[f"run#{rows['latest']['owner']['S']}"]
    assert stopped["state"]["S"] == "failed"
    assert "asked to stop" in stopped["error"]["S"]
    assert "lease" not in rows
    assert containers.run("run").status == DONE


def test_two_containers_never_work_at_once(containers: Containers) -> None:
    """They share the host's name, and in both the job is process 1."""
    first = containers.start("run")
    wait_for(first, "export")
    second = containers.run("run")
    first.communicate(timeout=300)
    assert first.returncode == DONE
    assert second.status == REFUSED
    assert "Another run holds the lease" in second.errors


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Is it running?"),
        ({"RESOURCE_PREFIX": "not-there"}, "AWS did not do what was asked"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"}, "No AWS is configured here"),
    ],
    ids=["no answer", "no tables", "no credentials"],
)
def test_a_bad_configuration_ends_with_one_sentence(
    containers: Containers, environment: dict[str, str], says: str
) -> None:
    ended = containers.run("run", changed=environment)
    assert ended.status == FAILED
    (sentence,) = ended.errors.splitlines()
    assert sentence.startswith("error: ")
    assert says in sentence


def test_a_wrong_command_is_told_apart_from_a_failure(containers: Containers) -> None:
    assert containers.run("walk").status == USAGE


def test_the_same_sources_make_the_same_files(engine: Engine, image: str) -> None:
    again = engine.build("localhost/movies-batch:again", "--no-cache")
    try:
        first, second = (
            engine("run", "--rm", "--user", "0", "--entrypoint", "sh", one, "-c", FILES)
            for one in (image, again)
        )
        assert set(first.splitlines()) ^ set(second.splitlines()) == set()
        if Path(engine.program).name == "podman":
            digests = [engine("image", "inspect", "--format", "{{.Digest}}", one) for one in (image, again)]
            assert digests[0] == digests[1]
    finally:
        engine("rmi", again)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty one, without TLS and without a lock."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed")
    address = f"127.0.0.1:{free_port()}"
    settings = tmp_path / "registry.yaml"
    settings.write_text(
        json.dumps(
            {
                "version": 0.1,
                "storage": {"filesystem": {"rootdirectory": str(tmp_path / "images")}},
                "http": {"addr": address},
            }
        )
    )
    trusted = tmp_path / "registries.conf"
    trusted.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(trusted))
    process = subprocess.Popen(
        [program, "serve", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # The registry would take this for its own.
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    host, _, port = address.partition(":")
    while True:
        assert process.poll() is None
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                break
        time.sleep(0.05)
    yield address
    process.terminate()
    process.wait()


def test_what_is_pushed_is_what_is_pulled_and_run(
    engine: Engine, image: str, containers: Containers, registry: str
) -> None:
    name = f"{registry}/movies-dev-batch:{images.tag()}"
    engine("tag", image, name)
    images.push(boto3.client("ecr"), engine.program, name)
    pushed = httpx.head(
        f"http://{registry}/v2/movies-dev-batch/manifests/{images.tag()}", headers={"Accept": MANIFESTS}
    ).headers["Docker-Content-Digest"]
    made = engine("image", "inspect", "--format", "{{.Id}}", image)
    engine("rmi", "--force", name)
    by_digest = f"{registry}/movies-dev-batch@{pushed}"
    engine("pull", by_digest)
    assert engine("image", "inspect", "--format", "{{.Id}}", by_digest) == made
    ended = Containers(engine, by_digest, containers.environment).run("models", "list")
    assert ended.status == DONE, ended.errors
    engine("rmi", "--force", by_digest)
