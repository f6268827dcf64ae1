"""What the deployed roles may do, held against what the code does in tests.

Emulators let everything pass, so each call to AWS is looked up in the policies of the role that would
make it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from chalicelib.config import settings
from infra.deploy.stacks import read_template

INFRA = Path(__file__).parents[2] / "infra"
API_ROLE, BATCH_ROLE = ("app-merge", "ApiRole"), ("batch", "TaskRole")
COUNTING_ROLE = ("app-merge", "CountRatingsRole")
"""A role by its template's name and its own."""

_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_S3_ACTIONS = {
    "ListObjectsV2": "ListBucket",
    "HeadObject": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}

Grant = tuple[str, str]
"""An action and a resource, each as a pattern in a policy, or as it is in a call."""


@contextmanager
def permitted(role: tuple[str, str]) -> Iterator[None]:
    """Fail at the first call to AWS within the block that the role may not make."""
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def checked(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        for action, resource in _needed(client.meta.service_model.service_name, operation, parameters):
            if not any(
                fnmatchcase(action, allowed) and fnmatchcase(resource, place)
                for allowed, place in _grants(role, settings().resource_prefix)
            ):
                raise AssertionError(f"{role[1]} may not {action} on {resource}: see infra/{role[0]}.yaml")
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", checked):
        yield


def _needed(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[Grant]:
    """The permissions that a call needs."""
    if service == "dynamodb":
        if operation == "TransactWriteItems":
            for member in parameters["TransactItems"]:
                for kind, step in member.items():
                    yield f"dynamodb:{_TRANSACTION[kind]}", _table(step["TableName"])
        elif operation in {"BatchWriteItem", "BatchGetItem"}:
            for table in parameters["RequestItems"]:
                yield f"dynamodb:{operation}", _table(table)
        else:
            yield f"dynamodb:{operation}", _table(parameters["TableName"])
    elif service == "s3":
        bucket = f"arn:aws:s3:::{parameters['Bucket']}"
        key = parameters.get("Key")
        yield f"s3:{_S3_ACTIONS.get(operation, operation)}", f"{bucket}/{key}" if key else bucket
    elif service == "ses":
        yield f"ses:{operation}", "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    elif service == "ecs":
        yield f"ecs:{operation}", "the BatchTaskDefinition"
    else:
        named = parameters.get("SecretId", "*")
        yield f"{service}:{operation}", named


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:us-east-1:123456789012:table/{name.rpartition('/')[2]}"


@cache
def _grants(role: tuple[str, str], prefix: str) -> list[Grant]:
    """All that the role's policies allow in this installation."""
    template, name = role
    resources = read_template((INFRA / f"{template}.yaml").read_text())["Resources"]
    policies = [one["PolicyDocument"] for one in resources[name]["Properties"].get("Policies", [])]
    policies += [
        one["Properties"]["PolicyDocument"]
        for one in resources.values()
        if one.get("Type") == "AWS::IAM::Policy" and {"Ref": name} in one["Properties"]["Roles"]
    ]
    known = {
        "ResourcePrefix": prefix,
        "ArtifactsBucket": settings().artifacts_bucket,
        "SiteBucket": settings().site_bucket,
        "SigningKeyArn": settings().signing_key_secret,
        "AWS::Partition": "aws",
        "AWS::Region": "us-east-1",
        "AWS::AccountId": "123456789012",
    } | {
        f"{table}TableArn": _table(f"{prefix}-{table.lower()}")
        for table in ("Accounts", "Ratings", "Marks", "Suggestions", "Runs")
    }
    return [
        (action, _resolved(resource, known))
        for policy in policies
        for statement in policy["Statement"]
        for action in _each(statement["Action"])
        for resource in _each(statement["Resource"])
    ]


def _each(one_or_many: Any) -> list[Any]:
    return one_or_many if isinstance(one_or_many, list) else [one_or_many]


def _resolved(value: Any, known: dict[str, str]) -> str:
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return known.get(argument, f"the {argument}")
    if function == "Fn::GetAtt":
        return f"the {'.'.join(argument)}"
    return re.sub(r"\$\{([\w:]+)\}", lambda found: known[found[1]], argument)
