"""What Lambda does between a table's stream and a function, on this machine.

A thread reads the stream's records and hands them to the handler in the form and the portions that Lambda
would. It begins at the oldest record at each start, as it keeps no place of its own: the handler takes what
it has had before for what it is. What was not handed over before a crash comes then.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef

BATCH = 1000
POLL_SECONDS = 1.0
RETRY_SECONDS = 5.0

Handler = Callable[[dict[str, Any]], dict[str, list[dict[str, str]]]]

log = logging.getLogger("stream-pump")


class StreamPump(threading.Thread):
    """Pumps until `stop`, which waits for what has been written by then to be handed over."""

    def __init__(self, table: str, handler: Handler) -> None:
        super().__init__(name="stream-pump", daemon=True)
        self._table = table
        self._handler = handler
        self._stopping = threading.Event()
        self._streams: DynamoDBStreamsClient = boto3.client("dynamodbstreams")

    def run(self) -> None:
        while True:
            try:
                self._pump()
            except Exception as error:
                # Whatever it is, the site goes on, and so must counting: from the beginning, which is safe.
                expected = isinstance(error, BotoCoreError | ClientError)
                log.warning("The ratings' stream could not be read: %s", error, exc_info=not expected)
            if self._stopping.wait(RETRY_SECONDS):
                return

    def stop(self, seconds: float = 5.0) -> None:
        self._stopping.set()
        self.join(seconds)

    def _pump(self) -> None:
        """Hand over every record, shard by shard, until stopped."""
        arn = boto3.client("dynamodb").describe_table(TableName=self._table)["Table"]["LatestStreamArn"]
        places = {shard: self._first_place(arn, shard) for shard in self._shards(arn)}
        while places:
            last_round = self._stopping.is_set()
            busy = False
            for shard, place in list(places.items()):
                page = self._streams.get_records(ShardIterator=place, Limit=BATCH)
                self._hand_over([_as_lambda_has_it(record, arn) for record in page["Records"]])
                busy = busy or bool(page["Records"])
                if following := page.get("NextShardIterator"):
                    places[shard] = following
                else:
                    del places[shard]
            if last_round and not busy:
                return
            if not busy:
                self._stopping.wait(POLL_SECONDS)

    def _shards(self, arn: str) -> Iterator[str]:
        for shard in self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            yield shard["ShardId"]

    def _first_place(self, arn: str, shard: str) -> str:
        return self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def _hand_over(self, records: list[dict[str, Any]]) -> None:
        """As Lambda does: go on after a record that fails, once it has been tried again."""
        tried_again = False
        while records:
            failed = self._handler({"Records": records})["batchItemFailures"]
            if not failed:
                return
            numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
            first = numbers.index(failed[0]["itemIdentifier"])
            if tried_again and first == 0:
                log.error("Record %s of the ratings' stream is passed over.", numbers[0])
                first = 1
            tried_again = first == 0
            records = records[first:]


def _as_lambda_has_it(record: "RecordTypeDef", arn: str) -> dict[str, Any]:
    change: dict[str, Any] = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return {**record, "eventSourceARN": arn, "dynamodb": change}
