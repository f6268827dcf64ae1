"""The dev server over real sockets: a small Chalice app under /api, a site in S3 everywhere else."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import httpx
import pytest
from chalice.app import Chalice, Response
from moto import mock_aws

import dev_server
from dev_server import LARGEST_BODY, SECURITY_HEADERS, create_server
from site_files import Site, upload

BUCKET = "site"
SCRIPT = "export const words = " + json.dumps(["word"] * 500) + ";\n"


def small_app() -> Chalice:
    app = Chalice(app_name="small", configure_logs=False)

    @app.route("/echo/{name}", methods=["GET", "PUT"], content_types=["*/*"])
    def echo(name: str) -> Response:
        request = app.current_request
        assert request
        body = json.dumps(
            {"name": name, "query": dict(request.query_params or {}), "size": len(request.raw_body or b"")}
        )
        return Response(body, {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"})

    @app.route("/nothing", methods=["DELETE"])
    def nothing() -> Response:
        return Response("", status_code=204)

    return app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frontend")
    (folder / "index.html").write_text("<!doctype html><title>Movies</title>")
    (folder / "app.js").write_text(SCRIPT)
    (folder / "icons").mkdir()
    (folder / "icons" / "icon.svg").write_text("<svg/>")
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def origin(folder: Path) -> Iterator[str]:
    """The address of a running dev server."""
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        upload(s3, BUCKET, folder, {"demo": None})
        server = create_server(small_app(), Site(s3, BUCKET), 0)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def browser(origin: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=origin) as client:
        yield client


def problem_in(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"].endswith(".")
    return answer.status_code, problem["type"]


def test_the_api_is_reached_without_its_prefix(browser: httpx.Client) -> None:
    assert browser.get("/api/echo/heat?a=1&b=x%20y").json() == {
        "name": "heat",
        "query": {"a": "1", "b": "x y"},
        "size": 0,
    }
    assert browser.put("/api/echo/heat", content=b"x" * 5000).json()["size"] == 5000


def test_a_204_has_neither_body_nor_length(browser: httpx.Client) -> None:
    answer = browser.delete("/api/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers
    assert browser.get("/").status_code == 200


def test_refusals_of_the_server_itself_are_problems(browser: httpx.Client) -> None:
    assert problem_in(browser.get("/api/none")) == (404, "/problems/not-found")
    assert problem_in(browser.get("/api")) == (404, "/problems/not-found")
    wrong_method = browser.post("/api/echo/heat")
    assert problem_in(wrong_method) == (405, "/problems/method-not-allowed")
    assert wrong_method.headers["allow"] == "GET, PUT"
    assert problem_in(browser.post("/index.html")) == (405, "/problems/method-not-allowed")
    assert problem_in(browser.request("BREW", "/")) == (501, "/problems/not-implemented")
    assert problem_in(browser.get("/none.js")) == (404, "/problems/not-found")


def test_requests_share_a_connection(origin: str) -> None:
    connection = http.client.HTTPConnection(origin.removeprefix("http://"))
    for path in ("/", "/api/echo/heat", "/none.js", "/api/none", "/app.js") * 3:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.version == 11
        assert not answer.will_close
    connection.close()


def test_a_hundred_browsers_at_once_are_each_answered_their_own(origin: str) -> None:
    def ask(number: int) -> list[str]:
        connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=20)
        names = []
        for again in range(3):
            connection.request("GET", f"/api/echo/{number}-{again}")
            names.append(json.load(connection.getresponse())["name"])
        connection.close()
        return names

    with ThreadPoolExecutor(100) as browsers:
        for number, names in enumerate(browsers.map(ask, range(100))):
            assert names == [f"{number}-{again}" for again in range(3)]


def test_pages_of_the_application_have_no_files_of_their_own(browser: httpx.Client) -> None:
    for page in ("/", "/movies/114709", "/me/ratings?sort=newest", "/%C3%A9t%C3%A9"):
        answer = browser.get(page)
        assert answer.text == "<!doctype html><title>Movies</title>"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("file", "content_type"),
    [
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/icons/icon.svg", "image/svg+xml"),
        ("/config.json", "application/json"),
    ],
)
def test_files_say_what_they_are(browser: httpx.Client, file: str, content_type: str) -> None:
    assert browser.get(file).headers["content-type"] == content_type


def test_config_json_is_the_installations_own(browser: httpx.Client) -> None:
    assert browser.get("/config.json").json() == {"demo": None}


def test_text_is_compressed_for_who_takes_it(browser: httpx.Client) -> None:
    zipped = browser.get("/app.js", headers={"Accept-Encoding": "gzip, br"})
    plain = browser.get("/app.js", headers={"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < len(SCRIPT) / 4
    assert zipped.text == plain.text == SCRIPT
    assert "content-encoding" not in plain.headers
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_head_answers_as_get_without_the_body(browser: httpx.Client) -> None:
    head, get = browser.head("/app.js"), browser.get("/app.js")
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


def test_what_the_browser_holds_is_not_sent_again(browser: httpx.Client) -> None:
    etag = browser.get("/app.js").headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        answer = browser.get("/app.js", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert browser.get("/app.js", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_changed_file_is_seen_soon(
    browser: httpx.Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.get("/app.js").text == SCRIPT
    monkeypatch.setattr("site_files.FRESH_SECONDS", 0.0)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="app.js", Body=b"changed", ContentType="text/javascript")
    assert browser.get("/app.js").text == "changed"
    assert upload(boto3.client("s3"), BUCKET, folder, {"demo": None}) == 1
    assert upload(boto3.client("s3"), BUCKET, folder, {"demo": None}) == 0
    assert browser.get("/app.js").text == SCRIPT


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd.txt",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/icons/../../app.js",
        "/..%2f..%2fetc%2fpasswd",
        "/a%00b.js",
        "/..\\..\\x.js",
        "/%5c..%5c",
    ],
)
def test_no_path_leads_out_of_the_site(origin: str, path: str) -> None:
    connection = http.client.HTTPConnection(origin.removeprefix("http://"))
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 404
    assert json.loads(answer.read())["status"] == 404
    connection.close()


def test_every_answer_carries_the_security_headers_once(browser: httpx.Client) -> None:
    for path in ("/", "/app.js", "/none.js", "/api/echo/heat", "/api/none"):
        headers = browser.get(path).headers
        for name, value in SECURITY_HEADERS.items():
            assert headers.get_list(name) == [value], (path, name)
        assert "strict-transport-security" not in headers


def test_the_content_security_policy_is_the_sites(browser: httpx.Client) -> None:
    assert browser.get("/").headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' data: https://image.tmdb.org; style-src 'self'; "
        "script-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def test_a_body_that_is_too_large_is_refused_unread(browser: httpx.Client, origin: str) -> None:
    refusal = browser.put("/api/echo/heat", content=b"x" * (LARGEST_BODY + 1))
    assert problem_in(refusal) == (413, "/problems/request-entity-too-large")
    assert browser.put("/api/echo/heat", content=b"x" * LARGEST_BODY).status_code == 200
    with socket.create_connection(("127.0.0.1", httpx.URL(origin).port or 0), timeout=5) as caller:
        caller.sendall(b"PUT /api/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        assert caller.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_a_length_is_refused(browser: httpx.Client) -> None:
    refusal = browser.put("/api/echo/heat", content=iter([b"chunk"]))
    assert problem_in(refusal) == (411, "/problems/length-required")


@pytest.mark.parametrize("length", ["-1", "1e3", "abc", "²"])
def test_a_nonsensical_length_is_refused(origin: str, length: str) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(origin).port or 0), timeout=5) as caller:
        caller.sendall(f"PUT /api/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert caller.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_garbage_is_answered_and_harms_nobody(origin: str, browser: httpx.Client) -> None:
    for garbage in (b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", httpx.URL(origin).port or 0), timeout=5) as caller:
            caller.sendall(garbage)
            assert b'"title"' in caller.recv(2000)
    assert browser.get("/").status_code == 200


def test_a_site_that_is_not_there_is_a_problem_and_not_a_crash() -> None:
    with mock_aws():
        server = create_server(small_app(), Site(boto3.client("s3"), "no-such-bucket"), 0)
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        answer = httpx.get(f"http://127.0.0.1:{server.server_address[1]}/")
        server.shutdown()
        server.server_close()
    assert problem_in(answer) == (503, "/problems/service-unavailable")


def test_a_taken_port_is_an_error_at_once(origin: str) -> None:
    with mock_aws(), pytest.raises(OSError, match="in use"):
        create_server(small_app(), Site(boto3.client("s3"), BUCKET), httpx.URL(origin).port or 0)


def test_nothing_is_printed_for_a_request(browser: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    browser.get("/")
    browser.get("/api/echo/x")
    browser.get("/api/none")
    assert capfd.readouterr() == ("", "")
    assert dev_server.Handler.disable_nagle_algorithm
