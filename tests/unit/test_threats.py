"""The pages that promise something name tests, resources and pages that there are."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from infra.deploy.stacks import read_template

ROOT = Path(__file__).parents[2]
THREATS = (ROOT / "docs" / "threats.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", THREATS)))
RESOURCES = sorted(set(re.findall(r"`(infra/[\w-]+\.yaml)#(\w+)`", THREATS)))


@cache
def functions_in(file: str) -> set[str]:
    return {one.name for one in ast.parse((ROOT / file).read_text()).body if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_every_test_that_the_page_names_is_there(file: str, name: str) -> None:
    assert name in functions_in(file)


@pytest.mark.parametrize(("file", "resource"), RESOURCES)
def test_every_resource_that_the_page_names_is_there(file: str, resource: str) -> None:
    assert resource in read_template((ROOT / file).read_text())["Resources"]


def test_every_threat_names_what_holds_it() -> None:
    assert len(TESTS) > 50
    tables = [line for line in THREATS.splitlines() if line.startswith("| ") and "what " not in line]
    assert len(tables) > 40
    assert all("::test_" in line for line in tables)
    assert THREATS.count("::test_") == len(re.findall(r"`tests/[\w/]+\.py::\w+`", THREATS)), "in one form"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_page_that_a_page_links_to_is_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target
