"""Counters of attempts in DynamoDB. A counter's window opens with its first attempt."""

from pynamodb.exceptions import PutError, UpdateError

from chalicelib.storage.conditions import condition_failed
from chalicelib.storage.tables import AccountRow


def add_attempt(key: str, window_seconds: int, now_s: int) -> tuple[int, int]:
    """Count one more and return the count with the second at which the window closes.

    Counting and reading are one step, so attempts made at the same time cannot slip past a limit.
    """
    row = AccountRow(f"attempts#{key}")
    closes_at = now_s + window_seconds
    try:
        row.update(
            actions=[
                AccountRow.attempts.add(1),
                AccountRow.expires_at.set(AccountRow.expires_at | closes_at),
            ],
            condition=AccountRow.pk.does_not_exist() | (AccountRow.expires_at > now_s),
        )
    except UpdateError as error:
        if not condition_failed(error):
            raise
        # The window has closed but DynamoDB's TTL, which may take two days, has not removed the row.
        try:
            AccountRow(f"attempts#{key}", attempts=1, expires_at=closes_at).save(
                condition=AccountRow.expires_at <= now_s
            )
        except PutError as put_error:
            if not condition_failed(put_error):
                raise
            return add_attempt(key, window_seconds, now_s)
        return 1, closes_at
    return int(row.attempts or 0), int(row.expires_at or 0)


def take_back_attempt(key: str) -> None:
    """Count one less, if any is counted."""
    try:
        AccountRow(f"attempts#{key}").update(
            actions=[AccountRow.attempts.add(-1)], condition=AccountRow.attempts > 0
        )
    except UpdateError as error:
        if not condition_failed(error):
            raise


def forget_attempts(key: str) -> None:
    """Start counting from nought."""
    AccountRow(f"attempts#{key}").delete()
