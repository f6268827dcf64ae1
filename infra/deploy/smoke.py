"""What must be true of a deployed product before it is called deployed."""

import http.client
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_TRIES = 10


class SmokeError(Exception):
    """What is wrong with the deployed product, in one sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """Where the product is: `url` is for people; an emulator is found elsewhere (`connect_to`, host and port)
    and tells sites apart by their names, as a CDN does."""

    url: str
    connect_to: tuple[str, int] | None = None

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str | None = None
    ) -> Answer:
        """Raises OSError or http.client.HTTPException where nobody answers."""
        target = urlsplit(self.url)
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        host, port = self.connect_to or (target.hostname or "", target.port)
        connection = kind(host, port, timeout=60)
        headers = {"Host": target.netloc, "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()


def check(address: Address, security_headers: Mapping[str, str]) -> list[str]:
    """What was found to be so, a sentence each. Raises SmokeError at the first thing that is not."""
    found = []
    health = check_api(address)
    home = _patiently(address, "/")
    _need(home, "/", "text/html")
    if home.headers.get("cache-control") != "no-cache":
        raise SmokeError("index.html may be kept, so a new version would not be seen.")
    if _patiently(address, "/movie/114709").body != home.body:
        raise SmokeError("/movie/114709 is not the app: deep links and reloading do not work.")
    found.append("deep links lead to the app")
    scripts = re.findall(rb'(?:src|href)="(/[^"]+\.(?:js|css))"', home.body)
    for script in scripts:
        path = script.decode()
        kind = "text/css" if path.endswith(".css") else "text/javascript"
        answer = _patiently(address, path)
        _need(answer, path, kind)
        if "immutable" not in answer.headers.get("cache-control", ""):
            raise SmokeError(f"{path} does not say that it can be kept.")
    found.append(f"{len(scripts)} scripts and styles are there, to be kept for a year")
    missing = _patiently(address, "/no-such-file.js")
    if missing.status not in {403, 404}:
        raise SmokeError(f"A file that does not exist answers {missing.status}.")
    for path, answer in (("/", home), ("/api/health", health)):
        for name, value in security_headers.items():
            if answer.headers.get(name.lower()) != value:
                raise SmokeError(f"{path} lacks the header {name}: {value}")
    found.append("every answer carries the security headers")
    config = json.loads(_patiently(address, "/config.json").body)
    if "demo" not in config:
        raise SmokeError("config.json does not say whether there is a demo account.")
    return found


def check_api(address: Address) -> Answer:
    """Raises SmokeError if the API is not well."""
    health = _patiently(address, "/api/health")
    if health.status != 200 or json.loads(health.body).get("status") != "ok":
        raise SmokeError(f"/api/health answers {health.status}: {health.body[:200]!r}")
    return health


def _need(answer: Answer, path: str, content_type: str) -> None:
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith(content_type):
        raise SmokeError(f"{path} answers {answer.status} ({answer.headers.get('content-type')}).")


def _patiently(address: Address, path: str) -> Answer:
    """The answer, or the tenth: names and caches take their time after a first deployment."""
    for attempt in range(_TRIES):
        try:
            answer = address.get(path)
            if answer.status < 500:
                return answer
            problem: object = f"status {answer.status}: {answer.body[:300]!r}"
        except (OSError, http.client.HTTPException) as error:
            problem = error
        time.sleep(min(0.2 * 2**attempt, 10))
    raise SmokeError(f"{address.url}{path} does not answer: {problem}")
