"""The CloudFormation templates, and what `chalice package` makes of the app, as they would be deployed."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.api.responses import PUBLIC
from dev_server import SECURITY_HEADERS
from infra.deploy.app_template import package_app
from infra.deploy.deployment import INFRA, STACKS, security_headers
from infra.deploy.stacks import StackError, parameters_of, read_template

STAGES = ("dev", "prod")
FILES = [INFRA / f"{name}.yaml" for name in (*STACKS, "app-merge") if name != "app"]
CONFIG = INFRA.parent / "chalice_app" / "chalicelib" / "config.py"

DAYS_OF_A_STREAM = 1

# What config.py has a default for that suits every deployment.
LEFT_TO_DEFAULTS = {
    *("CACHE_DIR", "SECURE_COOKIES", "SIGN_UPS_PER_HOUR"),
    *("BATCH_CONTAINER", "BATCH_PUBLIC_ADDRESS"),
    "AWS_LAMBDA_INITIALIZATION_TYPE",  # Lambda itself says it
}
# What only answers to browsers depend on.
OF_THE_API_ALONE = {
    *("API_BASE_PATH", "VIEWER_ADDRESS_HEADER", "SECURE_COOKIES", "SIGN_UPS_PER_HOUR"),
    *("BATCH_CLUSTER", "BATCH_TASK_DEFINITION", "BATCH_CONTAINER", "BATCH_PUBLIC_ADDRESS"),
    *("MAIL_FROM", "SITE_URL", "AWS_LAMBDA_INITIALIZATION_TYPE"),
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


@pytest.mark.parametrize("stage", STAGES)
def test_the_streams_handler_is_told_all_that_config_reads_for_it(stage: str) -> None:
    function = app(stage)["Resources"]["CountRatings"]["Properties"]
    wanted = read_by_config() - LEFT_TO_DEFAULTS - OF_THE_API_ALONE - {"SITE_BUCKET"}
    assert wanted <= function["Environment"]["Variables"].keys()


@pytest.mark.parametrize("stage", STAGES)
def test_the_stream_of_the_ratings_runs_its_handler_and_nothing_that_fails_vanishes(stage: str) -> None:
    resources = app(stage)["Resources"]
    function = resources["CountRatings"]["Properties"]
    module, _, name = function["Handler"].partition(".")
    assert callable(getattr(importlib.import_module(module), name))
    (source,) = (one["Properties"] for one in function["Events"].values())
    assert source["Stream"] == {"Ref": "RatingsStreamArn"}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BisectBatchOnFunctionError"] is True
    assert source["MaximumRetryAttempts"] > 0
    assert 0 < source["MaximumRecordAgeInSeconds"] < DAYS_OF_A_STREAM * 86_400
    aside = source["DestinationConfig"]["OnFailure"]
    assert aside["Destination"] == {"Fn::GetAtt": ["NotCounted", "Arn"]}
    queue = resources["NotCounted"]["Properties"]
    assert (queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]) == (True, 14 * 86_400)
    watched = [
        (one["Properties"]["MetricName"], dimension["Value"]["Ref"])
        for one in template("observability")["Resources"].values()
        if one["Type"] == "AWS::CloudWatch::Alarm"
        for dimension in one["Properties"].get("Dimensions", [])
        if "Ref" in dimension["Value"]
    ]
    assert ("ApproximateNumberOfMessagesVisible", "NotCountedQueue") in watched
    assert ("IteratorAge", "CountRatingsFunction") in watched


def test_the_streams_handler_may_read_exactly_that_stream_and_no_table() -> None:
    (policy,) = template("app-merge")["Resources"]["CountRatingsRole"]["Properties"]["Policies"]
    reads = [one for one in statements(policy) if "dynamodb" in json.dumps(one["Action"])]
    assert [(one["Action"], one["Resource"]) for one in reads] == [
        (
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            {"Ref": "RatingsStreamArn"},
        ),
        ("dynamodb:ListStreams", {"Fn::Sub": "${RatingsTableArn}/stream/*"}),
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_has_a_log_that_ends(stage: str) -> None:
    resources = app(stage)["Resources"].values()
    kept = {
        one["Properties"]["LogGroupName"]["Fn::Sub"]: one["Properties"]["RetentionInDays"]
        for one in resources
        if one["Type"] == "AWS::Logs::LogGroup"
    }
    functions = [one["Properties"] for one in resources if one["Type"] == "AWS::Serverless::Function"]
    assert kept == {f"/aws/lambda/{one['FunctionName']['Fn::Sub']}": {"Ref": "LogDays"} for one in functions}


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


@pytest.mark.parametrize("named", [None, "http://127.0.0.1:4999"])
def test_chalice_local_uses_the_embedded_aws_unless_the_shell_names_another(
    monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    if named:
        monkeypatch.setenv("AWS_ENDPOINT_URL", named)
    monkeypatch.chdir(INFRA.parent / "chalice_app")
    config = json.loads(Path(".chalice/config.json").read_text())
    for name, value in config["stages"]["local"]["environment_variables"].items():
        monkeypatch.setenv(name, value)  # as Chalice does: over what the shell says
    assert boto3.Session().client("s3").meta.endpoint_url == (named or "http://127.0.0.1:4566")


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


def test_the_cdn_keeps_no_persons_error_for_the_next_one() -> None:
    """CloudFront heeds no-store on 404, 410, 414 and 501 alone; it keeps the others unless told otherwise."""
    distribution = template("cdn")["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    kept = {one["ErrorCode"]: one["ErrorCachingMinTTL"] for one in distribution["CustomErrorResponses"]}
    assert kept == dict.fromkeys((400, 403, 405, 500, 502, 503, 504), 0)


def test_the_cdn_tells_who_is_calling_and_believes_no_browser() -> None:
    resources = template("cdn")["Resources"]
    code = resources["ViewerAddressFunction"]["Properties"]["FunctionCode"]["Fn::Sub"]
    assert 'headers["${ViewerAddressHeader}".toLowerCase()] = { value: event.viewer.ip' in code
    (api,) = resources["Distribution"]["Properties"]["DistributionConfig"]["CacheBehaviors"]
    associated = {
        "EventType": "viewer-request",
        "FunctionARN": {"Fn::GetAtt": ["ViewerAddressFunction", "FunctionARN"]},
    }
    assert api["FunctionAssociations"] == [associated]
    names = {name: template("cdn")["Parameters"]["ViewerAddressHeader"]["Default"] for name in ("cdn", "app")}
    assert names["cdn"] == app("prod")["Parameters"]["ViewerAddressHeader"]["Default"]


def test_browsers_and_origins_are_spoken_to_over_tls() -> None:
    distribution = template("cdn")["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    (api,) = distribution["CacheBehaviors"]
    on_aws = [
        one["Fn::If"][2]
        for one in (
            distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"],
            api["ViewerProtocolPolicy"],
            distribution["Origins"][1]["CustomOriginConfig"]["OriginProtocolPolicy"],
        )
    ]
    assert on_aws == ["redirect-to-https", "https-only", "https-only"]


def test_logging_in_and_signing_up_are_limited_for_all_together() -> None:
    settings = app("prod")["Resources"]["RestAPI"]["Properties"]["MethodSettings"]
    limits = {(one["ResourcePath"], one["HttpMethod"]): one["ThrottlingRateLimit"] for one in settings}
    assert limits["/*", "*"] == {"Ref": "RequestsPerSecond"}
    for path in ("/auth/log-in", "/auth/sign-up"):
        assert limits[path, "POST"] == {"Ref": "LogInsPerSecond"}


def granted(resources: dict[str, Any], role: str) -> list[tuple[str, str, str]]:
    """What a role may do: action, resource and condition, the latter two as they are written."""
    policies = [one["PolicyDocument"] for one in resources[role]["Properties"].get("Policies", [])]
    policies += [
        one["Properties"]["PolicyDocument"]
        for one in resources.values()
        if one["Type"] == "AWS::IAM::Policy" and {"Ref": role} in one["Properties"]["Roles"]
    ]
    return [
        (action, json.dumps(statement["Resource"]), json.dumps(statement.get("Condition")))
        for policy in policies
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]


def test_a_captured_function_can_neither_read_a_table_whole_nor_publish_nor_delete_what_holds_data() -> None:
    grants = granted(app("prod")["Resources"], "ApiRole")
    actions = {action for action, _, _ in grants}
    assert not actions & {"dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:UpdateTable", "s3:DeleteObject"}
    assert "dynamodb:Query" not in {action for action, where, _ in grants if "AccountsTableArn" in where}
    written = [where for action, where, _ in grants if action == "s3:PutObject"]
    assert all("/models/current.json" in where for where in written)
    assert not any("SiteBucket" in where for _, where, _ in grants), "the site is another's to write"


def test_a_captured_task_can_neither_sign_tokens_nor_change_the_site_or_itself() -> None:
    grants = granted(template("batch")["Resources"], "TaskRole")
    services = {action.partition(":")[0] for action, _, _ in grants}
    assert services == {"dynamodb", "s3"}
    assert not {action for action, _, _ in grants} & {"dynamodb:DeleteTable", "s3:DeleteObject"}
    assert not any("SiteBucket" in where for _, where, _ in grants)


def test_roles_are_handed_to_tasks_of_the_one_cluster_alone() -> None:
    for resources, role in (
        (app("prod")["Resources"], "ApiRole"),
        (template("batch")["Resources"], "SchedulerRole"),
    ):
        conditions = {action: condition for action, _, condition in granted(resources, role)}
        assert json.loads(conditions["iam:PassRole"]) == {
            "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        }
        assert json.loads(conditions["ecs:RunTask"])["ArnEquals"].keys() == {"ecs:cluster"}


def test_nobody_can_call_the_batch_job() -> None:
    firewall = template("batch")["Resources"]["TaskFirewall"]["Properties"]
    assert "SecurityGroupIngress" not in firewall
    assert [(one["FromPort"], one["ToPort"]) for one in firewall["SecurityGroupEgress"]] == [(443, 443)]


def test_what_is_stored_is_encrypted_and_nothing_of_it_is_public() -> None:
    for name, resource in template("storage")["Resources"].items():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::DynamoDB::Table":
            assert properties["SSESpecification"] == {"SSEEnabled": True}, name
        elif resource["Type"] == "AWS::S3::Bucket":
            assert properties["BucketEncryption"], name
            assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
            assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_what_people_write_can_be_restored_and_what_was_published_undone() -> None:
    resources = template("storage")["Resources"]
    for name in ("Accounts", "Ratings", "Marks", "Runs"):
        recovery = resources[name]["Properties"]["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": {"Ref": "PointInTimeRecovery"}}
    assert template("storage")["Parameters"]["PointInTimeRecovery"]["Default"] == "true"
    artifacts = resources["ArtifactsBucket"]["Properties"]
    assert artifacts["VersioningConfiguration"] == {"Status": "Enabled"}
    (exports,) = [
        one for one in artifacts["LifecycleConfiguration"]["Rules"] if one.get("Prefix") == "exports/"
    ]
    assert exports["ExpirationInDays"] == 30
    assert exports["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}, "else it would be 60 days"


def test_images_cannot_be_changed_under_their_tag() -> None:
    repository = template("images")["Resources"]["Repository"]["Properties"]
    assert repository["ImageTagMutability"] == "IMMUTABLE"


def test_actions_of_others_are_pinned_by_their_content() -> None:
    workflow = (INFRA.parent / ".github" / "workflows" / "ci.yml").read_text()
    uses = re.findall(r"uses: (\S+)", workflow)
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one) for one in uses)


def test_what_the_scanner_is_not_to_mind_has_a_reason() -> None:
    skipped = [line for line in (INFRA / "checkov.yaml").read_text().splitlines() if "- CKV" in line]
    assert skipped
    assert all(re.fullmatch(r"  - CKV_AWS_\d+ # \S.{10,}", line) for line in skipped)


def test_what_people_wrote_survives_its_stack() -> None:
    for name, resource in template("storage")["Resources"].items():
        if resource["Type"].endswith(("::Table", "::Bucket", "::Secret")):
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name
