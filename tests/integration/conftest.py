"""AWS in this process, laid out by the real template, with a small catalogue and a small model."""

import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from secrets import token_urlsafe

import boto3
import httpx
import numpy as np
import pytest
from chalice.app import Chalice
from chalice.test import Client
from moto import mock_aws

from batch_jobs.catalogue import RatingSummary, publish_movies, publish_ratings_summary
from chalicelib import aws as aws_clients
from chalicelib.config import settings
from chalicelib.domain.movie import Movie, MovieId
from chalicelib.recommending.model import FILE_NAME, Model, RatingModel
from chalicelib.services import attempts, recovery, tokens
from chalicelib.storage import artifacts, live
from chalicelib.storage.artifacts import Kind, swap_pointer, upload
from chalicelib.storage.tables import ROWS
from dev_server import create_server
from site_files import Site
from tests.factories import ranking_of
from tests.integration.api_client import FIRST_MOVIE, LOCAL_ADDRESS, MOVIES, Api, Person
from tests.integration.mailbox import wait_for_mail
from tests.processes import free_port

SENDER = "no-reply@matinee.example"
TEMPLATE = Path(__file__).parents[2] / "infra" / "storage.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.integration)


def _forget_what_is_cached() -> None:
    artifacts._pointers.clear()
    live.forget()
    tokens._keys_read = None


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """The stack of `infra/storage.yaml`, empty."""
    with mock_aws():
        _forget_what_is_cached()
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            boto3.client("cloudformation").create_stack(
                StackName="storage",
                TemplateBody=TEMPLATE.read_text(),
                Parameters=[
                    {"ParameterKey": "ResourcePrefix", "ParameterValue": settings().resource_prefix},
                    {"ParameterKey": "PointInTimeRecovery", "ParameterValue": "false"},
                ],
            )
        # moto's CloudFormation passes over secrets.
        boto3.client("secretsmanager").create_secret(
            Name=settings().signing_key_secret, SecretString=token_urlsafe(48)
        )
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(recovery, "ANSWER_SECONDS", 0.0)
            yield
            wait_for_mail()  # or it would go out on another AWS
    _forget_what_is_cached()


@pytest.fixture(scope="module")
def catalogue(aws: None) -> str:  # noqa: ARG001
    """A published catalogue of 60 movies, 1001 to 1060; the higher the number, the more ratings."""
    movies = [
        Movie(
            movie_id=MovieId(number),
            title=f"Film number {number}",
            year=1950 + number % 60,
            released=f"{1950 + number % 60}-06-01",
            runtime=90,
            genres=("Drama",) if number % 2 else ("Comedy", "Crime"),
            directors=("Ada Lovelace",),
            poster_path=f"/{number}.jpg" if number % 3 else None,
            overview="Somebody does something.",
        )
        for number in range(FIRST_MOVIE, FIRST_MOVIE + MOVIES)
    ]
    publish_movies(movies)
    change = publish_ratings_summary(
        {one.movie_id: RatingSummary(one.movie_id - FIRST_MOVIE, 3.123456) for one in movies}
    )
    return change.version


@pytest.fixture(scope="module")
def model(catalogue: str, tmp_path_factory: pytest.TempPathFactory) -> str:  # noqa: ARG001
    """A published model in which people like either the odd or the even movies."""
    numbers = np.arange(FIRST_MOVIE, FIRST_MOVIE + MOVIES, dtype=np.int32)
    noise = np.random.default_rng(1).normal(0, 0.1, (MOVIES, 2)).astype(np.float32)
    camps = np.stack([numbers % 2, 1 - numbers % 2], axis=1).astype(np.float32) + noise
    trained = Model(
        movie_ids=numbers,
        suggestible=np.ones(MOVIES, dtype=np.bool_),
        rating=RatingModel(
            mean=3.5,
            biases=noise[:, 0],
            factors=camps - 0.5,
            average_person=np.zeros(3, dtype=np.float32),
            precision=np.diag([5.0, 1.0, 1.0]).astype(np.float32),
            memory=60.0,
            doubt=np.zeros(MOVIES, dtype=np.float32),
        ),
        ranking=ranking_of(camps, likes=np.arange(MOVIES, 0, -1)),
    )
    file = tmp_path_factory.mktemp("model") / FILE_NAME
    trained.save(file)
    version = f"model-{file.parent.name}"
    upload(Kind.MODELS, version, file)
    swap_pointer(Kind.MODELS, version, None)
    return version


@pytest.fixture(scope="module")
def chalice_app() -> Chalice:
    from app import app

    return app


@pytest.fixture
def api(aws: None, chalice_app: Chalice) -> Api:  # noqa: ARG001
    """A browser that nobody is logged in with; nobody has tried anything from its address."""
    attempts.forget(attempts.FAILED_LOG_INS_FROM_ADDRESS, LOCAL_ADDRESS)
    attempts.forget(attempts.sign_ups_from_address(), LOCAL_ADDRESS)
    return Api(Client(chalice_app))


@pytest.fixture
def ada(api: Api) -> Person:
    return api.signed_up("Ada")


@pytest.fixture(scope="module")
def origin(model: str, chalice_app: Chalice) -> Iterator[str]:  # noqa: ARG001
    """The address of the development server, over real sockets; its API is under /api."""
    boto3.client("s3").create_bucket(Bucket=settings().site_bucket)
    server = create_server(chalice_app, Site(boto3.client("s3"), settings().site_bucket), 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://{LOCAL_ADDRESS}:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def _forget_connections() -> None:
    for row in ROWS:
        row._connection = None
    aws_clients.forget()
    _forget_what_is_cached()


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """The same stack on an emulated AWS of its own, over HTTP: for what must hold between threads."""
    port = free_port()
    endpoint = f"http://{LOCAL_ADDRESS}:{port}"
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AWS_ENDPOINT_URL": endpoint,
            "BIND_HOST": LOCAL_ADDRESS,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }.items():
            environment.setenv(name, value)
        process = subprocess.Popen(
            [Path(sys.executable).with_name("ministack")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(endpoint)
            _forget_connections()
            cloudformation = boto3.client("cloudformation")
            cloudformation.create_stack(StackName="storage", TemplateBody=TEMPLATE.read_text())
            cloudformation.get_waiter("stack_create_complete").wait(
                StackName="storage", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
            )
            yield endpoint
        finally:
            process.terminate()
            process.wait(timeout=20)
    _forget_connections()


def _wait_for(endpoint: str) -> None:
    for _ in range(100):
        try:
            httpx.get(f"{endpoint}/_localstack/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the emulated AWS did not start")
