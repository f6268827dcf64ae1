"""Where a request is said to come from, and which cookie it carries."""

from collections.abc import Iterator

import pytest
from chalice.app import Request

from chalicelib.api.requests import MoviesQuery, address_of, read_query, read_refresh_cookie
from chalicelib.config import settings


def request(
    headers: dict[str, str] | None = None,
    source: str = "192.0.2.1",
    query: dict[str, list[str]] | None = None,
) -> Request:
    return Request(
        {
            "multiValueQueryStringParameters": query,
            "headers": headers or {},
            "pathParameters": None,
            "requestContext": {
                "httpMethod": "GET",
                "resourcePath": "/",
                "identity": {"sourceIp": source},
            },
            "stageVariables": None,
            "body": None,
        }
    )


@pytest.fixture
def behind_cdn(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VIEWER_ADDRESS_HEADER", "CloudFront-Viewer-Address")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize(
    ("source", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("test-invoke-source-ip", "unknown"),
    ],
)
def test_one_subscriber_counts_as_one_address(source: str, counted: str) -> None:
    assert address_of(request(source=source)) == counted


def test_nobody_can_choose_the_address_they_count_under() -> None:
    headers = {"X-Forwarded-For": "198.51.100.7", "CloudFront-Viewer-Address": "198.51.100.7:443"}
    assert address_of(request(headers)) == "192.0.2.1"


@pytest.mark.usefixtures("behind_cdn")
@pytest.mark.parametrize(
    ("header", "counted"),
    [
        ("198.51.100.7:443", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6:443", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"),
        ("", "192.0.2.1"),
    ],
)
def test_behind_a_cdn_the_viewers_address_counts(header: str, counted: str) -> None:
    assert address_of(request({"CloudFront-Viewer-Address": header})) == counted


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("refresh=abc", "abc"),
        ('theme=dark; refresh=abc; x={"a":1}', "abc"),
        ('x="; refresh=abc', "abc"),
        ("not_refresh=abc", None),
        ("refresh=", None),
        ("refresh", None),
        ("", None),
    ],
)
def test_the_refresh_cookie_is_found_among_others(header: str, token: str | None) -> None:
    assert read_refresh_cookie(request({"Cookie": header})) == token


def test_of_a_repeated_parameter_the_last_counts() -> None:
    query = read_query(request(query={"limit": ["5", "6"], "q": ["a", ""], "other": ["x"]}), MoviesQuery)
    assert (query.limit, query.q) == (6, "")


def test_search_text_is_one_tidy_line() -> None:
    query = read_query(request(query={"q": ["  the\u0000\nMATRIX \u202e x "]}), MoviesQuery)
    assert query.q == "the MATRIX x"
