"""The CloudFormation templates, and what `chalice package` makes of the app, as they would be deployed."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api.responses import PUBLIC
from dev_server import SECURITY_HEADERS
from infra.deploy.app_template import package_app
from infra.deploy.deployment import INFRA, STACKS, security_headers
from infra.deploy.stacks import StackError, parameters_of, read_template

STAGES = ("dev", "prod")
FILES = [INFRA / f"{name}.yaml" for name in (*STACKS, "app-merge") if name != "app"]
CONFIG = INFRA.parent / "chalice_app" / "chalicelib" / "config.py"

# What config.py has a default for that suits every deployment.
LEFT_TO_DEFAULTS = {
    *("CACHE_DIR", "SECURE_COOKIES", "SIGN_UPS_PER_HOUR"),
    *("BATCH_CONTAINER", "BATCH_PUBLIC_ADDRESS"),
    "RATINGS_STREAM_ARN",  # nothing delivers the stream to the deployed API yet
}
# What only answers to browsers depend on.
OF_THE_API_ALONE = {
    *("API_BASE_PATH", "VIEWER_ADDRESS_HEADER", "SECURE_COOKIES", "SIGN_UPS_PER_HOUR"),
    *("BATCH_CLUSTER", "BATCH_TASK_DEFINITION", "BATCH_CONTAINER", "BATCH_PUBLIC_ADDRESS"),
    *("MAIL_FROM", "SITE_URL", "RATINGS_STREAM_ARN"),
}


@cache
def template(name: str) -> dict[str, Any]:
    return read_template((INFRA / f"{name}.yaml").read_text())


@cache
def app(stage: str) -> dict[str, Any]:
    return package_app(stage).stored_at("bucket", "key")


def statements(node: object) -> Iterator[dict[str, Any]]:
    """Every statement of a policy, wherever it stands."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        for one in node.values():
            yield from statements(one)
    elif isinstance(node, list):
        for one in node:
            yield from statements(one)


def strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for one in node.values():
            yield from strings(one)
    elif isinstance(node, list):
        for one in node:
            yield from strings(one)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_wildcard_is_without_a_written_reason(file: Path) -> None:
    lines = file.read_text().splitlines()
    for statement in statements(read_template(file.read_text())):
        for granted in strings([statement.get("Action"), statement.get("Resource")]):
            if "*" in granted:
                written = f'"{granted}"' if granted == "*" else granted
                places = [line for line in lines if written in line and "Principal" not in line]
                assert places
                for place in places:
                    assert re.search(r"# wildcard: \S", place), f"{file.name}: {place.strip()}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_granted_by_exclusion(file: Path) -> None:
    for statement in statements(read_template(file.read_text())):
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_has_a_role_of_its_own(stage: str) -> None:
    resources = app(stage)["Resources"]
    roles = [
        one["Properties"]["Role"]["Fn::GetAtt"][0]
        for one in resources.values()
        if one["Type"] == "AWS::Serverless::Function"
    ]
    assert roles
    assert len(set(roles)) == len(roles)
    assert {name for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"} == set(roles)


def test_the_task_its_start_and_its_schedule_have_roles_of_their_own() -> None:
    resources = template("batch")["Resources"]
    task = resources["TaskDefinition"]["Properties"]
    roles = [
        task["TaskRoleArn"]["Fn::GetAtt"][0],
        task["ExecutionRoleArn"]["Fn::GetAtt"][0],
        resources["Nightly"]["Properties"]["Target"]["RoleArn"]["Fn::GetAtt"][0],
    ]
    assert len(set(roles)) == 3
    assert {name for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"} == set(roles)


def read_by_config() -> set[str]:
    names = set(re.findall(r"""os\.environ(?:\.get\(|\[)["'](\w+)""", CONFIG.read_text()))
    assert "RESOURCE_PREFIX" in names
    return names


@pytest.mark.parametrize("stage", STAGES)
def test_the_function_is_told_all_that_config_reads(stage: str) -> None:
    function = app(stage)["Resources"]["APIHandler"]["Properties"]
    assert read_by_config() - LEFT_TO_DEFAULTS <= function["Environment"]["Variables"].keys()


def test_the_task_is_told_all_that_config_reads() -> None:
    (container,) = template("batch")["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert read_by_config() - OF_THE_API_ALONE <= {one["Name"] for one in container["Environment"]}


def test_the_container_cannot_change_itself_and_has_no_privileges() -> None:
    (container,) = template("batch")["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "10001:10001"
    assert f"\nUSER {container['User']}\n" in (INFRA.parent / "batch_jobs" / "Dockerfile").read_text()
    assert [one["ContainerPath"] for one in container["MountPoints"]] == ["/tmp"]  # noqa: S108


@pytest.mark.parametrize("stage", STAGES)
def test_stages_are_described_twice_alike(stage: str) -> None:
    config = json.loads((INFRA.parent / "chalice_app" / ".chalice" / "config.json").read_text())
    variables = config["stages"][stage]["environment_variables"]
    parameters = json.loads((INFRA / "params" / f"{stage}.json").read_text())
    assert variables["RESOURCE_PREFIX"] == parameters["ResourcePrefix"]
    assert variables["STAGE"] == stage


def test_stages_differ_in_nothing_but_their_names() -> None:
    dev, prod = (json.dumps(app(stage)) for stage in STAGES)
    assert dev != prod
    assert (
        dev.replace("movies-dev", "movies-prod")
        .replace("stage=dev", "stage=prod")
        .replace('"STAGE": "dev"', '"STAGE": "prod"')
        == prod
    )


@pytest.mark.parametrize("stage", STAGES)
def test_every_parameter_is_filled_by_what_came_before(stage: str) -> None:
    known = {"Stage": stage, **json.loads((INFRA / "params" / f"{stage}.json").read_text())}
    parameters = set()
    for name in STACKS:
        whole = app(stage) if name == "app" else template(name)
        parameters |= whole["Parameters"].keys()
        filled = parameters_of(whole, known)
        assert filled["ResourcePrefix"] == known["ResourcePrefix"]
        known |= {output: f"the {output} of {name}" for output in whole["Outputs"]}
    own = json.loads((INFRA / "params" / f"{stage}.json").read_text())
    assert own.keys() <= parameters, "a parameter file speaks of what no template knows"


def test_a_parameter_that_nothing_fills_is_named() -> None:
    with pytest.raises(StackError, match="Missing"):
        parameters_of({"Parameters": {"Missing": {"Type": "String"}}}, {})


def test_every_template_passes_the_linter(tmp_path: Path) -> None:
    packaged = tmp_path / "app.json"
    packaged.write_text(json.dumps(app("prod")))
    linter = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", packaged], capture_output=True, text=True, check=False
    )
    assert linter.returncode == 0, linter.stdout


@pytest.mark.parametrize("stage", STAGES)
def test_requests_reach_the_published_version_and_only_through_the_cdn(stage: str) -> None:
    resources = app(stage)["Resources"]
    assert resources["APIHandlerInvokePermission"]["Properties"]["FunctionName"] == {
        "Ref": "APIHandler.Alias"
    }
    body = resources["RestAPI"]["Properties"]["DefinitionBody"]
    for methods in body["paths"].values():
        for name, method in methods.items():
            if name != "parameters":
                uri = method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                assert uri[1] == {"Alias": {"Ref": "APIHandler.Alias"}}
    (allowed,) = body["x-amazon-apigateway-policy"]["Statement"]
    (key,) = allowed["Condition"]["StringEquals"].values()
    distribution = template("cdn")["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    api = next(one for one in distribution["Origins"] if one["Id"] == "api")
    assert api["OriginCustomHeaders"] == [{"HeaderName": "Referer", "HeaderValue": key}]


def test_the_cdn_adds_the_headers_of_the_development_server() -> None:
    assert security_headers() == SECURITY_HEADERS


def test_the_cdn_keeps_what_is_public_for_as_long_as_the_api_says() -> None:
    policy = template("cdn")["Resources"]["ApiCache"]["Properties"]["CachePolicyConfig"]
    seconds = re.search(r"max-age=(\d+)", PUBLIC)
    assert seconds
    assert policy["MinTTL"] == policy["DefaultTTL"] == 0
    assert policy["MaxTTL"] >= int(seconds[1])


def test_what_the_scanner_is_not_to_mind_has_a_reason() -> None:
    skipped = [line for line in (INFRA / "checkov.yaml").read_text().splitlines() if "- CKV" in line]
    assert skipped
    assert all(re.fullmatch(r"  - CKV_AWS_\d+ # \S.{10,}", line) for line in skipped)


def test_what_people_wrote_survives_its_stack() -> None:
    for name, resource in template("storage")["Resources"].items():
        if resource["Type"].endswith(("::Table", "::Bucket", "::Secret")):
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name
