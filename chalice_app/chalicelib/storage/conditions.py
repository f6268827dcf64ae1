"""Telling a condition that did not hold, an answer, from a request that failed, an error."""

from pynamodb.exceptions import PynamoDBException, TransactWriteError

_NOT_NOW = {"ConditionalCheckFailed", "TransactionConflict"}


def condition_failed(error: PynamoDBException) -> bool:
    """Whether a single write was refused by its own condition."""
    return error.cause_response_code == "ConditionalCheckFailedException"


def refusals(error: TransactWriteError) -> list[str | None]:
    """Why each write of a transaction was refused, in their order, None where one was not the reason.

    `TransactionConflict` means that another transaction held the row: trying again is right. Raises the
    error itself if it was anything else than conditions and conflicts.
    """
    if error.cause_response_code == "TransactionConflictException":
        return ["TransactionConflict"]
    codes = [reason.code if reason else None for reason in error.cancellation_reasons]
    if not codes or any(code is not None and code not in _NOT_NOW for code in codes):
        raise error
    return codes
