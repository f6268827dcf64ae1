"""The keys that sign access tokens, in words: which there are, a new one, and an end to the former.

Secrets Manager keeps two: the current one signs, and both verify, so a new one logs nobody out. They are for
whoever runs the deployment: neither the API nor the batch job may change them.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.aws import secrets_manager
from chalicelib.config import settings
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.services.tokens import (
    ACCESS_SECONDS,
    CURRENT,
    FORMER,
    KEYS_STAY_SECONDS,
    key_id,
    stored_key,
)

HANDING_OVER = timedelta(seconds=ACCESS_SECONDS + KEYS_STAY_SECONDS)
"""How long tokens of the former key may still be good after a new one was made."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key by the id that tokens name it by, never by itself."""

    key_id: str
    made_at: datetime
    version: str

    def as_dict(self) -> dict[str, str]:
        return {"key_id": self.key_id, "made_at": self.made_at.isoformat(timespec="seconds")}

    def __str__(self) -> str:
        return f"{self.key_id}, made {self.made_at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Keys:
    """`current` signs and verifies, `former` only verifies."""

    current: Key
    former: Key | None

    def as_dict(self) -> dict[str, dict[str, str] | None]:
        return {"current": self.current.as_dict(), "former": self.former.as_dict() if self.former else None}

    def __str__(self) -> str:
        former = f"verifies: {self.former}" if self.former else "no other key verifies"
        return f"signs:    {self.current}\n{former}"


def list_keys() -> Keys:
    """Raises NotFoundError without a deployment."""
    current = _key(CURRENT)
    if current is None:
        raise NotFoundError(
            f"There is no secret {settings().signing_key_secret}: is the storage stack there?"
        )
    return Keys(current, _key(FORMER))


def rotate() -> Keys:
    """Sign with a new key from now on; tokens of the former stay good until they expire.

    Raises ConflictError while tokens of the key before the former may still be good: they would not be then.
    """
    keys = list_keys()
    ready_at = keys.current.made_at + HANDING_OVER
    if keys.former is not None and datetime.now(UTC) < ready_at:
        raise ConflictError(
            f"Tokens of the former key may be good until {ready_at:%H:%M} UTC: try again then, "
            "or end that key first (`keys retire`)."
        )
    secrets_manager().put_secret_value(
        SecretId=settings().signing_key_secret, SecretString=secrets.token_urlsafe(48)
    )
    return list_keys()


def retire() -> Keys:
    """Let the former key verify nothing any more, within `KEYS_STAY_SECONDS`: for one that somebody has seen.

    Pages whose token it signed get another one by themselves. Raises ConflictError if there is none.
    """
    keys = list_keys()
    if keys.former is None:
        raise ConflictError("No key but the current one verifies: `keys rotate` makes another current.")
    secrets_manager().update_secret_version_stage(
        SecretId=settings().signing_key_secret, VersionStage=FORMER, RemoveFromVersionId=keys.former.version
    )
    return list_keys()


def _key(stage: str) -> Key | None:
    stored = stored_key(stage)
    if stored is None:
        return None
    return Key(key_id(stored["SecretString"]), stored["CreatedDate"].astimezone(UTC), stored["VersionId"])
