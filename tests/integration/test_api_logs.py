"""Each request leaves one line, of which CloudWatch makes metrics and which tells nobody who it was about."""

import json
import logging
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import pytest

from chalicelib.api.logs import JsonLines
from tests.integration.api_client import Api, Person


class Lines(logging.Handler):
    """The lines as they would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(JsonLines().format(record))

    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.lines[-1])
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler, logger = Lines(), logging.getLogger("movies")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def metrics(line: dict[str, Any]) -> dict[str, Any]:
    """The line's metrics and their values, after making sure that they are in CloudWatch's form."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert isinstance(line["_aws"]["Timestamp"], int)
    assert all(name in line for dimensions in directive["Dimensions"] for name in dimensions)
    return {one["Name"]: line[one["Name"]] for one in directive["Metrics"]}


def test_a_rating_is_counted(model: str, ada: Person, lines: Lines) -> None:  # noqa: ARG001
    ada.put("/me/ratings/1001", {"stars": 4.5})
    assert metrics(lines.last()) == {"Ratings": 1}
    assert lines.last()["status"] == 200


def test_suggestions_tell_their_model_age_and_cost(model: str, ada: Person, lines: Lines) -> None:
    ada.put("/me/ratings/1001", {"stars": 5})
    for is_folded_in in (True, False):  # the second time they are those of the first
        ada.get("/me/suggestions")
        found = metrics(lines.last())
        assert found["SuggestionAge"] >= 0
        assert ("FoldInTime" in found) == is_folded_in
        assert lines.last()["model_version"] == model


def test_a_line_names_the_person_by_a_digest_only(ada: Person, lines: Lines) -> None:
    ada.get("/me")
    assert lines.last()["person"] == blake2b(ada.person_id.encode(), digest_size=8).hexdigest()
    for private in (ada.person_id, ada.email, str(ada.token), str(ada.cookie)):
        assert not any(private in line for line in lines.lines)


def test_one_requests_measurements_do_not_stand_on_the_next_ones_line(
    model: str,  # noqa: ARG001
    ada: Person,
    api: Api,
    lines: Lines,
) -> None:
    ada.put("/me/ratings/1002", {"stars": 1})
    api.token = None
    api.get("/health")
    assert not {"_aws", "Ratings", "person"} & lines.last().keys()
