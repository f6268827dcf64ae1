"""A stage deployed on the embedded AWS, from nothing to nothing, by the command that people type."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice.app import DynamoDBEvent

from chalicelib import aws as aws_clients
from chalicelib.api.streams import count_ratings
from chalicelib.config import settings
from chalicelib.storage import live
from infra.deploy import emulator, site, smoke
from infra.deploy.__main__ import main
from infra.deploy.app_template import PackagedApp, package_app
from infra.deploy.deployment import STACKS, Deployment, security_headers
from infra.deploy.lambda_package import LAMBDA, LOCK, THIS_MACHINE, PackageError, _interpreter, build
from infra.deploy.smoke import Address
from infra.deploy.stacks import Change, DeclinedError, Stack, StackError, read_template
from infra.deploy.tasks import LocalRunner
from stream_pump import StreamPump
from tests.integration.embedded import EmbeddedAws
from tests.processes import ROOT


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(tmp_path_factory.mktemp("deployed") / "state").in_use() as aws:
        yield aws


def command(aws: EmbeddedAws, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "infra.deploy", *words),
            *("--target", "embedded", "--aws-port", str(aws.port), "--state", aws.state),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def said(aws: EmbeddedAws) -> str:
    """What the first deployment says."""
    done = command(aws, "deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def deployment(changes: list[Change]) -> Deployment:
    """The same stage in this process; what would change is put into `changes` and done."""
    port = os.environ["AWS_ENDPOINT_URL"].rpartition(":")[2]

    def agree(_stack: str, some: list[Change]) -> bool:
        changes.extend(some)
        return True

    def lacks(stack: str, reason: str) -> None:
        pytest.fail(f"{stack}: {reason}")

    where = {"EmulatorHost": "localhost", "EmulatorPort": port, "Snapshots": "None"}
    session = boto3.Session(region_name="us-east-1")
    return Deployment(session, "dev", THIS_MACHINE, lambda _: None, agree, where, lacking=lacks)


def address_of(deployed: Deployment, aws: EmbeddedAws) -> Address:
    label = deployed.stack("cdn").outputs()["DistributionDomain"].partition(".")[0]
    return Address(f"http://{label}.cloudfront.localhost", ("127.0.0.1", aws.port))


def test_everything_is_deployed_proven_and_what_the_emulator_lacks_is_said(said: str) -> None:
    lines = [line.split() for line in said.splitlines()]
    stacks = [line[1].removeprefix("movies-dev-") for line in lines if line[0] == "Stack"]
    assert stacks == list(STACKS)
    assert ["add", "AWS::Lambda::Function", "APIHandler"] in lines
    assert "every answer carries the security headers" in said
    assert "`--json run` ended with exit status 0" in said
    assert "rated three films and got suggestions" in said
    table = {line.strip().split("  ")[0]: " yes " in line for line in said.partition("does:")[2].splitlines()}
    assert all(table[f"stack {name}"] for name in STACKS)
    assert table["EventBridge Scheduler"]
    assert not table["containers"]
    assert table["stream handler"]
    assert not table["failures that a handler names"]
    assert "passed over: “OK - 1 records”, and nothing put aside" in said
    assert said.splitlines()[-1].startswith("Ready: http://")


def test_deploying_again_changes_nothing(aws: EmbeddedAws, said: str) -> None:  # noqa: ARG001
    changes: list[Change] = []
    again = deployment(changes)
    address = address_of(again, aws)
    assert again.deploy(lambda _: address) == address
    assert changes == []


def test_what_the_functions_said_is_shown(aws: EmbeddedAws, said: str) -> None:  # noqa: ARG001
    done = command(aws, "logs", "--since", "1h")
    assert done.returncode == 0
    sources = {line.split()[2] for line in done.stdout.splitlines()}
    assert {"api", "count-ratings"} <= sources
    assert '"route": "/me/suggestions"' in done.stdout
    assert "of the ratings' stream cannot be read" in done.stdout  # what the trial of the stream left


@pytest.fixture
def as_the_stage(said: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: ARG001
    """This process takes itself for a part of the deployed stage; yields its bucket of artifacts."""
    bucket = deployment([]).stack("storage").outputs()["ArtifactsBucket"]
    monkeypatch.setenv("RESOURCE_PREFIX", "movies-dev")
    monkeypatch.setenv("ARTIFACTS_BUCKET", bucket)
    for forget in (settings.cache_clear, aws_clients.forget, live.forget):
        forget()
    yield bucket
    monkeypatch.undo()
    for forget in (settings.cache_clear, aws_clients.forget, live.forget):
        forget()


def test_a_pump_beside_the_deployed_handler_counts_nothing_twice(as_the_stage: str) -> None:
    def counted() -> bytes:
        return boto3.client("s3").get_object(Bucket=as_the_stage, Key="live/changes")["Body"].read()

    delivered: list[object] = []

    def handler(event: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
        delivered.extend(event["Records"])
        return count_ratings(DynamoDBEvent(event, None))

    before = counted()
    pump = StreamPump("movies-dev-ratings", handler)
    pump._stopping.set()  # at the end of the stream, it is done
    pump._pump()
    assert len(delivered) > 1000
    assert counted() == before


def test_a_schedule_can_be_let_fire_again(said: str) -> None:  # noqa: ARG001
    cluster = deployment([]).stack("batch").outputs()["BatchCluster"]
    runner = LocalRunner(boto3.Session(), cluster, "movies-dev-nightly", {"subnets": []})
    runner.fire_soon()
    assert runner.await_firing(60)
    ecs = boto3.client("ecs")
    (task,) = ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]
    ecs.stop_task(cluster=cluster, task=task)


def test_a_site_that_is_not_well_goes_back_and_the_api_with_it(
    aws: EmbeddedAws,
    said: str,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A release with a changed API, and with a page that names a style that is not there."""

    def without_styles(folder: Path, config: Mapping[str, object]) -> list[site.SiteObject]:
        *others, page = site_of(folder, {**config, "demo": "another"})
        return [*others, replace(page, body=page.body.replace(b"main.css", b"missing.css"))]

    def changed(stage: str) -> PackagedApp:
        app = package_app(stage)
        app.template["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]["RELEASE"] = "new"
        return app

    def serving() -> dict[str, str]:
        found = boto3.client("lambda").get_function_configuration(
            FunctionName="movies-dev-api", Qualifier="live"
        )
        return dict(found["Environment"]["Variables"])

    site_of, bucket = site.objects_of, deployment([]).stack("storage").outputs()["SiteBucket"]
    before = site.root_of(boto3.client("s3"), bucket)
    variables = serving()
    monkeypatch.setattr(site, "objects_of", without_styles)
    monkeypatch.setattr("infra.deploy.deployment.package_app", changed)
    monkeypatch.setattr(emulator, "use", lambda _: boto3.Session(region_name="us-east-1"))
    assert main(["deploy", "--target", "embedded", "--aws-port", str(aws.port)]) == 1
    printed = capsys.readouterr()
    assert "modify   AWS::Lambda::Function                      APIHandler" in printed.out
    assert "the former page is in its place again" in printed.out
    assert "missing.css answers 403" in printed.err
    assert site.root_of(boto3.client("s3"), bucket) == before
    assert serving() == variables
    address = address_of(deployment([]), aws)
    assert smoke.check(address, security_headers())


def test_a_deployment_that_fails_leaves_what_was_there(said: str) -> None:  # noqa: ARG001
    """The same stack with an alarm that cannot be made."""
    current = deployment([]).stack("observability")
    before = current.resources()
    template = read_template((ROOT / "infra" / "observability.yaml").read_text())
    template["Resources"]["Broken"] = {"Type": "AWS::Nothing::AtAll", "Properties": {}}
    known = {"ResourcePrefix": "movies-dev", "ApiName": "a", "ApiFunction": "b", "BatchCluster": "c"}
    known |= {"BatchLogGroup": "/movies-dev/batch", "NotStartedQueue": "d"}
    known |= {"CountRatingsFunction": "e", "NotCountedQueue": "f"}
    with pytest.raises(StackError):
        current.deploy(template, known, lambda _stack, _changes: True)
    assert current.resources() == before


def test_what_nobody_agrees_to_is_not_done(said: str) -> None:  # noqa: ARG001
    stack = Stack(boto3.client("cloudformation"), "movies-dev-images")
    template = read_template((ROOT / "infra" / "images.yaml").read_text())
    template["Resources"]["Repository"]["Properties"]["RepositoryName"] = "another"
    before = stack.resources()
    with pytest.raises(DeclinedError):
        stack.deploy(template, {"ResourcePrefix": "movies-dev"}, lambda _stack, _changes: False)
    assert stack.resources() == before


def test_a_batch_job_that_is_told_to_stop_puts_things_in_order(said: str) -> None:  # noqa: ARG001
    environment = os.environ | {
        "RESOURCE_PREFIX": "movies-dev",
        "ARTIFACTS_BUCKET": "movies-dev-artifacts-000000000000-us-east-1",
    }
    job = subprocess.Popen(
        [sys.executable, "-m", "batch_jobs", "run"], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert job.stderr
    for line in job.stderr:
        if line.startswith("train"):
            job.send_signal(signal.SIGTERM)
            break
    assert job.stderr.read().splitlines()[-1] == "stopped"
    assert job.wait(60) == 130
    runs = boto3.client("dynamodb").scan(TableName="movies-dev-runs")["Items"]
    rows = {row["pk"]["S"]: row for row in runs}
    assert "lease" not in rows
    stopped = rows[f"run#{rows['latest']['owner']['S']}"]
    assert stopped["state"]["S"] == "failed"
    assert "asked to stop" in stopped["error"]["S"]


def test_destroying_keeps_what_people_wrote_unless_told_so(aws: EmbeddedAws, said: str) -> None:  # noqa: ARG001
    def left() -> set[str]:
        return {
            name for name in STACKS if Stack(boto3.client("cloudformation"), f"movies-dev-{name}").exists()
        }

    assert command(aws, "destroy").returncode == 0
    assert left() == {"storage"}
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    assert "movies-dev-ratings" in tables
    refused = command(aws, "destroy", "--delete-data")
    assert refused.returncode == 1
    assert "Nothing was deleted." in refused.stderr
    assert command(aws, "destroy", "--delete-data", "--yes").returncode == 0
    assert left() == set()
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []
    assert boto3.client("s3").list_buckets()["Buckets"] == []


# What would go to Lambda itself


def test_the_package_for_lambda_starts_on_its_python(tmp_path: Path) -> None:
    source = "import argon2, botocore, chalice, jwt, numpy, pydantic, pynamodb\nprint(numpy.ones(1).sum())"
    package = build({"app.py": source.encode()}, LAMBDA)
    interpreter = _interpreter(LAMBDA)
    if interpreter is None:
        pytest.skip(f"{LAMBDA.name} is needed to see whether the package starts")
    archive = tmp_path / "package.zip"
    archive.write_bytes(package.content)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", archive, tmp_path], check=True)
    said = subprocess.run(
        [interpreter, "-I", "-c", "import sys; sys.path.insert(0, '.'); import app"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout == "1.0\n", said.stderr
    assert (tmp_path / "__pycache__" / "app.cpython-312.pyc").exists()


def test_the_same_sources_make_the_same_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "\n".join(line for line in LOCK.read_text().splitlines() if re.match("six|chalice", line))
    )
    monkeypatch.setattr("infra.deploy.lambda_package.LOCK", lock)
    first, second = (build({"app.py": b"print()", "b/c.py": b""}, LAMBDA) for _ in range(2))
    assert first == second
    assert build({"app.py": b"print(1)", "b/c.py": b""}, LAMBDA) != first


def test_no_package_is_made_without_every_wheel_as_it_was_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for locked in ("six==1.17.0 --hash=sha256:" + "0" * 64, "six==0.0.1 --hash=sha256:" + "0" * 64):
        lock = tmp_path / "lock.txt"
        lock.write_text(locked)
        monkeypatch.setattr("infra.deploy.lambda_package.LOCK", lock)
        with pytest.raises(PackageError, match="Not every wheel can be had"):
            build({}, LAMBDA)
