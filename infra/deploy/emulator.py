"""Deploying to an emulated AWS: the same stacks and package, then a look at what the emulator can do.

What it cannot do is found out by trying, said in a table, and done in another way where there is one.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from secrets import token_hex
from typing import Any

import boto3

from infra.deploy import stream_trial
from infra.deploy.deployment import STACKS, Agree, Deployment, Say
from infra.deploy.lambda_package import LAMBDA, REPOSITORY, THIS_MACHINE
from infra.deploy.smoke import Address, SmokeError
from infra.deploy.tasks import Finished, LocalRunner, execute

DEMO_PEOPLE = 30
_FIRING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that AWS does; `note` says how it was seen here, or what is done instead."""

    name: str
    here: bool
    note: str


@dataclass(slots=True)
class Findings:
    """What the emulator turned out to do."""

    found: list[Capability] = field(default_factory=list)

    def add(self, name: str, here: bool, note: str) -> bool:
        self.found.append(Capability(name, here, note))
        return here

    def __str__(self) -> str:
        width = max(len(one.name) for one in self.found)
        lines = (f"  {one.name:{width}}  {'yes' if one.here else 'NO ':3}  {one.note}" for one in self.found)
        return "\n".join(("What this emulator does:", *lines))


@contextlib.contextmanager
def running(endpoint: str, start: Sequence[str]) -> Iterator[bool]:
    """An emulator at this address for as long as the block lasts; yields whether it had to be started for it,
    with the command `start`. Raises SmokeError if it does not answer."""
    if _answers(endpoint):
        yield False
        return
    process = subprocess.Popen(start, stdin=subprocess.PIPE, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not _answers(endpoint):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SmokeError(f"No emulator could be started on {endpoint}; the reason is above.")
            time.sleep(0.1)
        yield True
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_localstack/health", timeout=5):  # noqa: S310 - our own
            return True
    except OSError:
        return False


def use(endpoint: str) -> boto3.Session:
    """Point this process, and those it starts, at the emulator."""
    os.environ.update(
        AWS_ENDPOINT_URL=endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 - opens nothing
        AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
    )
    os.environ.pop("AWS_PROFILE", None)
    return boto3.Session(region_name="us-east-1")


class Emulation:
    """A product deployed to an emulator: what the emulator does of what AWS does, and the rest done here."""

    def __init__(self, session: boto3.Session, stage: str, endpoint: str, say: Say, agree: Agree) -> None:
        self._findings = Findings()
        self._port = int(endpoint.rpartition(":")[2])
        self._say = say
        self._stand_in: subprocess.Popen[bytes] | None = None
        where = {"EmulatorHost": "localhost", "EmulatorPort": str(self._port)}
        where["Snapshots"] = "None"  # which Lambda knows for its own Pythons only
        self.deployment = Deployment(session, stage, THIS_MACHINE, say, agree, where, self._lacks)

    def deploy(self) -> Address:
        """Deploy what the emulator has; then fill the product, let it retrain, and use it as a person would.
        Raises what `Deployment.deploy` does."""
        address = self.deployment.deploy(self._address)
        self._look_at_ttl()
        self._look_at_the_back_door()
        if json.loads(address.get("/api/health").body)["catalogue_version"] is None:
            self._fill()
        self._retrain(address)
        self._use(address)
        self._say(str(self._findings))
        return address

    @property
    def serves(self) -> bool:
        """Whether what is deployed is served from here, so that it ends with this command."""
        return self._stand_in is not None

    def close(self) -> None:
        if self._stand_in:
            self._stand_in.communicate(timeout=60)

    def _lacks(self, stack: str, reason: str) -> None:
        self._say(f"    NOT HERE: {reason}")
        self._findings.add(f"stack {stack}", False, reason)

    def _address(self, known: dict[str, str]) -> Address:
        """The CDN, or, where that or what is behind it is lacking, the development server in its place.

        Browsers find every name under localhost on this machine; others are told where to look.
        """
        lacking = {one.name for one in self._findings.found}
        for stack in STACKS:
            if f"stack {stack}" not in lacking:
                self._findings.add(f"stack {stack}", True, "by a change set")
        if "DistributionDomain" in known:
            self._findings.add(
                f"the runtime {LAMBDA.name}",
                THIS_MACHINE.python == LAMBDA.python,
                f"functions run on the emulator's own Python {THIS_MACHINE.python}, so that is packaged for",
            )
            label = known["DistributionDomain"].partition(".")[0]
            return Address(f"http://{label}.cloudfront.localhost:{self._port}", ("127.0.0.1", self._port))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._stand_in = subprocess.Popen(
            [
                *(sys.executable, str(REPOSITORY / "localstack" / "dev_server.py")),
                *("--port", str(port), "--with-parent"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=REPOSITORY,
            env=os.environ | self._environment(),
            start_new_session=True,
        )
        self._findings.add("CDN, gateway and Lambda", False, "the development server serves site and API")
        return Address(f"http://127.0.0.1:{port}")

    def stay(self) -> None:
        """Serve, and run what the schedule starts, for ever."""
        if "BatchCluster" not in self.deployment.known:
            self._say("Everything runs until Ctrl-C.")
            signal.pause()
        self._say("Everything runs until Ctrl-C, and the batch job when its schedule fires.")
        runner = self._runner()
        runner.fires_by_companion()
        while True:
            runner.start_what_fired()
            for finished in runner.run_tasks():
                self._say(str(finished))
            time.sleep(2)

    def _runner(self) -> LocalRunner:
        known = self.deployment.known
        network = {
            "subnets": known["BatchSubnets"].split(","),
            "securityGroups": known["BatchSecurityGroups"].split(","),
            "assignPublicIp": "ENABLED",
        }
        schedule = f"{self.deployment.prefix}-nightly"
        return LocalRunner(self.deployment.session, known["BatchCluster"], schedule, network)

    def _look_at_ttl(self) -> None:
        client = self.deployment.session.client("dynamodb")
        off = []
        for table in ("AccountsTable", "SuggestionsTable"):
            name = self.deployment.known[table]
            if (
                client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
                != "ENABLED"
            ):
                off.append(name)
                client.update_time_to_live(
                    TableName=name, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
                )
        add = self._findings.add
        if off:
            add("time to live in templates", False, f"switched on by a call of its own: {', '.join(off)}")
        else:
            add("time to live in templates", True, "is on")

    def _look_at_the_back_door(self) -> None:
        """Whether API Gateway turns away who comes past the CDN."""
        api = self.deployment.known.get("RestAPIId")
        if api is None:
            return
        direct = Address(f"http://localhost:{self._port}", ("127.0.0.1", self._port))
        answer = direct.get(f"/_aws/execute-api/{api}/api/health")
        closed = answer.status == HTTPStatus.FORBIDDEN
        note = (
            "without the CDN's key" if closed else "who comes past the CDN is let in: nothing to be done here"
        )
        self._findings.add("API Gateway's resource policy", closed, note)

    def _fill(self) -> None:
        """The demo's films and people, put in from outside, as an operator would."""
        self._say(f"Loading the demo's films and {DEMO_PEOPLE} people …")
        people = str(DEMO_PEOPLE)
        for words in (
            ("load-demo-catalogue",),
            ("create-fake-users", people),
            ("create-fake-ratings", "--people", people, "--per-person", "40"),
        ):
            done = execute(words, self._environment())
            if done.status:
                raise SmokeError(str(done))

    def _environment(self) -> dict[str, str]:
        known = self.deployment.known
        return {
            "STAGE": self.deployment.stage,
            "RESOURCE_PREFIX": self.deployment.prefix,
            "ARTIFACTS_BUCKET": known["ArtifactsBucket"],
            "SITE_BUCKET": known["SiteBucket"],
        }

    def _retrain(self, address: Address) -> None:
        """Let a schedule fire and the batch task run. Raises SmokeError if it does not, or fails."""
        if "BatchCluster" in self.deployment.known:
            finished = self._fire()
            note = "the image's entry point was executed here, with the task's environment"
        else:
            self._say("The batch job runs …")
            finished = [execute(("--json", "run"), self._environment())]
            note = "nor tasks or schedules: the image's entry point was executed here at once"
        for one in finished:
            self._say(f"    {one}")
        if any(one.status for one in finished):
            raise SmokeError("The batch job failed; what it said last is above.")
        self._findings.add("containers", False, note)
        self._await_what_was_published(address)

    def _fire(self) -> list[Finished]:
        """Let the emulator's scheduler fire, and run the task that the schedule names. Raises SmokeError."""
        runner = self._runner()
        self._say("Waiting for the schedule to fire …")
        runner.fire_soon()
        if not runner.await_firing(_FIRING_SECONDS):
            raise SmokeError("The emulator's scheduler did not fire.")
        self._findings.add(
            "EventBridge Scheduler", True, "it cannot start tasks, so a companion fires a queue"
        )
        self._say("It has fired; the batch job runs …")
        finished = runner.run_tasks()
        if not finished:
            raise SmokeError("The schedule fired, but no task waits to be run.")
        return finished

    def _await_what_was_published(self, address: Address) -> None:
        """The API looks for new versions every 20 seconds. Raises SmokeError."""
        s3, bucket = self.deployment.session.client("s3"), self.deployment.known["ArtifactsBucket"]
        current = {
            name: json.load(s3.get_object(Bucket=bucket, Key=f"{kind}/current.json")["Body"])["version"]
            for kind, name in (("catalogue", "catalogue_version"), ("models", "model_version"))
        }
        deadline = time.monotonic() + 60
        while not current.items() <= json.loads(address.get("/api/health").body).items():
            if time.monotonic() > deadline:
                raise SmokeError("The batch job ended well, but the API does not serve what it published.")
            time.sleep(1)

    def _use(self, address: Address) -> None:
        """Sign up, rate three films, and see suggestions that follow from them. Raises SmokeError."""

        def ask(
            method: str, path: str, body: Mapping[str, object] | None = None, token: str | None = None
        ) -> Any:
            answer = address.ask(method, f"/api{path}", body, token)
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise SmokeError(f"{method} {path} answers {answer.status}: {answer.body[:300]!r}")
            return json.loads(answer.body) if answer.body else None

        person = {
            "email": f"smoke-{token_hex(6)}@example.com",
            "password": token_hex(12),
            "name": "Smoke",
        }
        token = ask("POST", "/auth/sign-up", person)["access_token"]
        first, *others = (one["movie_id"] for one in ask("GET", "/movies?sort=popular&limit=3")["items"])
        before = stream_trial.figures(address, first)
        for movie_id in (first, *others):
            ask("PUT", f"/me/ratings/{movie_id}", {"stars": 5.0}, token)
        if not ask("GET", "/me/suggestions", token=token)["items"]:
            raise SmokeError("Somebody who has rated three films gets no suggestions.")
        self._say("    somebody signed up, rated three films and got suggestions that follow from them")
        self._look_at_the_stream(stream_trial.await_one_more(address, first, before))

    def _look_at_the_stream(self, took: float | None) -> None:
        """What ran the handler of the ratings' stream: it `took` so many seconds to be seen; None: never."""
        add, function = self._findings.add, self.deployment.known.get("CountRatingsFunction")
        if took is None:
            waited = f"{stream_trial.COUNTING_SECONDS:.0f} s after a film was rated"
            add("stream handler", False, f"{waited} its figures were as before")
        elif self._stand_in:
            add("stream handler", False, f"the development server pumps the stream: took {took:.0f} s")
        else:
            add("stream handler", True, f"a film that was rated had one rating more after {took:.0f} s")
        if function:
            session = self.deployment.session
            named, seen = stream_trial.what_becomes_of_named_failures(session, function)
            add("failures that a handler names", named, seen)
