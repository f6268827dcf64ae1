"""What the embedded AWS acknowledged is there after a kill, at whatever moment it comes."""

import contextlib
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.integration.embedded import EmbeddedAws, create_table, items_of
from tests.processes import LOCALSTACK

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parents[2] / "infra" / "storage.yaml"


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    aws = EmbeddedAws(tmp_path / "aws")
    yield aws
    aws.kill()


def rating(person: str, movie: int, value: int) -> dict[str, Any]:
    return {**key(person, movie), "value": {"N": str(value)}}


def key(person: str, movie: int) -> dict[str, Any]:
    return {"user_id": {"S": person}, "movie_id": {"N": str(movie)}}


class Writer(threading.Thread):
    """Writes items of its own in every way there is, and remembers what was acknowledged.

    `known` holds each key's acknowledged value (None: deleted). The one request that the kill cut off may
    or may not have happened: `doubtful` holds what it would have left. Pairs are written by transactions,
    the same value into both tables.
    """

    def __init__(self, aws: EmbeddedAws, name: str, known: dict[tuple[str, int], int | None]) -> None:
        super().__init__()
        self.client = aws.dynamodb()
        self.person = name
        self.known = known
        self.doubtful: dict[tuple[str, int], int | None] = {}
        self.acknowledged = 0
        self.random = random.Random(name)

    def run(self) -> None:
        ways = (self.put, self.update, self.delete, self.batch, self.transact, self.put_in_vain)
        while True:
            try:
                self.random.choice(ways)()
            except (BotoCoreError, ClientError):
                return
            self.known.update(self.doubtful)
            self.doubtful.clear()
            self.acknowledged += 1

    def movie(self) -> int:
        return self.random.randrange(40)

    def put(self) -> None:
        movie, value = self.movie(), self.random.randrange(10**9)
        self.doubtful = {(self.person, movie): value}
        self.client.put_item(TableName="left", Item=rating(self.person, movie, value))

    def update(self) -> None:
        """Count up: doing it twice would show."""
        movie = 1000 + self.random.randrange(5)
        self.doubtful = {(self.person, movie): (self.known.get((self.person, movie)) or 0) + 1}
        self.client.update_item(
            TableName="left",
            Key=key(self.person, movie),
            UpdateExpression="ADD #v :one",
            ExpressionAttributeNames={"#v": "value"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def delete(self) -> None:
        movie = self.movie()
        self.doubtful = {(self.person, movie): None}
        self.client.delete_item(TableName="left", Key=key(self.person, movie))

    def batch(self) -> None:
        movies = self.random.sample(range(40), 6)
        values: dict[int, int | None] = {
            movie: self.random.choice([None, self.random.randrange(10**9)]) for movie in movies
        }
        self.doubtful = {(self.person, movie): value for movie, value in values.items()}
        writes: list[Any] = [
            {"DeleteRequest": {"Key": key(self.person, movie)}}
            if value is None
            else {"PutRequest": {"Item": rating(self.person, movie, value)}}
            for movie, value in values.items()
        ]
        self.client.batch_write_item(RequestItems={"left": writes})

    def transact(self) -> None:
        movie, value = 2000 + self.random.randrange(5), self.random.randrange(10**9)
        self.doubtful = {(self.person, movie): value}
        steps: list[Any] = [
            {"Put": {"TableName": table, "Item": rating(self.person, movie, value)}}
            for table in ("left", "right")
        ]
        self.client.transact_write_items(TransactItems=steps)

    def put_in_vain(self) -> None:
        """A condition that fails changes nothing, now or at a replay."""
        with pytest.raises(self.client.exceptions.ConditionalCheckFailedException):
            self.client.put_item(
                TableName="left",
                Item=rating(self.person, self.movie(), -1),
                ConditionExpression="#v = :never",
                ExpressionAttributeNames={"#v": "value"},
                ExpressionAttributeValues={":never": {"S": "never"}},
            )


@pytest.mark.parametrize("large_journal", [64 << 20, 30_000], ids=["in the journal", "while checkpointing"])
def test_every_acknowledged_write_survives_a_kill_at_any_moment(tmp_path: Path, large_journal: int) -> None:
    aws = EmbeddedAws(tmp_path / "aws", "--large-journal", str(large_journal))
    aws.start()
    create_table(aws.dynamodb(), "left")
    create_table(aws.dynamodb(), "right")
    known: dict[str, dict[tuple[str, int], int | None]] = {f"person-{n}": {} for n in range(4)}
    try:
        for _ in range(3):
            writers = [Writer(aws, name, known[name]) for name in known]
            for writer in writers:
                writer.start()
            while sum(writer.acknowledged for writer in writers) <= 8 and any(map(Writer.is_alive, writers)):
                time.sleep(0.05)
            time.sleep(random.uniform(0.1, 0.7))
            aws.kill()
            for writer in writers:
                writer.join()
            assert sum(writer.acknowledged for writer in writers) > 8
            aws.start()
            left, right = items_of(aws.dynamodb(), "left"), items_of(aws.dynamodb(), "right")
            for writer in writers:
                for place, value in writer.known.items() | writer.doubtful.items():
                    there = left.get(place)
                    allowed = {writer.known.get(place), writer.doubtful.get(place, writer.known.get(place))}
                    assert there in allowed, f"{place}: {value} was acknowledged, {there} is there"
                    writer.known[place] = there
            assert {place: value for place, value in left.items() if place[1] >= 2000} == right
    finally:
        aws.kill()


def fill(client: "DynamoDBClient", table: str, people: int) -> None:
    for person in range(people):
        writes: list[Any] = [{"PutRequest": {"Item": rating(f"p{person}", m, person)}} for m in range(25)]
        client.batch_write_item(RequestItems={table: writes})


def test_a_kill_while_the_journal_is_replayed_loses_nothing(aws: EmbeddedAws) -> None:
    aws.start()
    create_table(aws.dynamodb(), "ratings")
    fill(aws.dynamodb(), "ratings", 400)
    aws.kill()
    for seconds in (0.4, 0.5, 0.6, 0.7):
        aws.launch()
        time.sleep(seconds)
        aws.kill()
    aws.start()
    assert len(items_of(aws.dynamodb(), "ratings")) == 10_000


def test_a_record_that_was_cut_short_is_dropped_and_the_rest_kept(aws: EmbeddedAws) -> None:
    aws.start()
    client = aws.dynamodb()
    create_table(client, "ratings")
    client.put_item(TableName="ratings", Item=rating("ada", 1, 7))
    client.put_item(TableName="ratings", Item=rating("ada", 2, 8))
    aws.kill()
    journal = max((aws.state / "journal").iterdir())
    journal.write_bytes(journal.read_bytes()[:-3])
    aws.start()
    assert items_of(aws.dynamodb(), "ratings") == {("ada", 1): 7}
    aws.dynamodb().put_item(TableName="ratings", Item=rating("ada", 3, 9))
    aws.restart_after_kill()
    assert items_of(aws.dynamodb(), "ratings") == {("ada", 1): 7, ("ada", 3): 9}


def test_a_deployed_stack_survives_a_kill(aws: EmbeddedAws) -> None:
    aws.start()
    stacks = aws.cloudformation()
    stacks.create_stack(StackName="movies", TemplateBody=TEMPLATE.read_text())
    while stacks.describe_stacks(StackName="movies")["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
        time.sleep(0.05)
    secret = aws.secrets().get_secret_value(SecretId="movies-local/signing-key")["SecretString"]
    aws.restart_after_kill()
    described = aws.cloudformation().describe_stacks(StackName="movies")["Stacks"][0]
    assert described["StackStatus"] == "CREATE_COMPLETE"
    table = aws.dynamodb().describe_table(TableName="movies-local-ratings")["Table"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert aws.s3().get_bucket_versioning(Bucket="movies-local-artifacts")["Status"] == "Enabled"
    assert aws.secrets().get_secret_value(SecretId="movies-local/signing-key")["SecretString"] == secret
    assert len(secret) == 64


def test_a_stack_that_a_kill_interrupted_can_be_deployed_again(tmp_path: Path) -> None:
    for number, seconds in enumerate((0.05, 0.2)):
        aws = EmbeddedAws(tmp_path / f"aws-{number}")
        aws.start()
        timer = threading.Timer(seconds, aws.kill)
        timer.start()
        try:
            aws.cloudformation().create_stack(StackName="movies", TemplateBody=TEMPLATE.read_text())
            while True:
                aws.cloudformation().describe_stacks(StackName="movies")
        except BotoCoreError:
            timer.join()
        aws.start()
        stacks = aws.cloudformation()
        try:
            with contextlib.suppress(stacks.exceptions.AlreadyExistsException):
                stacks.create_stack(StackName="movies", TemplateBody=TEMPLATE.read_text())
            stacks.get_waiter("stack_create_complete").wait(StackName="movies", WaiterConfig={"Delay": 1})
            assert len(aws.dynamodb().list_tables()["TableNames"]) == 5
        finally:
            aws.kill()


def test_objects_survive_a_kill_with_their_etags(aws: EmbeddedAws) -> None:
    aws.start()
    aws.s3().create_bucket(Bucket="artifacts")
    etag = aws.s3().put_object(Bucket="artifacts", Key="models/current.json", Body=b"one")["ETag"]
    aws.restart_after_kill()
    s3 = aws.s3()
    answer = s3.get_object(Bucket="artifacts", Key="models/current.json")
    assert (answer["Body"].read(), answer["ETag"]) == (b"one", etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="artifacts", Key="models/current.json", Body=b"two", IfNoneMatch="*")
    s3.put_object(Bucket="artifacts", Key="models/current.json", Body=b"two", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="artifacts", Key="models/current.json", Body=b"three", IfMatch=etag)


def test_a_write_that_its_request_does_not_tell_survives_too(aws: EmbeddedAws) -> None:
    aws.start()
    client = aws.dynamodb()
    create_table(client, "ratings")
    client.execute_statement(Statement="INSERT INTO ratings VALUE {'user_id':'ada','movie_id':1,'value':7}")
    aws.restart_after_kill()
    assert items_of(aws.dynamodb(), "ratings") == {("ada", 1): 7}


def test_a_deleted_table_stays_deleted_and_its_successor_is_empty(aws: EmbeddedAws) -> None:
    aws.start()
    client = aws.dynamodb()
    create_table(client, "ratings")
    client.put_item(TableName="ratings", Item=rating("ada", 1, 7))
    client.delete_table(TableName="ratings")
    create_table(client, "ratings")
    client.put_item(TableName="ratings", Item=rating("bob", 2, 8))
    aws.restart_after_kill()
    assert items_of(aws.dynamodb(), "ratings") == {("bob", 2): 8}


def streamed(aws: EmbeddedAws, table: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every record of a table's stream: its number, and the item before and after."""
    streams = aws.streams()
    arn = aws.dynamodb().describe_table(TableName=table)["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    changes = [record["dynamodb"] for record in streams.get_records(ShardIterator=place)["Records"]]
    return [(one["SequenceNumber"], one.get("OldImage", {}), one.get("NewImage", {})) for one in changes]


def test_the_stream_of_a_table_survives_a_kill_in_its_order(aws: EmbeddedAws) -> None:
    aws.start()
    client = aws.dynamodb()
    create_table(client, "ratings")
    client.update_table(
        TableName="ratings",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client.put_item(TableName="ratings", Item=rating("ada", 1, 7))
    client.put_item(TableName="ratings", Item=rating("ada", 1, 8))
    aws.restart_after_kill()
    before = streamed(aws, "ratings")
    assert [(old.get("value"), new.get("value")) for _, old, new in before] == [
        (None, {"N": "7"}),
        ({"N": "7"}, {"N": "8"}),
    ]
    create_table(aws.dynamodb(), "another")  # a checkpoint, which drops what is in the journal
    aws.dynamodb().delete_item(TableName="ratings", Key=key("ada", 1))
    aws.restart_after_kill()
    after = streamed(aws, "ratings")
    assert after[:2] == before
    assert after[2][1:] == (rating("ada", 1, 8), {})
    aws.stop()
    aws.start()
    assert streamed(aws, "ratings") == after


def test_a_graceful_stop_keeps_everything(aws: EmbeddedAws) -> None:
    aws.start()
    create_table(aws.dynamodb(), "ratings")
    fill(aws.dynamodb(), "ratings", 4)
    assert aws.stop() == 0
    aws.start()
    assert len(items_of(aws.dynamodb(), "ratings")) == 100


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can limit another process's files")
def test_a_full_disk_refuses_writes_and_damages_nothing(aws: EmbeddedAws) -> None:
    aws.start()
    client = aws.dynamodb()
    create_table(client, "ratings")
    client.put_item(TableName="ratings", Item=rating("ada", 1, 7))
    assert aws.process
    journal = max((aws.state / "journal").iterdir())
    full = (journal.stat().st_size + 20, resource.RLIM_INFINITY)
    resource.prlimit(aws.process.pid, resource.RLIMIT_FSIZE, full)
    with pytest.raises(ClientError) as refusal:
        client.put_item(TableName="ratings", Item=rating("ada", 2, 8))
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 507
    assert "cannot write to its state folder" in aws.log.read_text()
    assert "Traceback" not in aws.log.read_text()
    resource.prlimit(aws.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    client.put_item(TableName="ratings", Item=rating("ada", 3, 9))
    aws.restart_after_kill()
    there = items_of(aws.dynamodb(), "ratings")
    assert there == {("ada", 1): 7, ("ada", 3): 9}


def complaint_of(*options: str) -> str:
    """What a start that must fail says."""
    script = LOCALSTACK / "embedded_aws.py"
    ended = subprocess.run(
        [sys.executable, script, *options], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    return ended.stderr


def test_a_second_instance_on_the_same_folder_says_so(aws: EmbeddedAws) -> None:
    aws.start()
    assert complaint_of("--port", "1", "--state", str(aws.state)).strip() == (
        f"The folder {aws.state} is in use by another embedded AWS; stop that one or name another folder."
    )


def test_a_taken_port_is_named(aws: EmbeddedAws, tmp_path: Path) -> None:
    aws.start()
    said = complaint_of("--port", str(aws.port), "--state", str(tmp_path / "other"))
    assert said.splitlines()[-1].startswith(f"Port {aws.port} cannot be used")


def test_damaged_state_is_refused_and_left_as_it_is(aws: EmbeddedAws) -> None:
    aws.start()
    create_table(aws.dynamodb(), "ratings")
    aws.kill()
    file = aws.state / "services" / "dynamodb.json"
    file.write_bytes(file.read_bytes()[:-40])
    damaged = file.read_bytes()
    said = complaint_of("--port", str(aws.port), "--state", str(aws.state))
    assert said.startswith(f"The saved state in {file} is damaged")
    assert len(said.splitlines()) == 1
    assert file.read_bytes() == damaged
