"""What the app does when ratings change: the handler of the ratings table's stream."""

from chalice.app import DynamoDBEvent

from chalicelib.services.live import count_records


def count_ratings(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Count the changes of a batch; what it could not is named for Lambda to deliver again.

    The event source must report batch item failures: Lambda then goes on from the first one named.
    """
    unread = count_records(event.to_dict()["Records"])
    return {"batchItemFailures": [{"itemIdentifier": number} for number in unread]}
