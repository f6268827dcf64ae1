"""Where a person is logged in: one log-in for each device, renewed by refresh tokens good for one use each.

A used token that comes back means that somebody else has a copy, so its whole log-in ends. One exception:
for `GRACE_MS` after its use a token still gets a successor, because two tabs that wake up together send
the same one. The price is that a thief who is that quick is noticed only later, when either of the two
tokens is used twice.

A log-in remembers its newest tokens only. One that it has forgotten was used long ago, and is treated so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

REFRESH_SECONDS = 30 * 24 * 60 * 60
GRACE_MS = 10_000
MOST_LOG_INS = 25
MOST_TOKENS = 10


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """`used_at` is in milliseconds since 1970, UTC; None as long as the token has not been used."""

    token_hash: str
    used_at: int | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """`began_at` and `used_at`, the last renewal, are in milliseconds since 1970, UTC; newest token first."""

    log_in_id: str
    device: str
    began_at: int
    used_at: int
    tokens: tuple[RefreshToken, ...]

    def lives(self, now_ms: int) -> bool:
        return now_ms < self.used_at + REFRESH_SECONDS * 1000


LogIns = tuple[LogIn, ...]


def begun(log_ins: LogIns, log_in_id: str, device: str, token_hash: str, now_ms: int) -> LogIns:
    """With a new log-in; what has expired goes, and beyond `MOST_LOG_INS` what was not used for longest."""
    new = LogIn(log_in_id, device, now_ms, now_ms, (RefreshToken(token_hash),))
    living = sorted((one for one in log_ins if one.lives(now_ms)), key=lambda one: -one.used_at)
    return (new, *living[: MOST_LOG_INS - 1])


def renewed(log_ins: LogIns, log_in_id: str, token_hash: str, successor: str, now_ms: int) -> LogIns | None:
    """With the token used up and its successor in place; None if it is not good for that."""
    log_in = find(log_ins, log_in_id)
    if log_in is None or not log_in.lives(now_ms):
        return None
    token = next((one for one in log_in.tokens if one.token_hash == token_hash), None)
    if token is None or (token.used_at is not None and now_ms - token.used_at > GRACE_MS):
        return None
    used = RefreshToken(token_hash, now_ms if token.used_at is None else token.used_at)
    tokens = (RefreshToken(successor), *(used if one is token else one for one in log_in.tokens))
    new = replace(log_in, used_at=now_ms, tokens=tokens[:MOST_TOKENS])
    return tuple(new if one is log_in else one for one in log_ins)


def without(log_ins: LogIns, log_in_id: str) -> LogIns:
    return tuple(one for one in log_ins if one.log_in_id != log_in_id)


def only(log_ins: LogIns, log_in_id: str) -> LogIns:
    return tuple(one for one in log_ins if one.log_in_id == log_in_id)


def find(log_ins: Iterable[LogIn], log_in_id: str) -> LogIn | None:
    return next((one for one in log_ins if one.log_in_id == log_in_id), None)
