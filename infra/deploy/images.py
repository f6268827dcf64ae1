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
_INGREDIENTS = (
    *("batch_jobs", "chalice_app/chalicelib"),
    *("chalice_app/requirements.txt", "pyproject.toml", "README.md", "LICENSE"),
)


class ImageError(Exception):
    """Why the image could not be built or pushed, in one sentence."""


def tag() -> str:
    """The hash of everything that the Dockerfile copies, and of itself."""
    digest = hashlib.sha256()
    for ingredient in _INGREDIENTS:
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


def build_and_push(ecr: Any, program: str, repository: str, wanted: str) -> None:
    """Build for Fargate's processor and push. Raises ImageError."""
    name = f"{repository}:{wanted}"
    _run(
        [program, "build", "--platform", "linux/amd64", "-f", "batch_jobs/Dockerfile", "-t", name, "."],
        "built",
    )
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    registry = repository.partition("/")[0]
    _run([program, "login", "--username", user, "--password-stdin", registry], "logged in to", password)
    _run([program, "push", name], "pushed")


def _run(command: list[str], done: str, words: str | None = None) -> None:
    try:
        subprocess.run(command, cwd=REPOSITORY, input=words, text=True, check=True)
    except subprocess.CalledProcessError as error:
        engine_name = Path(command[0]).name
        raise ImageError(f"The image could not be {done} ({engine_name} says why above).") from error
