"""The table that compares backends."""

from typing import Literal

import pytest

from tests.backends.matrix import NOTE, matrix

Outcome = Literal["passed", "failed", "skipped"]


def report(
    test: str, outcome: Outcome, longrepr: str | tuple[str, int, str] | None = None, note: str | None = None
) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=f"tests/backends/test_product.py::{test}",
        location=("tests/backends/test_product.py", 1, test),
        keywords={},
        outcome=outcome,
        longrepr=longrepr,
        when="call",
        user_properties=[(NOTE, note)] if note else [],
        duration=1.4,
    )


def test_every_promise_has_a_word_for_each_backend_and_a_reason_where_it_is_not_yes() -> None:
    skipped = ("conftest.py", 1, "Skipped: not installed")
    reports = [
        report("test_it_works[one]", "passed"),
        report("test_it_works[two]", "passed", note="but slowly"),
        report("test_it_works[three]", "skipped", skipped),
        report("test_it_stays[one]", "failed", "E  what was expected"),
        report("test_it_stays[three]", "skipped", skipped),
        report("test_of_something_else[five]", "passed"),
    ]
    assert matrix(reports, ["one", "two", "three", "four"]) == [
        "          one           two           three",
        "it works  yes           in part 1     skipped 2",
        "it stays  NO 3          not run       skipped 2",
        "seconds   3             1             3",
        "1  two: but slowly",
        "2  three: not installed",
        "3  one: E  what was expected",
    ]


def test_other_tests_make_no_table() -> None:
    assert matrix([report("test_it_works", "passed")], ["one"]) == []
