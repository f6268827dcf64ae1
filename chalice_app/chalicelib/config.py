"""The one place where the environment is read.

Every name the deployment decides (tables, buckets, secrets) arrives through environment variables
set by the template, the Makefile or the container task, and leaves here as one typed object.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Names and folders of one deployment.

    `cache_dir` is a writable folder for files fetched from S3 (on Lambda only `/tmp` is writable).
    `secure_cookies` is off only where the site is served over plain HTTP on this machine.
    `api_base_path` is where browsers reach the API, without a slash at its end.
    `viewer_address_header` names the header in which a trusted CDN says who is calling; without one the
    caller's own address counts. `sign_ups_per_hour` holds for one address. `ratings_stream_arn` is the stream
    of the ratings' table; None where nothing delivers it to this app.
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
    ratings_stream_arn: str | None = None

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
        ratings_stream_arn=os.environ.get("RATINGS_STREAM_ARN") or None,
    )
