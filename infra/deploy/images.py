"""The batch job's image: named by what it is made of, so that nothing is built or pushed twice."""

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.lambda_package import REPOSITORY

ENGINES = ("docker", "podman")
DOCKERFILE = "batch_jobs/Dockerfile"
INGREDIENTS = (
    *("batch_jobs", "chalice_app/chalicelib"),
    *(".dockerignore", "pyproject.toml", "README.md", "LICENSE"),
)
FIXED_TIME = 315532800
"""In seconds; what the Dockerfile gives to all that it makes."""


class ImageError(Exception):
    """Why the image could not be built or pushed, in one sentence."""


def tag() -> str:
    """The hash of everything that the Dockerfile copies, of itself, and of what is kept from it."""
    digest = hashlib.sha256()
    for ingredient in INGREDIENTS:
        path = REPOSITORY / ingredient
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                content = file.read_bytes()
                digest.update(f"{file.relative_to(REPOSITORY)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:20]


def engine() -> str | None:
    """A container engine that works here, or None."""
    for name in ENGINES:
        path = shutil.which(name)
        if path and subprocess.run([path, "info"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def is_pushed(ecr: Any, repository: str, wanted: str) -> bool:
    """Whether ECR's repository (its URI) has the tag."""
    try:
        answer = ecr.describe_images(
            repositoryName=repository.partition("/")[2], imageIds=[{"imageTag": wanted}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ImageNotFoundException":
            return False
        raise
    return bool(answer["imageDetails"])


def build(program: str, name: str, *options: str) -> None:
    """Build for Fargate's processor. Raises ImageError.

    By podman the same sources on the same base become the same image, to the last bit; Docker writes into it
    when it was built.
    """
    stamp = ("--timestamp", str(FIXED_TIME)) if Path(program).name == "podman" else ()
    platform = ("--platform", "linux/amd64")
    _run([program, "build", *platform, *stamp, *options, "-f", DOCKERFILE, "-t", name, "."], "built")


def push(ecr: Any, program: str, name: str) -> None:
    """Push an image, which is called REGISTRY/REPOSITORY:TAG here, too. Raises ImageError."""
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    registry = name.partition("/")[0]
    _run([program, "login", "--username", user, "--password-stdin", registry], "logged in to", password)
    _run([program, "push", name], "pushed")


def _run(command: list[str], done: str, words: str | None = None) -> None:
    try:
        subprocess.run(command, cwd=REPOSITORY, input=words, text=True, check=True)
    except subprocess.CalledProcessError as error:
        engine_name = Path(command[0]).name
        raise ImageError(f"The image could not be {done} ({engine_name} says why above).") from error
