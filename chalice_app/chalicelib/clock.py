"""The time of day, read in one place so that a test can set it."""

import time


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def now_s() -> int:
    """Seconds since 1970, UTC."""
    return now_ms() // 1000
