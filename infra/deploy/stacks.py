"""CloudFormation stacks: what would change is shown first, and a change that fails is rolled back."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

LARGEST_INLINE_TEMPLATE = 51_200
_CAME_TO_NOTHING = {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_FAILED"}
"""States of a stack that was never created."""

_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 3600.0


class StackError(Exception):
    """Why a stack is not as it should be, in one sentence. What was there before is there again."""


class DeclinedError(Exception):
    """Somebody looked at the changes and did not want them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that is added, modified, replaced or removed."""

    action: str
    resource: str
    kind: str

    @property
    def loses_something(self) -> bool:
        return self.action in {"Remove", "Replace"}

    def __str__(self) -> str:
        return f"    {self.action.lower():8} {self.kind:42} {self.resource}"


class _Tolerant(yaml.SafeLoader):
    """Reads CloudFormation's own tags as the functions they stand for."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Tolerant.add_multi_constructor("!", _function)


def read_template(text: str) -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(text, Loader=_Tolerant)  # noqa: S506 - a SafeLoader with our tags
    return template


def parameters_of(template: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """What is known of the template's parameters. Raises StackError where one without default is not."""
    wanted: Mapping[str, Any] = template.get("Parameters", {})
    missing = [name for name, one in wanted.items() if name not in known and "Default" not in one]
    if missing:
        raise StackError(f"Nothing says what the template's parameters {', '.join(missing)} are.")
    return {name: known[name] for name in wanted if name in known}


class Stack:
    """One stack of a deployment.

    `store` puts a template into S3 and returns its URL; it is asked for templates that are too large to send.
    """

    def __init__(
        self, client: "CloudFormationClient", name: str, store: Callable[[str], str] | None = None
    ) -> None:
        self.name = name
        self._client = client
        self._store = store

    def deploy(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, str],
        agree: Callable[[str, list[Change]], bool],
    ) -> dict[str, str]:
        """Bring the stack to this template and return its outputs; where nothing changes, nothing is done.

        Raises DeclinedError where `agree` says no to the changes, StackError where they cannot be made.
        """
        state = self._state()
        if state in _CAME_TO_NOTHING:
            self.delete()
            state = None
        change_set = f"deploy-{time.time_ns()}"
        try:
            self._client.create_change_set(
                StackName=self.name,
                ChangeSetName=change_set,
                ChangeSetType="UPDATE" if state else "CREATE",
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
                ],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                **self._template(template),
            )
            changes = self._changes(change_set)
        except (BotoCoreError, ClientError) as error:
            raise StackError(f"The stack {self.name} cannot be changed: {error}") from error
        if changes is not None:
            if not agree(self.name, changes):
                self._client.delete_change_set(StackName=self.name, ChangeSetName=change_set)
                raise DeclinedError(f"The stack {self.name} stays as it is.")
            self._client.execute_change_set(StackName=self.name, ChangeSetName=change_set)
            self._await_done()
        elif state:
            self._client.delete_change_set(StackName=self.name, ChangeSetName=change_set)
        return self.outputs()

    def outputs(self) -> dict[str, str]:
        described = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}

    def deployed(self) -> tuple[dict[str, Any], dict[str, str]] | None:
        """The template and the parameters that the stack has now; None where there is none to go back to."""
        if self._state() in {None, *_CAME_TO_NOTHING}:
            return None
        # It is JSON, as `deploy` sends it, which botocore has read.
        template = self._client.get_template(StackName=self.name, TemplateStage="Original")["TemplateBody"]
        described = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
        return dict(template), parameters

    def exists(self) -> bool:
        return self._state() is not None

    def resources(self) -> dict[str, tuple[str, str]]:
        """Type and physical name of each resource, by its name in the template."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"])
            for page in pages
            for one in page["StackResourceSummaries"]
            if "PhysicalResourceId" in one
        }

    def delete(self) -> None:
        """Delete the stack; resources that are to be retained stay. Raises StackError."""
        try:
            self._client.delete_stack(StackName=self.name)
            self._client.get_waiter("stack_delete_complete").wait(
                StackName=self.name, WaiterConfig={"Delay": 2, "MaxAttempts": 900}
            )
        except (WaiterError, ClientError) as error:
            raise StackError(f"The stack {self.name} could not be deleted: {error}") from error

    def _state(self) -> str | None:
        try:
            state: str = self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        return None if state == "DELETE_COMPLETE" else state

    def _template(self, template: Mapping[str, Any]) -> Any:
        text = json.dumps(template, separators=(",", ":"))
        if len(text) <= LARGEST_INLINE_TEMPLATE or self._store is None:
            return {"TemplateBody": text}
        return {"TemplateURL": self._store(text)}

    def _changes(self, change_set: str) -> list[Change] | None:
        """What the change set would change, None where that is nothing. Raises StackError where it cannot be
        made."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            described = self._client.describe_change_set(StackName=self.name, ChangeSetName=change_set)
            status, reason = described["Status"], described.get("StatusReason", "")
            if status == "CREATE_COMPLETE":
                break
            if status == "FAILED":
                if "didn't contain changes" in reason or "No updates" in reason:
                    return None
                raise StackError(f"The stack {self.name} cannot be changed: {reason}")
            if time.monotonic() > deadline:
                raise StackError(f"The changes of {self.name} are still being worked out; try again later.")
            time.sleep(_POLL_SECONDS / 4)
        changes = []
        page: Any = described
        while True:
            for one in page["Changes"]:
                change = one["ResourceChange"]
                action = "Replace" if change.get("Replacement") == "True" else change["Action"]
                changes.append(Change(action, change["LogicalResourceId"], change["ResourceType"]))
            if "NextToken" not in page:
                return changes
            page = self._client.describe_change_set(
                StackName=self.name, ChangeSetName=change_set, NextToken=page["NextToken"]
            )

    def _await_done(self) -> None:
        """Wait until the change is made. Raises StackError with the first reason if it was rolled back."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (state := self._state()) and state.endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise StackError(f"The stack {self.name} is still {state} after an hour.")
            time.sleep(_POLL_SECONDS / 4)
        if state not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            raise StackError(f"The stack {self.name} is in state {state}: {self._first_failure()}")

    def _first_failure(self) -> str:
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        for event in sorted(events, key=lambda event: event["Timestamp"]):
            if event.get("ResourceStatus", "").endswith("_FAILED"):
                reason = event.get("ResourceStatusReason", "no reason given")
                if "cancelled" not in reason:
                    return f"{event['LogicalResourceId']}: {reason}"
        return "no reason given"
