"""Talking to the API in tests, through Chalice's own test client."""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from chalice.test import Client, HTTPResponse

from tests.integration.contract import assert_as_described
from tests.integration.permissions import API_ROLE, permitted

LOCAL_ADDRESS = "127.0.0.1"
PASSWORD = "correct horse battery"
FIRST_MOVIE, MOVIES = 1001, 60
"""The catalogue that tests publish: these many movies, from this number on."""

_numbers = count(1)


@dataclass
class Api:
    """The app, as seen by one browser: `token` goes along with each request, `cookie` is what it keeps."""

    client: Client
    token: str | None = None
    cookie: str | None = None

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> HTTPResponse:
        """Send `body` as JSON, or `raw` as it is; `headers` win over what a browser would send.

        Every answer must be as the API's description says, and need nothing that its role may not do.
        """
        sent: dict[str, str] = {}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.cookie is not None:
            sent["Cookie"] = f"theme=dark; refresh={self.cookie}"
        if body is not None or raw is not None:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        with permitted(API_ROLE):
            answer = self.client.http.request(method, path, headers=sent, body=content)
        assert_as_described(method, path, answer)
        return answer

    def get(self, path: str, headers: dict[str, str] | None = None) -> HTTPResponse:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, body: object = None, headers: dict[str, str] | None = None) -> HTTPResponse:
        return self.request("POST", path, body, headers)

    def put(self, path: str, body: object = None) -> HTTPResponse:
        return self.request("PUT", path, body)

    def delete(self, path: str) -> HTTPResponse:
        return self.request("DELETE", path)

    def signed_up(self, name: str = "Ada") -> "Person":
        """A new person in a browser of their own."""
        email = f"person{next(_numbers)}@example.com"
        answer = self.post("/auth/sign-up", {"name": name, "email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.body
        session = answer.json_body
        return Person(
            self.client,
            session["access_token"],
            cookie_in(answer),
            person_id=session["account"]["person_id"],
            email=email,
        )


@dataclass
class Person(Api):
    person_id: str = ""
    email: str = ""


def cookie_in(answer: HTTPResponse) -> str:
    """The refresh token that an answer sets."""
    name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    assert name == "refresh"
    return str(value)


def problem_in(answer: HTTPResponse, status: int, slug: str) -> dict[str, Any]:
    """The problem that an answer tells of, after making sure that it is a complete one."""
    assert answer.status_code == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    problem: dict[str, Any] = answer.json_body
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def fields_of(problem: dict[str, Any]) -> set[str]:
    return {one["field"] for one in problem["errors"]}
