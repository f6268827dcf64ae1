"""Limits on attempts, so that passwords cannot be guessed nor accounts made by the thousand."""

from dataclasses import dataclass
from hashlib import sha256

from chalicelib import clock
from chalicelib.config import settings
from chalicelib.domain.errors import TooManyAttemptsError
from chalicelib.storage.attempts import add_attempt, forget_attempts, take_back_attempt


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts in a window of `seconds`, which opens with the first one."""

    what: str
    most: int
    seconds: int

    def key(self, whom: str) -> str:
        """Hashed, so that the counters hold neither mail nor network addresses."""
        return f"{self.what}#{sha256(whom.encode()).hexdigest()[:32]}"


FAILED_LOG_INS_OF_ACCOUNT = Limit("log-in-account", 10, 15 * 60)
FAILED_LOG_INS_FROM_ADDRESS = Limit("log-in-address", 50, 15 * 60)
WRONG_PASSWORDS_OF_PERSON = Limit("password-person", 10, 15 * 60)
FORGOTTEN_OF_ADDRESS = Limit("forgotten-email", 5, 60 * 60)
FORGOTTEN_FROM_ADDRESS = Limit("forgotten-address", 30, 60 * 60)
MAILS_OF_PERSON = Limit("mails-person", 10, 60 * 60)


def sign_ups_from_address() -> Limit:
    return Limit("sign-up-address", settings().sign_ups_per_hour, 60 * 60)


def count_attempt(limit: Limit, whom: str) -> None:
    """Count one attempt. Raises TooManyAttemptsError if it is past the limit."""
    count, closes_at = add_attempt(limit.key(whom), limit.seconds, clock.now_s())
    if count > limit.most:
        wait = max(1, closes_at - clock.now_s())
        minutes = -(-wait // 60)
        raise TooManyAttemptsError(
            f"There were too many attempts: try again in {minutes} min.", retry_after_seconds=wait
        )


def take_back(limit: Limit, whom: str) -> None:
    """Do not count the last attempt: it turned out to be a good one."""
    take_back_attempt(limit.key(whom))


def forget(limit: Limit, whom: str) -> None:
    """Count from nought again."""
    forget_attempts(limit.key(whom))
