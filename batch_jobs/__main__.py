"""The command line of the batch jobs: `python -m batch_jobs --help`."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from batch_jobs import examples
from batch_jobs.completion import COMMAND, SHELLS, completion
from chalicelib.domain.errors import ConflictError, DomainError

DONE, FAILED, USAGE, REFUSED, STOPPED = 0, 1, 2, 3, 130
EXIT_STATUS = f"""\
COMMAND --help shows examples. Exit status:
  {DONE}    the work was done, also where a worse model was refused and the current one stays
  {FAILED}    it could not be done; one sentence on standard error says why
  {USAGE}    the command line is wrong
  {REFUSED}    not as things stand: another run is at work, or somebody else came first
  {STOPPED}  it was stopped, by Ctrl-C or SIGTERM; what it held is released, and finished stages stay finished
"""

Command = Callable[[argparse.Namespace], Any]
STAGES = {
    "export": "copy every rating from DynamoDB to S3 as Parquet",
    "train": "train both models on the latest export",
    "evaluate": "measure a twin of the model on held-out ratings and write the model's card",
    "publish": "make the trained model current unless it is worse, and refresh the catalogue's averages",
    "suggest": "write everybody's suggestions by the current model",
}


def import_movies(arguments: argparse.Namespace) -> Any:
    from batch_jobs.importing import movies

    return movies.import_movies(arguments.paths, arguments.links, arguments.rejects)


def import_ratings(arguments: argparse.Namespace) -> Any:
    from batch_jobs.importing import ratings

    return ratings.import_ratings(
        arguments.path, arguments.links, arguments.rejects, arguments.most_ratings, arguments.resume
    )


def load_demo_catalogue(_: argparse.Namespace) -> Any:
    from batch_jobs.catalogue import publish_movies
    from batch_jobs.demo.catalogue import demo_movies

    return publish_movies(demo_movies())


def create_fake_users(arguments: argparse.Namespace) -> Any:
    from batch_jobs.demo.people import create_fake_people

    return create_fake_people(arguments.count, arguments.seed)


def create_fake_ratings(arguments: argparse.Namespace) -> Any:
    from batch_jobs.demo.ratings import create_fake_ratings as create

    return create(arguments.people, arguments.per_person, arguments.seed)


def create_demo_account(_: argparse.Namespace) -> Any:
    from batch_jobs.demo.account import create_demo_account as create

    return create(sys.stdin.readline().rstrip("\n"))


def run_stage(name: str) -> Command:
    def run(arguments: argparse.Namespace) -> Any:
        from batch_jobs.pipeline import run_stages

        return run_stages([name], getattr(arguments, "run", None))

    return run


def train(arguments: argparse.Namespace) -> Any:
    if arguments.ratings is None:
        if arguments.out is not None:
            raise ValueError("--out says where a model of --ratings goes; give both.")
        return run_stage("train")(arguments)
    if arguments.out is None:
        raise ValueError("--ratings needs --out FOLDER, to know where the model goes.")
    from batch_jobs.offline import train_file

    return train_file(arguments.ratings, arguments.out)


def evaluate(arguments: argparse.Namespace) -> Any:
    if arguments.ratings is None:
        return run_stage("evaluate")(arguments)
    from batch_jobs.offline import evaluate_file

    return evaluate_file(arguments.ratings)


def tune(arguments: argparse.Namespace) -> Any:
    from batch_jobs.tuning import tune_files

    return tune_files(arguments.ratings, arguments.trials, arguments.seed)


def list_models(_: argparse.Namespace) -> Any:
    from batch_jobs import models

    return models.list_models()


def show_model(arguments: argparse.Namespace) -> Any:
    from batch_jobs import models

    return models.show_model(arguments.version)


def promote_model(arguments: argparse.Namespace) -> Any:
    from batch_jobs import models

    return models.promote(arguments.version)


def roll_back_model(_: argparse.Namespace) -> Any:
    from batch_jobs import models

    return models.rollback()


def run_all(arguments: argparse.Namespace) -> Any:
    from batch_jobs.pipeline import run_stages
    from batch_jobs.requests import answering

    names = [name for name in STAGES if name in (arguments.stage or STAGES)]
    with answering(arguments.request):
        return run_stages(names, arguments.run)


def grant_operator(arguments: argparse.Namespace) -> Any:
    from batch_jobs import operators

    return operators.grant(arguments.email)


def revoke_operator(arguments: argparse.Namespace) -> Any:
    from batch_jobs import operators

    return operators.revoke(arguments.email)


def list_operators(_: argparse.Namespace) -> Any:
    from batch_jobs import operators

    return operators.list_operators()


OPERATORS: dict[str, tuple[Command, str]] = {
    "grant": (grant_operator, "make the account with this e-mail address an operator's"),
    "revoke": (revoke_operator, "take that back, from the next request on"),
    "list": (list_operators, "list all operators"),
}


def erase_person(arguments: argparse.Namespace) -> Any:
    from batch_jobs import people

    return people.erase(arguments.who, sure=arguments.yes)


def list_keys(_: argparse.Namespace) -> Any:
    from batch_jobs import keys

    return keys.list_keys()


def rotate_key(_: argparse.Namespace) -> Any:
    from batch_jobs import keys

    return keys.rotate()


def retire_key(_: argparse.Namespace) -> Any:
    from batch_jobs import keys

    return keys.retire()


KEYS: dict[str, tuple[Command, str]] = {
    "list": (list_keys, "show which keys sign and verify, by the ids that tokens name them by"),
    "rotate": (rotate_key, "sign with a new key; nobody is logged out, as the former still verifies"),
    "retire": (retire_key, "let the former key verify nothing any more, within five minutes"),
}


def cost(arguments: argparse.Namespace) -> Any:
    from batch_jobs.costs import cost as estimate

    return estimate(arguments.people, arguments.ratings_a_day, arguments.retrains, arguments.prices)


def complete(arguments: argparse.Namespace) -> Any:
    return completion(parser(), arguments.shell)


def parser() -> argparse.ArgumentParser:
    """The whole command line. Commands import what they need when they run, so `--help` is instant."""
    whole = argparse.ArgumentParser(
        prog=COMMAND if Path(sys.argv[0]).name == COMMAND else "python -m batch_jobs",
        description="Import movies and ratings, train the models, and write suggestions back.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    as_json: dict[str, Any] = {"action": "store_true", "help": "print the result as JSON on standard output"}
    whole.add_argument("--json", **as_json)
    commands = whole.add_subparsers(metavar="COMMAND", required=True)

    def add(to: Any, name: str, run: Command, summary: str, within: str = "") -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = to.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=examples.in_words(f"{within}{name}"),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.set_defaults(run_command=run)
        one.add_argument("--json", default=argparse.SUPPRESS, **as_json)
        return one

    def command(name: str, run: Command, summary: str) -> argparse.ArgumentParser:
        return add(commands, name, run, summary)

    def importing(one: argparse.ArgumentParser, what: str) -> None:
        one.add_argument(
            "--links",
            type=Path,
            help="a links file to trust before those in PATH (or a folder or ZIP with one)",
        )
        one.add_argument(
            "--rejects",
            type=Path,
            default=Path(f"rejected-{what}.csv"),
            help="where refused rows go, with line number and reason (default: %(default)s)",
        )

    movies = command("import-movies", import_movies, "import films of The Movies Dataset or MovieLens")
    movies.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a folder, file or ZIP")
    importing(movies, "movies")
    ratings = command("import-ratings", import_ratings, "import ratings of The Movies Dataset or MovieLens")
    ratings.add_argument("path", type=Path, metavar="PATH", help="a folder, file or ZIP")
    importing(ratings, "ratings")
    ratings.add_argument(
        "--most-ratings", type=int, metavar="N", help="keep whole people, up to about N ratings"
    )
    ratings.add_argument(
        "--resume", type=Path, metavar="FILE", help="remembers how far an interrupted import got"
    )

    command("load-demo-catalogue", load_demo_catalogue, "load the demo catalogue")
    people = command(
        "create-fake-users", create_fake_users, "create N people with accounts nobody can log in to"
    )
    people.add_argument("count", type=int, metavar="N")
    people.add_argument("--seed", type=int, default=20)
    fake = command(
        "create-fake-ratings", create_fake_ratings, "give the fake people ratings from planted tastes"
    )
    fake.add_argument("--people", type=int, default=1500, metavar="N")
    fake.add_argument("--per-person", type=int, default=60, metavar="N")
    fake.add_argument("--seed", type=int, default=20)
    command(
        "create-demo-account",
        create_demo_account,
        "create the demo account with its ratings; its password is read from standard input",
    )

    _run_options(command("run", run_all, "do all of " + " → ".join(STAGES)))
    own = {"train": train, "evaluate": evaluate}
    for name, summary in STAGES.items():
        one = command(name, own.get(name, run_stage(name)), summary)
        if name != "export":
            one.add_argument("--run", metavar="ID", help="the run to go on with (default: the latest)")
        if name in own:
            one.add_argument(
                "--ratings",
                type=Path,
                metavar="FILE",
                help="work on this CSV or Parquet file (columns user, movie, rating and, if there is one, "
                "timestamp) and on nothing else: no AWS is needed",
            )
        if name == "train":
            one.add_argument(
                "--out", type=Path, metavar="FOLDER", help="where the model of --ratings goes, with its card"
            )

    _tuning_options(command("tune", tune, "look for better settings of the rating model on files of ratings"))

    _model_commands(commands, add)
    _operator_commands(commands, add)
    _people_commands(commands, add)
    _key_commands(commands, add)
    _cost_options(command("cost", cost, "estimate what a month on AWS costs, from a table of prices"))

    shells = command("completion", complete, f"print what a shell needs to complete {COMMAND}")
    shells.add_argument("shell", choices=SHELLS)
    return whole


def _model_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    models = commands.add_parser(
        "models", help="list, show, promote or roll back models", description="The models there are."
    )
    actions = models.add_subparsers(metavar="ACTION", required=True)
    add(actions, "list", list_models, "list the latest models and which is current", "models ")
    show = add(actions, "show", show_model, "show a model's card", "models ")
    show.add_argument("version", nargs="?", metavar="VERSION", help="default: the current one")
    chosen = add(
        actions, "promote", promote_model, "make a model current, whatever the gate said of it", "models "
    )
    chosen.add_argument("version", metavar="VERSION")
    add(actions, "rollback", roll_back_model, "make the model current that was so before", "models ")


def _operator_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    deeds = commands.add_parser(
        "operators",
        help="let people see and change how the service runs, or no longer",
        description="People who may see the operator's screens and change how the service runs.",
    ).add_subparsers(metavar="ACTION", required=True)
    for deed, (act, summary) in OPERATORS.items():
        one = add(deeds, deed, act, summary, "operators ")
        if deed != "list":
            one.add_argument("email", metavar="EMAIL")


def _people_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    deeds = commands.add_parser(
        "people",
        help="do what people ask for who cannot do it themselves",
        description="What people ask for who cannot log in.",
    ).add_subparsers(metavar="ACTION", required=True)
    erasing = add(deeds, "erase", erase_person, "erase all that is kept about somebody, for ever", "people ")
    erasing.add_argument("who", metavar="WHO", help="an e-mail address or a person's id")
    erasing.add_argument("--yes", action="store_true", help="do it; without this only say what it would be")


def _key_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    deeds = commands.add_parser(
        "keys",
        help="show and replace the keys that sign access tokens",
        description="The keys that sign access tokens.",
    ).add_subparsers(metavar="ACTION", required=True)
    for deed, (act, summary) in KEYS.items():
        add(deeds, deed, act, summary, "keys ")


def _run_options(whole_run: argparse.ArgumentParser) -> None:
    whole_run.add_argument(
        "--stage", action="append", choices=STAGES, help="only this stage; may be given more than once"
    )
    whole_run.add_argument(
        "--run", metavar="ID", help="the run to go on with, where no export begins one (default: the latest)"
    )
    whole_run.add_argument("--request", metavar="ID", help="the operator's request that this carries out")


def _cost_options(costs: argparse.ArgumentParser) -> None:
    costs.add_argument("--people", type=int, default=10_000, metavar="N", help="people with ratings")
    costs.add_argument(
        "--ratings-a-day", type=int, default=1_000, metavar="R", help="ratings given on a day, by all"
    )
    costs.add_argument(
        "--retrains", type=int, default=30, metavar="N", help="runs of the batch job in a month"
    )
    costs.add_argument(
        "--prices", type=Path, metavar="FILE", help="other prices than those that come with this (JSON)"
    )


def _tuning_options(tuning: argparse.ArgumentParser) -> None:
    tuning.add_argument(
        "--ratings",
        type=Path,
        metavar="FILE",
        nargs="+",
        required=True,
        help="CSV or Parquet, as evaluate reads it; of several the settings are found that suit all",
    )
    tuning.add_argument(
        "--trials", type=int, default=60, metavar="N", help="settings to try out (default: %(default)s)"
    )
    tuning.add_argument("--seed", type=int, default=20, help="the same seed finds the same settings")


def _in_words(result: Any) -> str:
    """A result's own text, or its facts in one line."""
    if "__str__" in vars(type(result)):
        return str(result)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asdict(result).items())


def _as_data(result: Any) -> dict[str, Any]:
    own: dict[str, Any] = result.as_dict() if hasattr(result, "as_dict") else asdict(result)
    return own


def _aws_sentence(error: Exception) -> str | None:
    """What went wrong with AWS, where it was that; a missing set-up is what a newcomer meets first."""
    if "botocore" not in sys.modules:
        return None
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        EndpointConnectionError,
        NoCredentialsError,
        NoRegionError,
    )
    from pynamodb.exceptions import PynamoDBException

    if not isinstance(error, BotoCoreError | ClientError | PynamoDBException):
        return None
    cause = getattr(error, "cause", None) or error
    if isinstance(cause, NoRegionError | NoCredentialsError):
        return (
            "No AWS is configured here: `. localstack/env.sh` chooses the embedded one that `make run` "
            "starts, `aws configure` an account."
        )
    if isinstance(cause, EndpointConnectionError):
        return f"{cause} Is it running? `make run` starts the embedded AWS."
    return f"AWS did not do what was asked: {cause}"


def _stop_in_order(_number: int, _frame: FrameType | None) -> None:
    """A container is told to stop by SIGTERM, and then has time to put things in order."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt("asked to stop")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and answer with its exit status, as `EXIT_STATUS` says.

    Where what it prints is read no further (`… | head`), it ends in silence.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop_in_order)
    try:
        try:
            return _run(parser().parse_args(words))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run(arguments: argparse.Namespace) -> int:
    try:
        result = arguments.run_command(arguments)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        raise
    except Exception as error:
        sentence = _aws_sentence(error)
        if sentence is None and not isinstance(error, DomainError | ValueError | OSError):
            raise
        print(f"error: {sentence or error}", file=sys.stderr)
        return REFUSED if isinstance(error, ConflictError) else FAILED
    print(json.dumps(_as_data(result)) if arguments.json else _in_words(result))
    return DONE


if __name__ == "__main__":
    sys.exit(main())
