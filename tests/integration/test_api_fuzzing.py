"""Requests made up from the API's own description, valid and not, over real HTTP."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.services.accounts import create_account, log_in
from chalicelib.services.operators import grant
from tests.integration.api_client import LOCAL_ADDRESS, PASSWORD

# An empty parameter counts as not given, and no schema can say which cursors and names there are.
BESIDES = "negative_data_rejection,positive_data_acceptance"
SIZE = ["--seed", "20", "--max-examples", "30", "--generation-database", "none", "--workers", "1"]


@pytest.mark.timeout(180)
def test_no_made_up_request_is_answered_otherwise_than_described(origin: str, tmp_path: Path) -> None:
    create_account("Fuzz", "fuzz@example.com", PASSWORD)
    grant("fuzz@example.com")
    token = log_in("fuzz@example.com", PASSWORD, LOCAL_ADDRESS).access_token
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{origin}/api/openapi.json",
            *SIZE,
            "--exclude-checks",
            BESIDES,
            "--continue-on-failure",
            "--no-color",
            "--header",
            f"Authorization: Bearer {token}",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    made = re.search(r"(\d+) generated", run.stdout)
    assert made
    assert int(made[1]) > 1000
