"""Whether an emulator delivers a table's stream to the function that counts ratings, found out by trying."""

import contextlib
import json
import time
from collections.abc import Iterator
from secrets import token_hex
from typing import TYPE_CHECKING

from infra.deploy.smoke import Address

if TYPE_CHECKING:
    import boto3

COUNTING_SECONDS = 120.0
"""The API looks for new counts every 20 seconds, and the CDN may keep an answer for longer."""

_NAMING_SECONDS = 30.0


def figures(address: Address, movie_id: int) -> tuple[int, list[int]]:
    """How many ratings a film has, and how many of each number of half stars."""
    film = json.loads(address.get(f"/api/movies/{movie_id}").body)
    return film["rating_count"], film["rating_histogram"]


def await_one_more(address: Address, movie_id: int, before: tuple[int, list[int]]) -> float | None:
    """How many seconds it took until the film had one rating of five stars more than `before`; None where
    that did not happen."""
    count, bars = before
    wanted = count + 1, [*bars[:-1], bars[-1] + 1]
    begun = time.monotonic()
    while (took := time.monotonic() - begun) < COUNTING_SECONDS:
        if figures(address, movie_id) == wanted:
            return took
        time.sleep(1)
    return None


def what_becomes_of_named_failures(session: "boto3.Session", function: str) -> tuple[bool, str]:
    """Deliver a record that the function cannot read: it names it (ReportBatchItemFailures), and as it is not
    to be tried again, it belongs into the queue of failures. Returns whether it got there, and what was seen.
    """
    client = session.client("lambda")
    with _unreadable(session) as (stream, queue):
        target = session.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        mapping = client.create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=stream,
            StartingPosition="TRIM_HORIZON",
            MaximumRetryAttempts=0,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": target["Attributes"]["QueueArn"]}},
        )["UUID"]
        try:
            said, deadline = "", time.monotonic() + _NAMING_SECONDS
            while time.monotonic() < deadline and not said.startswith("OK"):
                time.sleep(1)
                said = client.get_event_source_mapping(UUID=mapping)["LastProcessingResult"]
                if session.client("sqs").receive_message(QueueUrl=queue).get("Messages"):
                    return True, "a record that the handler could not read was put aside"
        finally:
            client.delete_event_source_mapping(UUID=mapping)
    return False, f"a record that the handler could not read was passed over: “{said}”, and nothing put aside"


@contextlib.contextmanager
def _unreadable(session: "boto3.Session") -> Iterator[tuple[str, str]]:
    """The stream of a table of its own, with one record that is no rating, and the URL of an empty queue."""
    dynamodb, sqs, name = session.client("dynamodb"), session.client("sqs"), f"stream-trial-{token_hex(4)}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    stream = dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    try:
        dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        dynamodb.put_item(TableName=name, Item={"pk": {"S": "no rating"}})
        yield stream, queue
    finally:
        dynamodb.delete_table(TableName=name)
        sqs.delete_queue(QueueUrl=queue)
