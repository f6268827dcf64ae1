"""Deploying the product, and taking it away: `python -m infra.deploy --help`.

make deploy STAGE=dev                      to the AWS account that is configured
make deploy STAGE=dev TARGET=embedded      to the embedded AWS on this machine
make deploy STAGE=dev TARGET=localstack    to LocalStack on this machine, without Docker
make logs STAGE=dev FOLLOW=1               what its functions and its batch job say
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "localstack"))  # what the local product knows of the site's files

import boto3  # noqa: E402
from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402

from infra.deploy import emulator  # noqa: E402
from infra.deploy import logs as stage_logs  # noqa: E402
from infra.deploy.app_template import package_app  # noqa: E402
from infra.deploy.deployment import Deployment, undeploy  # noqa: E402
from infra.deploy.images import ImageError  # noqa: E402
from infra.deploy.lambda_package import (  # noqa: E402
    LAMBDA,
    LOCK,
    NOT_NEEDED_TO_SERVE,
    PackageError,
    locked,
)
from infra.deploy.smoke import Address, SmokeError  # noqa: E402
from infra.deploy.stacks import Change, DeclinedError, StackError  # noqa: E402

AWS, EMBEDDED, LOCALSTACK = "aws", "embedded", "localstack"


def main(words: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(words)
    try:
        chosen.run(chosen)
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except (StackError, PackageError, ImageError, SmokeError, DeclinedError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"error: AWS did not do what was asked: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python -m infra.deploy", description="Deploy the product.")
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    deploying = commands.add_parser("deploy", help="create a stage or bring it up to date")
    destroying = commands.add_parser("destroy", help="delete a stage, but not what people wrote")
    logging = commands.add_parser("logs", help="show what a stage said last")
    for one, run in ((deploying, deploy), (destroying, destroy), (logging, logs)):
        one.set_defaults(run=run)
        one.add_argument("--stage", default="dev", help="a file of infra/params (default: %(default)s)")
        one.add_argument("--target", choices=[AWS, EMBEDDED, LOCALSTACK], default=AWS)
        one.add_argument("--aws-port", type=int, default=4566, help="of the emulator (default: 4566)")
        one.add_argument(
            "--state",
            type=Path,
            default=Path(".local/deployed"),
            help="where the embedded AWS keeps everything",
        )
    for one in (deploying, destroying):
        one.add_argument("--yes", action="store_true", help="do not ask")
    logging.add_argument(
        "--since",
        type=_a_while,
        default="10m",
        metavar="TIME",
        help="30s, 10m, 2h or 1d ago (default: %(default)s)",
    )
    logging.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    deploying.add_argument("--leave", action="store_true", help="end when an emulated deployment is proven")
    destroying.add_argument(
        "--delete-data", action="store_true", help="delete tables, buckets and keys, too: for ever"
    )
    showing = commands.add_parser("template", help="print the API's template as it would be deployed")
    showing.set_defaults(run=template)
    showing.add_argument("--stage", default="dev")
    commands.add_parser(
        "lock", help="renew the lists of what the API and the batch job are made of"
    ).set_defaults(run=lock)
    return whole


def _a_while(text: str) -> float:
    try:
        return stage_logs.seconds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def deploy(chosen: argparse.Namespace) -> None:
    if chosen.target == AWS:
        deployment = to_aws(chosen)
        address = deployment.deploy(lambda known: Address(known["SiteUrl"]))
        say(f"Ready: {address.url}")
        return
    with emulated(chosen) as (emulation, started):
        address = emulation.deploy()
        say(f"Ready: {address.url}")
        if (started or emulation.serves) and not chosen.leave:
            emulation.stay()


def destroy(chosen: argparse.Namespace) -> None:
    if chosen.target == AWS:
        _destroy(to_aws(chosen), chosen)
        return
    with emulated(chosen) as (emulation, _):
        _destroy(emulation.deployment, chosen)


def logs(chosen: argparse.Namespace) -> None:
    with contextlib.ExitStack() as until_the_end, contextlib.suppress(KeyboardInterrupt):
        if chosen.target == AWS:
            deployment = to_aws(chosen)
        else:
            deployment = until_the_end.enter_context(emulated(chosen))[0].deployment
        stage_logs.show(deployment, say, chosen.since, follow=chosen.follow)


@contextlib.contextmanager
def emulated(chosen: argparse.Namespace) -> Iterator[tuple[emulator.Emulation, bool]]:
    """The emulator, and whether it had to be started, which it is where none answers."""

    def agree(_stack: str, changes: list[Change]) -> bool:
        show(changes)
        return True

    endpoint = f"http://127.0.0.1:{chosen.aws_port}"
    port = str(chosen.aws_port)
    start = {
        EMBEDDED: [
            *(sys.executable, "localstack/embedded_aws.py", "--with-parent"),
            *("--port", port, "--state", str(chosen.state)),
        ],
        LOCALSTACK: ["localstack/without_docker.sh", "run", port],
    }
    with emulator.running(endpoint, start[chosen.target]) as started:
        emulation = emulator.Emulation(emulator.use(endpoint), chosen.stage, endpoint, say, agree)
        with contextlib.closing(emulation):
            yield emulation, started


def _destroy(deployment: Deployment, chosen: argparse.Namespace) -> None:
    if chosen.delete_data and not chosen.yes:
        wanted = f"delete all data of {deployment.prefix}"
        if not sys.stdin.isatty() or input(f"Type “{wanted}” to go on: ") != wanted:
            raise DeclinedError("Nothing was deleted.")
    undeploy(deployment, with_data=chosen.delete_data)


def template(chosen: argparse.Namespace) -> None:
    say(json.dumps(package_app(chosen.stage).stored_at("BUCKET", "KEY"), indent=2))


def lock(_: argparse.Namespace) -> None:
    """The Lambda leaves out what only Chalice's command line needs; the container takes everything."""
    for folder, file, left_out in (
        ("chalice_app", LOCK, NOT_NEEDED_TO_SERVE),
        ("batch_jobs", REPOSITORY / "batch_jobs" / "lock.txt", frozenset[str]()),
    ):
        file.write_text(locked(REPOSITORY / folder / "requirements.txt", left_out))
        say(f"{file.relative_to(REPOSITORY)} is up to date.")


def to_aws(chosen: argparse.Namespace) -> Deployment:
    def agree(_stack: str, changes: list[Change]) -> bool:
        show(changes)
        if chosen.yes:
            return True
        if not sys.stdin.isatty():
            raise DeclinedError("Nobody is there to agree to these changes: say yes beforehand (YES=1).")
        losing = " Something is removed or replaced." if any(one.loses_something for one in changes) else ""
        return input(f"Make these changes?{losing} [y/N] ").strip().lower() in {"y", "yes"}

    return Deployment(boto3.Session(), chosen.stage, LAMBDA, say, agree)


def show(changes: list[Change]) -> None:
    for change in changes:
        say(str(change))


def say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    os.chdir(REPOSITORY)
    sys.exit(main())
