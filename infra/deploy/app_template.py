"""The API's template and files, as `chalice package` makes them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.deploy.lambda_package import REPOSITORY, PackageError

MERGED = REPOSITORY / "infra" / "app-merge.yaml"
_FUNCTION = "${APIHandler.Arn}"


@dataclass(frozen=True, slots=True)
class PackagedApp:
    """`template` still names no place for the code; `files` are the app's own, without what it depends on."""

    template: dict[str, Any]
    files: dict[str, bytes]

    def stored_at(self, bucket: str, key: str) -> dict[str, Any]:
        """The template for a package that is in S3."""
        template: dict[str, Any] = json.loads(json.dumps(self.template))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
        return template


def package_app(stage: str) -> PackagedApp:
    """Run `chalice package` for a stage.

    It meets no requirements: what Chalice would download suits the Python that it runs on, and is only
    warned about where it cannot be had; `lambda_package` adds what the runtime needs. Raises PackageError.
    """
    with tempfile.TemporaryDirectory() as folder:
        project, out = Path(folder) / "app", Path(folder) / "out"
        source = REPOSITORY / "chalice_app"
        ignored = shutil.ignore_patterns(
            "__pycache__", "frontend", "requirements.txt", "deployments", "deployed"
        )
        shutil.copytree(source, project, ignore=ignored)
        (project / "requirements.txt").write_text("")
        process = subprocess.run(
            [
                *(sys.executable, "-c", "from chalice.cli import main; main()", "package"),
                *("--stage", stage, "--merge-template", str(MERGED), str(out)),
            ],
            cwd=project,
            env={"AWS_DEFAULT_REGION": "us-east-1"} | os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode:
            raise PackageError(f"`chalice package --stage {stage}` failed: {process.stderr.strip()}")
        template = yaml.safe_load((out / "sam.yaml").read_text())
        with zipfile.ZipFile(out / "deployment.zip") as archive:
            files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    return PackagedApp(_served_by_alias(_without_default_role(template)), files)


def _without_default_role(template: dict[str, Any]) -> dict[str, Any]:
    """Chalice makes one role for all; each function here has its own."""
    template["Resources"].pop("DefaultRole", None)
    return template


def _served_by_alias(value: Any) -> Any:
    """Let API Gateway call the published version: a deployment that fails then leaves the former one
    serving, and only published versions start from a snapshot."""
    if isinstance(value, dict):
        uri = value.get("Fn::Sub")
        if isinstance(uri, str) and _FUNCTION in uri:
            return {"Fn::Sub": [uri.replace(_FUNCTION, "${Alias}"), {"Alias": {"Ref": "APIHandler.Alias"}}]}
        return {key: _served_by_alias(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_served_by_alias(one) for one in value]
    return value
