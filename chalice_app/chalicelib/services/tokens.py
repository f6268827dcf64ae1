"""Access tokens: short-lived JWTs that the page holds in memory and sends with each request."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chalicelib import clock
from chalicelib.aws import secrets_manager
from chalicelib.config import settings
from chalicelib.domain.errors import UnauthenticatedError
from chalicelib.domain.rating import PersonId

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import GetSecretValueResponseTypeDef

ACCESS_SECONDS = 15 * 60
AUDIENCE = "api"
CURRENT, FORMER = "AWSCURRENT", "AWSPREVIOUS"
"""What Secrets Manager calls the key that signs and verifies, and the one that only verifies."""

KEYS_STAY_SECONDS = 300.0
"""How long a process signs and verifies with the keys that it has read."""

_ALGORITHM = "HS256"
_CLOCKS_DIFFER_SECONDS = 5
_KEYS_REST_SECONDS = 30.0  # tokens that name made-up keys must not become a flood of requests for keys


@dataclass(frozen=True, slots=True)
class _Keys:
    """The key to sign with, and all that are good to verify with: rotating one signs nobody out."""

    current: str
    by_id: Mapping[str, str]
    read_at: float


_keys_read: _Keys | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an access token belongs to, and which of their log-ins it came of."""

    person_id: PersonId
    log_in_id: str


def issue_access_token(person_id: PersonId, log_in_id: str) -> str:
    """A token that proves for `ACCESS_SECONDS` to be this person, as long as the log-in has not ended."""
    import jwt

    keys = _keys(at_most_old=KEYS_STAY_SECONDS)
    issued_at = clock.now_s()
    claims = {
        "iss": settings().resource_prefix,
        "aud": AUDIENCE,
        "sub": person_id,
        "sid": log_in_id,
        "iat": issued_at,
        "exp": issued_at + ACCESS_SECONDS,
    }
    return jwt.encode(claims, keys.by_id[keys.current], _ALGORITHM, headers={"kid": keys.current})


def read_access_token(token: str) -> Identity:
    """Whom the token belongs to. Raises UnauthenticatedError if it is not one of ours, or expired."""
    import jwt

    try:
        claims = jwt.decode(
            token,
            _key_named(jwt.get_unverified_header(token).get("kid")),
            algorithms=[_ALGORITHM],
            audience=AUDIENCE,
            issuer=settings().resource_prefix,
            leeway=_CLOCKS_DIFFER_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "sid"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise UnauthenticatedError("The access token has expired: refresh it or log in again.") from error
    except jwt.PyJWTError as error:
        raise UnauthenticatedError("The access token is not valid: log in again.") from error
    return Identity(PersonId(claims["sub"]), str(claims["sid"]))


def _key_named(key_id: object) -> str:
    for at_most_old in (KEYS_STAY_SECONDS, _KEYS_REST_SECONDS):
        key = _keys(at_most_old).by_id.get(str(key_id))
        if key is not None:
            return key
    raise UnauthenticatedError("The access token is not valid: log in again.")


def _keys(at_most_old: float) -> _Keys:
    global _keys_read  # noqa: PLW0603 - one key ring for the life of the process
    if _keys_read is None or time.monotonic() - _keys_read.read_at > at_most_old:
        current = stored_key(CURRENT)
        if current is None:
            raise LookupError(f"there is no secret {settings().signing_key_secret}")
        known = [one["SecretString"] for one in (stored_key(FORMER), current) if one is not None]
        signing = key_id(current["SecretString"])
        _keys_read = _Keys(signing, {key_id(key): key for key in known}, time.monotonic())
    return _keys_read


def stored_key(stage: str) -> "GetSecretValueResponseTypeDef | None":
    """What Secrets Manager keeps as the `CURRENT` or the `FORMER` key; None if there is none."""
    client = secrets_manager()
    try:
        return client.get_secret_value(SecretId=settings().signing_key_secret, VersionStage=stage)
    except client.exceptions.ResourceNotFoundException:
        return None


def key_id(key: str) -> str:
    """What tokens call the key that signed them; it tells nothing of the key."""
    return sha256(b"key id:" + key.encode()).hexdigest()[:12]
