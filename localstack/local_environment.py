"""The environment in which the product runs against an emulated AWS on this machine."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from localstack_client.session import Session

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ses import SESClient

MAIL_SENDER = "no-reply@matinee.example"
REPOSITORY = Path(__file__).resolve().parent.parent


def variables(endpoint: str, cache: Path) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "RESOURCE_PREFIX": "movies-local",
        "STAGE": "local",
        "SECURE_COOKIES": "false",
        "CACHE_DIR": str(cache),
        "MAIL_FROM": f"Matinee <{MAIL_SENDER}>",
    }


def use(endpoint: str, cache: Path) -> None:
    """Point this process, and those it starts, at the emulated AWS. What is already set is kept."""
    for name, value in variables(endpoint, cache).items():
        os.environ.setdefault(name, value)


def s3() -> "S3Client":
    client: S3Client = Session().client("s3")
    return client


def dynamodb() -> "DynamoDBClient":
    client: DynamoDBClient = Session().client("dynamodb")
    return client


def cloudformation() -> "CloudFormationClient":
    client: CloudFormationClient = Session().client("cloudformation")
    return client


def ses() -> "SESClient":
    client: SESClient = Session().client("ses")
    return client


def secretsmanager() -> "SecretsManagerClient":
    client: SecretsManagerClient = Session().client("secretsmanager")
    return client
