"""Clients of AWS, each made on first use and kept; the tables have theirs through PynamoDB.

They are botocore's, which PynamoDB loads anyway. boto3 would add its own import to every cold start, and
nothing that is needed here.
"""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ses import SESClient

_making = threading.Lock()


@cache
def s3() -> "S3Client":
    # botocore would sign links in the old way, which newer regions refuse.
    client: S3Client = _client("s3", Config(signature_version="s3v4"))
    return client


@cache
def secrets_manager() -> "SecretsManagerClient":
    client: SecretsManagerClient = _client("secretsmanager")
    return client


@cache
def ses() -> "SESClient":
    # Somebody waits, so it fails soon rather than late; Lambda itself would end the request after 29 s.
    patience = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2})
    client: SESClient = _client("ses", patience)
    return client


@cache
def ecs() -> "ECSClient":
    client: ECSClient = _client("ecs")
    return client


def forget() -> None:
    """Make every client anew: the environment leads to another AWS than before."""
    for made in (_session, s3, secrets_manager, ses, ecs):
        made.cache_clear()


@cache
def _session() -> Session:
    return Session()


def _client(service: str, config: Config | None = None) -> Any:
    with _making:  # a session makes clients for one thread at a time, a client then serves all
        return _session().create_client(service, config=config)
