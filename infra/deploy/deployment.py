"""One deployment from its parts: stacks in order, image, package, site, and a look at the result.

    storage → images → batch → app → cdn → observability

What a stack puts out is what the later ones take: a parameter is filled by the output, or by the entry of
`infra/params/STAGE.json`, that has its name.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from infra.deploy import images, site, smoke
from infra.deploy.app_template import PackagedApp, package_app
from infra.deploy.lambda_package import REPOSITORY, Runtime, build
from infra.deploy.smoke import Address
from infra.deploy.stacks import Change, Stack, StackError, parameters_of, read_template

if TYPE_CHECKING:
    import boto3

INFRA = REPOSITORY / "infra"
STACKS = ("storage", "images", "batch", "app", "cdn", "observability")
STATEFUL = "storage"
Say = Callable[[str], None]
Agree = Callable[[str, list[Change]], bool]


@dataclass(slots=True)
class Deployment:
    """One stage of the product in one account.

    `extra` are parameters that the target adds. `lacking` is for emulators: it is told which stack they
    cannot make and why, and the batch job needs no image. `known` grows while stacks are deployed.
    """

    session: "boto3.Session"
    stage: str
    runtime: Runtime
    say: Say
    agree: Agree
    extra: dict[str, str] = field(default_factory=dict)
    lacking: Callable[[str, str], None] | None = None
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chosen = INFRA / "params" / f"{self.stage}.json"
        if not chosen.exists():
            raise StackError(
                f"There is no stage {self.stage}: {chosen.relative_to(REPOSITORY)} would describe it."
            )
        account = self.session.client("sts").get_caller_identity()["Account"]
        own: dict[str, str] = json.loads(chosen.read_text())
        prefix = own["ResourcePrefix"]
        # Bucket names are one name space for everybody's accounts.
        buckets = {
            "ArtifactsBucketName": f"{prefix}-artifacts-{account}-{self.session.region_name}",
            "SiteBucketName": f"{prefix}-site-{account}-{self.session.region_name}",
        }
        self.known = {"Stage": self.stage, **buckets, **own, **self.extra}

    @property
    def prefix(self) -> str:
        return self.known["ResourcePrefix"]

    def stack(self, name: str) -> Stack:
        return Stack(self.session.client("cloudformation"), f"{self.prefix}-{name}", self._store_template)

    def deploy_stack(self, name: str, template: dict[str, Any] | None = None) -> None:
        """Raises StackError, and DeclinedError if its changes are not wanted."""
        wanted = template or read_template((INFRA / f"{name}.yaml").read_text())
        self.say(f"Stack {self.prefix}-{name} …")
        outputs = self.stack(name).deploy(wanted, parameters_of(wanted, self.known), self.agree)
        self.known.update(outputs)

    # The parts, in order

    def deploy_batch(self) -> None:
        """The task, its schedule and its image. Where there is no image and none can be built, the schedule
        rests."""
        if self.lacking is not None:
            self.known["ImageTag"] = images.tag()
        elif not self._have_image():
            self.say(
                f"NO IMAGE: there is no container engine here ({' or '.join(images.ENGINES)}) to build one, "
                "so the nightly schedule rests until a deployment from a machine that has one."
            )
        self.deploy_stack("batch")

    def _have_image(self) -> bool:
        """Build and push what `batch` runs, unless it is there. Returns whether it is there afterwards."""
        ecr = self.session.client("ecr")
        wanted, repository = images.tag(), self.known["ImageRepository"]
        program = images.engine()
        if images.is_pushed(ecr, repository, wanted):
            self.say(f"Image {wanted} is there already.")
        elif program:
            self.say(f"Building and pushing image {wanted} …")
            name = f"{repository}:{wanted}"
            images.build(program, name)
            images.push(ecr, program, name)
        else:
            return False
        self.known["ImageTag"] = wanted
        return True

    def deploy_app(self) -> None:
        """Package the API, put the package into S3 under its hash, and deploy it."""
        self.say(f"Packaging the API for {self.runtime.name} …")
        app: PackagedApp = package_app(self.stage)
        package = build(app.files, self.runtime)
        self.say(f"    {package}")
        key = f"deploy/api-{package.sha256}.zip"
        self._put_once(key, package.content)
        self.known["PythonRuntime"] = self.runtime.name
        self.deploy_stack("app", app.stored_at(self.known["ArtifactsBucket"], key))

    def upload_site(self, address: Address) -> None:
        """Replace the site and look at it; if it is not well, the former one serves on. Raises SmokeError."""
        s3, bucket = self.session.client("s3"), self.known["SiteBucket"]
        config = {"demo": None}
        objects = site.objects_of(REPOSITORY / "chalice_app" / "frontend", config)
        former = site.root_of(s3, bucket)
        try:
            changed = site.upload(s3, bucket, objects)
            self.say(f"Site: {changed} of {len(objects)} files were new.")
            for sentence in smoke.check(address, security_headers()):
                self.say(f"    {sentence}")
        except BaseException:
            if any(one.key == "index.html" for one in former):
                site.go_back(s3, bucket, former)
                self.say(
                    "    NOT WELL: the former page is in its place again, and its files were never away."
                )
            raise
        site.tidy(s3, bucket, objects, former)

    def _app_goes_back(self, former: tuple[dict[str, Any], dict[str, str]] | None) -> None:
        """Deploy what the app's stack was before. Not its alias alone: CloudFormation would take that to be
        where it has put it, and the next deployment of the same package would leave it there."""
        if former and self.stack("app").deployed() != former:
            self.say("    NOT WELL: the API goes back to what it was before …")
            try:
                self.stack("app").deploy(*former, lambda _stack, _changes: True)
            except StackError as error:
                self.say(f"    {error}")

    def deploy(self, address_of: Callable[[dict[str, str]], Address]) -> Address:
        """Everything in order; `address_of` makes of what is known where the product can be reached.

        The site is the last to change, and only once the API behind it answers. Where a look at the result
        finds something wrong, both go back to what they were. Raises StackError, DeclinedError, PackageError,
        ImageError or SmokeError.
        """
        former = self.stack("app").deployed()
        parts: dict[str, Callable[[], None]] = {"batch": self.deploy_batch, "app": self.deploy_app}
        for name in STACKS:
            try:
                parts.get(name, partial(self.deploy_stack, name))()
            except StackError as error:
                if self.lacking is None or name == STATEFUL:
                    raise
                self.lacking(name, str(error))
        address = address_of(self.known)
        try:
            smoke.check_api(address)
            self.upload_site(address)
        except Exception:
            self._app_goes_back(former)
            raise
        return address

    def _put_once(self, key: str, body: bytes) -> str:
        """Store what is named by its content; returns its URL."""
        s3, bucket = self.session.client("s3"), self.known["ArtifactsBucket"]
        found = s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount", 0)
        if not found:
            s3.put_object(Bucket=bucket, Key=key, Body=body)
        return f"{s3.meta.endpoint_url}/{bucket}/{key}"  # emulators' included

    def _store_template(self, text: str) -> str:
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self._put_once(f"deploy/template-{digest}.json", text.encode())


def security_headers() -> dict[str, str]:
    """What cdn.yaml adds to every answer, by name."""
    template = read_template((INFRA / "cdn.yaml").read_text())
    policy = template["Resources"]["SecurityHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    own = policy["SecurityHeadersConfig"]
    return {
        "Content-Security-Policy": own["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": own["ReferrerPolicy"]["ReferrerPolicy"],
        **{one["Header"]: one["Value"] for one in policy["CustomHeadersConfig"]["Items"]},
    }


def undeploy(deployment: Deployment, *, with_data: bool) -> None:
    """Delete the stacks, last first. What people wrote stays unless `with_data`. Raises StackError."""
    for name in reversed(STACKS):
        stack = deployment.stack(name)
        if name == STATEFUL and not with_data:
            deployment.say(
                f"Stack {stack.name} stays: it holds what people wrote (DATA=delete deletes it, too)."
            )
        elif stack.exists():
            retained = stack.resources() if name == STATEFUL else {}
            deployment.say(f"Deleting stack {stack.name} …")
            stack.delete()
            _delete_retained(deployment, retained)


def _delete_retained(deployment: Deployment, resources: dict[str, tuple[str, str]]) -> None:
    """Delete what its template keeps from being deleted with its stack."""
    dynamodb, s3 = deployment.session.client("dynamodb"), deployment.session.client("s3")
    for kind, name in resources.values():
        if kind == "AWS::DynamoDB::Table":
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            dynamodb.delete_table(TableName=name)
        elif kind == "AWS::S3::Bucket":
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
                for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
            s3.delete_bucket(Bucket=name)
        elif kind == "AWS::SecretsManager::Secret":
            deployment.session.client("secretsmanager").delete_secret(
                SecretId=name, ForceDeleteWithoutRecovery=True
            )
        else:
            continue
        deployment.say(f"    deleted {kind.rpartition(':')[2].lower()} {name}")
