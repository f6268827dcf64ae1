"""The embedded AWS as a process of its own, to be used and killed."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import boto3
import pytest
from botocore.config import Config

from tests.processes import LOCALSTACK, await_ready, free_port, listens

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient


class EmbeddedAws:
    """One state folder, and at most one process on it at a time."""

    def __init__(self, state: Path, *options: str) -> None:
        self.state = state
        self.options = options
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = state.parent / f"{state.name}.log"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process without waiting for it to answer."""
        script = LOCALSTACK / "embedded_aws.py"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, script, "--port", str(self.port), "--state", self.state, *self.options],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def start(self) -> None:
        await_ready(self.launch(), self.log, partial(listens, self.port))

    @contextlib.contextmanager
    def in_use(self) -> Iterator[Self]:
        """Started, with this process and those that it starts pointed at it, and killed at the end."""
        try:
            self.start()
            with pytest.MonkeyPatch.context() as environment:
                environment.setenv("AWS_ENDPOINT_URL", self.endpoint)
                yield self
        finally:
            self.kill()

    def kill(self) -> None:
        """As a crash would: no goodbye."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def restart_after_kill(self) -> None:
        self.kill()
        self.start()

    def dynamodb(self) -> "DynamoDBClient":
        return self._session().client("dynamodb", endpoint_url=self.endpoint, config=_ONCE)

    def streams(self) -> "DynamoDBStreamsClient":
        return self._session().client("dynamodbstreams", endpoint_url=self.endpoint, config=_ONCE)

    def s3(self) -> "S3Client":
        return self._session().client("s3", endpoint_url=self.endpoint, config=_ONCE)

    def cloudformation(self) -> "CloudFormationClient":
        return self._session().client("cloudformation", endpoint_url=self.endpoint, config=_ONCE)

    def secrets(self) -> "SecretsManagerClient":
        return self._session().client("secretsmanager", endpoint_url=self.endpoint, config=_ONCE)

    @staticmethod
    def _session() -> boto3.Session:
        # One for each client: threads may not share a session.
        return boto3.Session("test", "test", region_name="us-east-1")


# A retry would hide whether a request was acknowledged.
_ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)


def create_table(client: "DynamoDBClient", name: str) -> None:
    """A table keyed as the ratings are."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "movie_id", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "user_id", "KeyType": "HASH"},
            {"AttributeName": "movie_id", "KeyType": "RANGE"},
        ],
    )


def items_of(client: "DynamoDBClient", table: str) -> dict[tuple[str, int], int]:
    """Every item's `value`, by its key."""
    return {
        (item["user_id"]["S"], int(item["movie_id"]["N"])): int(item["value"]["N"])
        for page in client.get_paginator("scan").paginate(TableName=table)
        for item in page["Items"]
    }
