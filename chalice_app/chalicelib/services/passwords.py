"""Passwords, kept as argon2id hashes.

argon2 is imported on first use: most requests carry a token and never need it.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB = 19 * 1024
ITERATIONS = 2
PARALLELISM = 1

# Checked for unknown e-mail addresses: it costs what a real hash costs, and no password matches it.
NOBODY = f"$argon2id$v=19$m={MEMORY_KIB},t={ITERATIONS},p={PARALLELISM}${'A' * 22}${'A' * 43}"


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=ITERATIONS, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)


def hash_password(password: str) -> str:
    """Hash with a new salt; about 30 ms."""
    return _hasher().hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash. Without a hash the answer is no, after the same time."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(password_hash or NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)
