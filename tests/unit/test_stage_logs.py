"""What a stage said last: every event once and in one line, from all that it consists of."""

import json
import time
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from infra.deploy.__main__ import main
from infra.deploy.logs import Tail, seconds_of

GROUPS = {"api": "/aws/lambda/movies-dev-api", "batch": "/movies-dev/batch"}
NOW = int(time.time() * 1000)


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def deployed(aws: None) -> None:  # noqa: ARG001
    """Two stacks that name their log groups, as app and batch do."""
    for stack, output in (("app", "Api"), ("batch", "Batch")):
        properties = {"LogGroupName": GROUPS[output.lower()]}
        outputs = {f"{output}LogGroup": {"Value": {"Ref": "Group"}}, "Other": {"Value": "something"}}
        boto3.client("cloudformation").create_stack(
            StackName=f"movies-dev-{stack}",
            TemplateBody=json.dumps(
                {
                    "Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties}},
                    "Outputs": outputs,
                }
            ),
        )
    for group in GROUPS.values():
        boto3.client("logs").create_log_stream(logGroupName=group, logStreamName="one")


def write(group: str, *events: tuple[int, str]) -> None:
    boto3.client("logs").put_log_events(
        logGroupName=GROUPS[group],
        logStreamName="one",
        logEvents=[{"timestamp": at, "message": message} for at, message in events],
    )


@pytest.mark.usefixtures("deployed")
def test_every_event_is_told_once_and_in_order_even_if_it_comes_late() -> None:
    tail = Tail(boto3.Session(), GROUPS, NOW - 60_000)
    write("api", (NOW - 120_000, "too early"), (NOW - 9_000, "START"), (NOW - 9_000, "END"))
    write("api", (NOW - 7_000, "third"))
    write("batch", (NOW - 8_000, "second"))
    assert [line.message for line in tail.new()] == ["START", "END", "second", "third"]
    assert tail.new() == []
    write("batch", (NOW - 8_500, "late"))
    write("api", (NOW - 1_000, "fourth"))
    assert [(line.source, line.message) for line in tail.new()] == [("batch", "late"), ("api", "fourth")]
    assert tail.new() == []


@pytest.mark.usefixtures("deployed")
def test_more_events_than_fit_into_one_answer_are_all_told() -> None:
    tail = Tail(boto3.Session(), GROUPS, NOW - 60_000)
    for first in range(0, 12_000, 4_000):
        write("api", *((NOW - 20_000 + number, str(number)) for number in range(first, first + 4_000)))
    assert [int(line.message) for line in tail.new()] == list(range(12_000))


@pytest.mark.usefixtures("deployed")
def test_a_line_has_a_time_a_source_and_a_message_that_moves_no_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("api", (NOW, "Traceback\n  line\t1\x1b[2J\r\n"))
    assert main(["logs", "--stage", "dev", "--since", "1h"]) == 0
    printed = capsys.readouterr()
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(NOW / 1000))
    assert printed.out == f"{moment}  api            Traceback   line 1 [2J\n"
    assert printed.err == ""


@pytest.mark.usefixtures("deployed")
def test_following_ends_quietly_when_it_is_interrupted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = []

    def pause(_: float) -> None:
        pauses.append(1)
        if len(pauses) == 3:
            raise KeyboardInterrupt
        write("batch", (NOW + len(pauses), f"after pause {len(pauses)}"))

    monkeypatch.setattr(time, "sleep", pause)
    assert main(["logs", "--since", "1d", "--follow"]) == 0
    printed = capsys.readouterr()
    assert [line[21:] for line in printed.out.splitlines()] == [
        "batch          after pause 1",
        "batch          after pause 2",
    ]
    assert printed.err == ""


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("stage", "said"), [("staging", "There is no stage staging"), ("prod", "The stage prod is not deployed")]
)
def test_a_stage_that_is_not_there_is_said_in_a_sentence(
    stage: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "--stage", stage]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {said}")
    assert error.count("\n") == 1


def test_a_while_is_written_shortly_and_nothing_else_is_taken_for_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert [seconds_of(text) for text in ("30s", "10m", "2h", "1d")] == [30, 600, 7200, 86_400]
    for text in ("", "10", "m", "-1m", "1.5h", "10 m"):
        with pytest.raises(ValueError, match="no time like 30s"):
            seconds_of(text)
    with pytest.raises(SystemExit):
        main(["logs", "--since", "yesterday"])
    assert "'yesterday' is no time like 30s, 10m, 2h or 1d." in capsys.readouterr().err
