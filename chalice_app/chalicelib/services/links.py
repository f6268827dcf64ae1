"""Links that prove by being followed that somebody reads the mail of an address.

A link's token is `PERSON.SECRET`; only its hash is kept, and only of the newest link of each kind.
"""

import hmac
import secrets
from hashlib import sha256

from chalicelib import clock
from chalicelib.config import settings
from chalicelib.domain.errors import LinkExpiredError
from chalicelib.domain.rating import PersonId
from chalicelib.storage.links import Link, LinkKind, link_of, put_link

SECONDS = {LinkKind.RESET: 60 * 60, LinkKind.CONFIRM: 3 * 24 * 60 * 60}
_LONGEST_TOKEN = 200


def new_link(kind: LinkKind, person_id: PersonId, email: str) -> str:
    """The address of a new link, which replaces the former one of its kind; for a mail to `email`."""
    token = f"{person_id}.{secrets.token_urlsafe(32)}"
    put_link(Link(kind, person_id, _hash(token), email, clock.now_s() + SECONDS[kind]))
    return f"{settings().site_url}/{kind}?token={token}"


def followed(kind: LinkKind, token: str) -> Link:
    """The link that a token belongs to. It is not used up by this. Raises LinkExpiredError."""
    person_id, _, secret = token.rpartition(".")
    if person_id and secret and len(token) <= _LONGEST_TOKEN:
        link = link_of(kind, PersonId(person_id))
        if link and link.expires_at > clock.now_s() and hmac.compare_digest(link.token_hash, _hash(token)):
            return link
    raise LinkExpiredError(
        "This link was used before, has expired, or a newer one was sent: ask for another one."
    )


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
