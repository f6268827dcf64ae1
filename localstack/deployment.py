"""Deploying the storage template to an emulated AWS."""

import time
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from botocore.exceptions import BotoCoreError, ClientError

from local_environment import MAIL_SENDER, cloudformation, dynamodb, secretsmanager, ses

_SECONDS = 60.0


class DeploymentError(Exception):
    """Why the template could not be deployed, in one sentence."""


@dataclass(frozen=True, slots=True)
class Buckets:
    artifacts: str
    site: str


def deploy(stack: str, template: Path) -> Buckets:
    """Create the stack or bring it up to date; doing so again changes nothing. Raises DeploymentError."""
    client = cloudformation()
    body = template.read_text()
    try:
        try:
            client.create_stack(StackName=stack, TemplateBody=body)
        except client.exceptions.AlreadyExistsException:
            _update(stack, body)
        outputs = _await(stack)
        for table in ("AccountsTable", "SuggestionsTable"):
            _expire(outputs[table])
        _make_signing_key()
        ses().verify_email_identity(EmailAddress=MAIL_SENDER)
    except (BotoCoreError, ClientError) as error:
        raise DeploymentError(f"{template.name} could not be deployed: {error}") from error
    return Buckets(outputs["ArtifactsBucket"], outputs["SiteBucket"])


def _update(stack: str, body: str) -> None:
    try:
        cloudformation().update_stack(StackName=stack, TemplateBody=body)
    except ClientError as error:
        if "No updates" not in error.response["Error"]["Message"]:
            raise


def _await(stack: str) -> dict[str, str]:
    """The stack's outputs, once it is complete."""
    deadline = time.monotonic() + _SECONDS
    while True:
        described = cloudformation().describe_stacks(StackName=stack)["Stacks"][0]
        status = described["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        if not status.endswith("_IN_PROGRESS") or time.monotonic() > deadline:
            reason = described.get("StackStatusReason", "no reason given")
            raise DeploymentError(f"The stack {stack} is in state {status} ({reason}).")
        time.sleep(0.1)


def _expire(table: str) -> None:
    """MiniStack leaves out a template's TTL, so it is switched on here."""
    client = dynamodb()
    description = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if description["TimeToLiveStatus"] == "DISABLED":
        client.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
        )


def _make_signing_key() -> None:
    """moto leaves out a template's secrets, so the one that the API signs with is made here."""
    from chalicelib.config import settings

    client = secretsmanager()
    name = settings().signing_key_secret
    try:
        client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=token_urlsafe(48))
