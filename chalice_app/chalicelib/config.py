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
    """

    stage: str
    resource_prefix: str
    artifacts_bucket: str
    site_bucket: str
    cache_dir: Path
    secure_cookies: bool

    def table(self, name: str) -> str:
        return f"{self.resource_prefix}-{name}"

    @property
    def signing_key_secret(self) -> str:
        return f"{self.resource_prefix}/signing-key"


@cache
def settings() -> Settings:
    """Read the environment once; tests that change it call `settings.cache_clear()`."""
    prefix = os.environ.get("RESOURCE_PREFIX", "movies-local")
    return Settings(
        stage=os.environ.get("STAGE", "local"),
        resource_prefix=prefix,
        artifacts_bucket=os.environ.get("ARTIFACTS_BUCKET", f"{prefix}-artifacts"),
        site_bucket=os.environ.get("SITE_BUCKET", f"{prefix}-site"),
        cache_dir=Path(os.environ.get("CACHE_DIR", "/tmp/movies")),  # noqa: S108 - Lambda's only writable folder
        secure_cookies=os.environ.get("SECURE_COOKIES", "true") != "false",
    )
