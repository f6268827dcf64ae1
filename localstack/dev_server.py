"""One origin for the whole product on this machine: the API under /api, the site everywhere else.

    python localstack/dev_server.py --port 8000

What the product would have mailed is shown at /_mail. Requests under /api go through Chalice's own local
gateway, so the application meets the events it would meet on Lambda; the rest comes from the site bucket, as
a CDN would fetch it. The stream of the ratings is pumped to its handler, as Lambda would. Chalice's server is
kept, but answers at once (no Nagle delay, buffered writes), takes more waiting connections, and speaks
`application/problem+json` where it would refuse a request by itself.
"""

import argparse
import contextlib
import json
import logging
import socket
import sys
import threading
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Chalice, DynamoDBEvent
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    LocalChalice,
    LocalGateway,
    LocalGatewayException,
    ThreadedHTTPServer,
)

import local_environment
from mailbox_page import MAIL_PATH, mail_page
from site_files import Site, SiteFile
from stopping import stop_when_told
from stream_pump import StreamPump

LARGEST_BODY = 10 << 20
"""Bytes of a request's body beyond which it is refused unread, as API Gateway does; the API's own limits are
lower."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: https://image.tmdb.org; style-src 'self'; "
        "script-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

log = logging.getLogger("dev-server")


class Handler(ChaliceRequestHandler):
    """One connection: many requests, one after the other."""

    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 75
    """Seconds an idle connection is kept."""

    def __init__(self, *connection: Any, app: Chalice, gateway: LocalGateway, site: Site) -> None:
        self.app = app
        self.local_gateway = gateway
        self.site = site
        super(ChaliceRequestHandler, self).__init__(*connection)

    def handle(self) -> None:
        # People close tabs in the middle of things; that is no error of ours.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def handle_expect_100(self) -> bool:
        return not self._refuse_body() and super().handle_expect_100()

    def answer(self) -> None:
        """Every method comes here."""
        if self._refuse_body():
            return
        try:
            path, question, query = self.path.partition("?")
            if path == "/api" or path.startswith("/api/"):
                self._answer_from_api(path.removeprefix("/api") or "/", question + query)
            elif path == MAIL_PATH:
                self._drop_body()
                self._answer_with_mail()
            else:
                self._drop_body()
                self._answer_from_site(path)
        except ConnectionError:
            raise
        except (BotoCoreError, ClientError) as error:
            log.error("AWS did not do what was asked: %s", error)  # noqa: TRY400 - the sentence is enough
            self._problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The emulated AWS did not answer as it should; the log says how.",
            )
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            self._problem(
                HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side; the log says what."
            )

    # The names are http.server's.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815
    do_OPTIONS = do_TRACE = do_QUERY = answer  # noqa: N815

    def _answer_from_api(self, path: str, query: str) -> None:
        headers, body = self._parse_payload()
        try:
            route = self.local_gateway.event_converter._route_matcher.match_route(path).route
        except ValueError:
            self._problem(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
            return
        methods = self.app.routes[route]
        if self.command not in methods:
            allowed = {"Allow": ", ".join(sorted(methods))}
            self._problem(
                HTTPStatus.METHOD_NOT_ALLOWED, "This address does not answer to that method.", allowed
            )
            return
        try:
            answer = self.local_gateway.handle_request(
                method=self.command, path=path + query, headers=headers, body=body
            )
        except LocalGatewayException as refusal:
            self._respond(refusal.CODE, refusal.headers, refusal.body or b"")
            return
        answer = self._handle_binary(answer)
        content = answer["body"] or b""
        self._respond(
            answer["statusCode"],
            {**answer["headers"], **answer["multiValueHeaders"]},
            content.encode() if isinstance(content, str) else content,
        )

    def _answer_with_mail(self) -> None:
        try:
            page = mail_page()
        except (OSError, ValueError, KeyError):
            self._problem(HTTPStatus.NOT_FOUND, "This emulated AWS does not show what was sent.")
            return
        headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
        self._respond(HTTPStatus.OK, headers, page)

    def _answer_from_site(self, path: str) -> None:
        if self.command not in {"GET", "HEAD"}:
            allowed = {"Allow": "GET, HEAD"}
            self._problem(HTTPStatus.METHOD_NOT_ALLOWED, "The site can only be read.", allowed)
            return
        file = self.site.find(path)
        if file is None:
            self._problem(HTTPStatus.NOT_FOUND, "There is no such file.")
            return
        headers = {"Cache-Control": file.cache_control, "ETag": file.etag, "Vary": "Accept-Encoding"}
        if self._has(file):
            self._respond(HTTPStatus.NOT_MODIFIED, headers, None)
            return
        headers["Content-Type"] = file.content_type
        if file.zipped and "gzip" in self.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            self._respond(HTTPStatus.OK, headers, file.zipped)
        else:
            self._respond(HTTPStatus.OK, headers, file.content)

    def _has(self, file: SiteFile) -> bool:
        """Whether the browser holds this very file already."""
        tags = [tag.strip().removeprefix("W/") for tag in self.headers.get("If-None-Match", "").split(",")]
        return file.etag in tags or "*" in tags

    def _refuse_body(self) -> bool:
        """Refuse a body that is too large or of unsaid length, without reading it."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding"):
            status, detail = HTTPStatus.LENGTH_REQUIRED, "Send the body whole, with its length."
        elif not (length.isascii() and length.isdigit()):
            status, detail = HTTPStatus.BAD_REQUEST, "Content-Length must be a number."
        elif int(length) > LARGEST_BODY:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            detail = f"Send a body of at most {LARGEST_BODY >> 20} MB."
        else:
            return False
        self._problem(status, detail, {"Connection": "close"})
        self._hang_up()
        return True

    def _hang_up(self) -> None:
        """End the connection so that the caller still gets to read the answer while it is sending."""
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1)
            for _ in range(1024):
                if not self.connection.recv(1 << 20):
                    break

    def _drop_body(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _problem(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        problem = {
            "type": f"/problems/{status.phrase.lower().replace(' ', '-')}",
            "title": status.phrase,
            "status": status,
            "detail": detail,
        }
        content = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
        self._respond(status, content | dict(headers or {}), json.dumps(problem).encode())

    def _respond(self, status: int, headers: Mapping[str, str | list[str]], body: bytes | None) -> None:
        """Send an answer whole. `body` is None where the status forbids one."""
        self.send_response(status)
        present = {name.lower() for name in headers}
        ours = {name: value for name, value in SECURITY_HEADERS.items() if name.lower() not in present}
        for name, value in [*headers.items(), *ours.items()]:
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        if body is not None and status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server refuses by itself: a malformed request, an unheard-of method."""
        detail = f"{explain or message or HTTPStatus(code).phrase}."
        self._problem(HTTPStatus(code), detail, {"Connection": "close"})

    def version_string(self) -> str:
        return "movies"

    def log_message(self, *_: object) -> None:
        """No line per request: it would cost more than the request."""


class Server(ThreadedHTTPServer):
    request_queue_size = 128
    block_on_close = False


def create_server(app: Chalice, site: Site, port: int, host: str = "127.0.0.1") -> Server:
    """A server that listens already; call `serve_forever`. Raises OSError if the port cannot be used."""
    # Chalice keeps the current request on the application; with threads it must be the thread's own.
    if not isinstance(app, LocalChalice):
        app.__class__ = type("ThreadedApp", (LocalChalice, app.__class__), {})
    gateway = LocalGateway(app, Config.create())
    return Server((host, port), partial(Handler, app=app, gateway=gateway, site=site))


def main() -> int:
    parser = argparse.ArgumentParser(description="The API and the site on one local address.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input closes")
    chosen = parser.parse_args()
    local_environment.use("http://127.0.0.1:4566", Path(".local/cache"))
    sys.path.insert(0, str(local_environment.REPOSITORY / "chalice_app"))
    from app import app
    from chalicelib.api.streams import count_ratings
    from chalicelib.config import settings

    site = Site(local_environment.s3(), settings().site_bucket)
    try:
        server = create_server(app, site, chosen.port)
    except OSError as error:
        print(
            f"Port {chosen.port} cannot be used ({error.strerror}); choose another with --port.",
            file=sys.stderr,
        )
        return 1

    def stop() -> None:
        # From the thread that serves, `shutdown` would wait for itself.
        threading.Thread(target=server.shutdown).start()

    stop_when_told(stop, with_parent=chosen.with_parent)
    pump = StreamPump(settings().table("ratings"), lambda event: count_ratings(DynamoDBEvent(event, None)))
    pump.start()
    with server:
        server.serve_forever(poll_interval=0.1)
    pump.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
