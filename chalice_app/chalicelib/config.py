"""The one place where the environment is read.

Every name the deployment decides (tables, buckets, secrets) arrives through environment variables
set by the template, the Makefile or the container task, and leaves here as one typed object.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BatchTask:
    """The container task (ECS on Fargate) that runs the batch job when an operator asks for it.

    The image's entry point is `python -m batch_jobs`; a request brings the words after it.
    """

    cluster: str
    definition: str
    container: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    public_address: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """Names and folders of one deployment.

    `cache_dir` is a writable folder for files fetched from S3 (on Lambda only `/tmp` is writable).
    `secure_cookies` is off only where the site is served over plain HTTP on this machine.
    `api_base_path` is where browsers reach the API, without a slash at its end.
    `viewer_address_header` names the header in which a trusted CDN says who is calling; without one the
    caller's own address counts. `sign_ups_per_hour` holds for one address. Without a `batch_task` requests
    to run the batch job wait for a runner that looks for them.
    `mail_from` (MAIL_FROM) is the sender of mails, an address that SES has verified, such as
    `Matinee <no-reply@example.com>`; without one no mail is sent. `site_url` (SITE_URL) is where browsers
    reach the site, without a slash at its end: links in mails begin with it. `started_ahead` tells that
    Lambda starts the app before anybody waits for it.
    """

    stage: str
    resource_prefix: str
    artifacts_bucket: str
    site_bucket: str
    cache_dir: Path
    secure_cookies: bool
    api_base_path: str = "/api"
    viewer_address_header: str | None = None
    sign_ups_per_hour: int = 20
    batch_task: BatchTask | None = None
    mail_from: str | None = None
    site_url: str = "http://127.0.0.1:8000"
    started_ahead: bool = False

    def table(self, name: str) -> str:
        return f"{self.resource_prefix}-{name}"

    @property
    def signing_key_secret(self) -> str:
        return f"{self.resource_prefix}/signing-key"


@cache
def settings() -> Settings:
    """Read the environment once; tests that change it call `settings.cache_clear()`."""
    prefix = os.environ.get("RESOURCE_PREFIX", "movies-local")
    stage = os.environ.get("STAGE", "local")
    # On one's own machine everybody comes from the same address.
    sign_ups = "1000" if stage == "local" else "20"
    return Settings(
        stage=stage,
        resource_prefix=prefix,
        artifacts_bucket=os.environ.get("ARTIFACTS_BUCKET", f"{prefix}-artifacts"),
        site_bucket=os.environ.get("SITE_BUCKET", f"{prefix}-site"),
        cache_dir=Path(os.environ.get("CACHE_DIR", "/tmp/movies")),  # noqa: S108 - Lambda's only writable folder
        secure_cookies=os.environ.get("SECURE_COOKIES", "true") != "false",
        api_base_path=os.environ.get("API_BASE_PATH", "/api").rstrip("/"),
        viewer_address_header=os.environ.get("VIEWER_ADDRESS_HEADER") or None,
        sign_ups_per_hour=int(os.environ.get("SIGN_UPS_PER_HOUR", sign_ups)),
        batch_task=_batch_task(),
        mail_from=os.environ.get("MAIL_FROM") or None,
        site_url=(os.environ.get("SITE_URL") or "http://127.0.0.1:8000").rstrip("/"),
        # Lambda's own; `snap-start` and `provisioned-concurrency` are the others.
        started_ahead=os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") != "on-demand",
    )


def _batch_task() -> BatchTask | None:
    """`BATCH_CLUSTER` and `BATCH_TASK_DEFINITION` name the task, `BATCH_CONTAINER` the container in it;
    `BATCH_SUBNETS` and `BATCH_SECURITY_GROUPS` are lists with commas."""
    cluster = os.environ.get("BATCH_CLUSTER")
    if not cluster:
        return None
    return BatchTask(
        cluster=cluster,
        definition=os.environ["BATCH_TASK_DEFINITION"],
        container=os.environ.get("BATCH_CONTAINER", "batch-jobs"),
        subnets=_names("BATCH_SUBNETS"),
        security_groups=_names("BATCH_SECURITY_GROUPS"),
        public_address=os.environ.get("BATCH_PUBLIC_ADDRESS", "true") != "false",
    )


def _names(variable: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in os.environ.get(variable, "").split(",") if name.strip())
