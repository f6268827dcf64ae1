"""What starting the API takes along, and what it leaves for when it is needed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

API = Path(__file__).parents[2] / "chalice_app"
OF_NO_USE = {"batch_jobs", "boto3", "pandas", "s3transfer", "surprise"}
FOR_LATER = {"argon2", "jwt", "numpy", "chalicelib.api.openapi", "chalicelib.services.suggesting"}

REPORT = """
import gc, json, sys
from app import app
from chalicelib import aws
from chalicelib.api.routing import operation_of
from chalicelib.storage.tables import AccountRow, SuggestionsRow

entries = [entry for methods in app.routes.values() for entry in methods.values()]
operations = [operation_of(entry.view_function) for entry in entries]
forms = {form for one in operations for form in (one.body, one.query, one.answers) if isinstance(form, type)}
print(json.dumps({
    "modules": list(sys.modules),
    "built": sorted(form.__name__ for form in forms if form.__pydantic_complete__),
    "unbuilt": sorted(form.__name__ for form in forms if not form.__pydantic_complete__),
    "clients": [
        bool(aws.s3.cache_info().currsize),
        *(row._connection is not None for row in (AccountRow, SuggestionsRow)),
    ],
    "collects": gc.isenabled(),
}))
"""


def started(initialization: str) -> dict[str, Any]:
    """What there is in a fresh process that has imported the app, where Lambda says that it starts so."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        env=os.environ | {"AWS_LAMBDA_INITIALIZATION_TYPE": initialization, "PYTHONPATH": str(API)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_where_somebody_waits_nothing_is_loaded_that_most_requests_do_without() -> None:
    report = started("on-demand")
    assert not (OF_NO_USE | FOR_LATER) & set(report["modules"])
    assert not report["built"]
    assert not any(report["clients"])
    assert report["collects"]


@pytest.mark.parametrize("initialization", ["snap-start", "provisioned-concurrency"])
def test_where_nobody_waits_all_is_there_before_the_first_request(initialization: str) -> None:
    report = started(initialization)
    assert set(report["modules"]) >= FOR_LATER
    assert not OF_NO_USE & set(report["modules"])
    assert report["unbuilt"] == ["NoContent"], "only what is never sent need not be built"
    assert all(report["clients"])
    assert report["collects"]
