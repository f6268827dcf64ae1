"""The DynamoDB tables, as PynamoDB models. Their template is `infra/storage.yaml`.

Nothing outside `storage` sees these classes: the modules beside this one turn rows into the domain's
own objects.
"""

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.models import Model

from chalicelib.config import settings


class AccountRow(Model):
    """All that belongs to accounts, in one table because each model opens its own connection.

    | pk                | holds                                                                    |
    |-------------------|--------------------------------------------------------------------------|
    | `user#PERSON`     | the profile                                                              |
    | `email#ADDRESS`   | the claim to the address, with the password's hash                       |
    | `log-ins#PERSON`  | where the person is logged in, with the hashes of the refresh tokens     |
    | `reset#PERSON`    | the link that sets a new password, by its token's hash                   |
    | `confirm#PERSON`  | the link that confirms an address, by its token's hash                   |
    | `attempts#…`      | a counter of attempts                                                    |
    | `closing`         | whose accounts are being deleted                                         |

    So all rows of a person are known by key: nothing has to be searched for to list or to delete them. The
    log-ins are one row because they are read with every request, ended together, and few; `version` counts
    its changes. `expires_at` (seconds since 1970) is the table's TTL; `joined_at`, `closing_at` and
    `deactivated_at` are in milliseconds.
    """

    class Meta:
        table_name = settings().table("accounts")

    pk = UnicodeAttribute(hash_key=True)
    person_id = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    joined_at = NumberAttribute(null=True)
    is_operator = BooleanAttribute(null=True)
    deactivated_at = NumberAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)
    email_confirmed = BooleanAttribute(null=True)
    closing_at = NumberAttribute(null=True)
    log_ins = JSONAttribute(null=True)
    version = NumberAttribute(null=True)
    token_hash = UnicodeAttribute(null=True)
    people = UnicodeSetAttribute(null=True)
    attempts = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class RatingRow(Model):
    """Times are in milliseconds since 1970; the table's stream carries each change."""

    class Meta:
        table_name = settings().table("ratings")

    user_id = UnicodeAttribute(hash_key=True)
    movie_id = NumberAttribute(range_key=True)
    stars = NumberAttribute()
    rated_at = NumberAttribute()
    deactivated_at = NumberAttribute(null=True)


class MarkRow(Model):
    class Meta:
        table_name = settings().table("marks")

    user_id = UnicodeAttribute(hash_key=True)
    movie_id = NumberAttribute(range_key=True)
    kind = UnicodeAttribute()
    marked_at = NumberAttribute()


class SuggestionsRow(Model):
    """One packed item per person; see `chalicelib.domain.suggestion` for `packed` and `basis`.

    `expires_at` (seconds since 1970) is the table's TTL.
    """

    class Meta:
        table_name = settings().table("suggestions")

    user_id = UnicodeAttribute(hash_key=True)
    packed = BinaryAttribute(legacy_encoding=False)
    basis = BinaryAttribute(legacy_encoding=False)
    model_version = UnicodeAttribute()
    created_at = NumberAttribute()
    expires_at = NumberAttribute()


class RunRow(Model):
    """Runs of the batch job, and what is known about them as a whole.

    | pk         | holds                                                                                   |
    |------------|-----------------------------------------------------------------------------------------|
    | `run#ID`   | a run                                                                                   |
    | `latest`   | the id of the latest run, in `owner`                                                    |
    | `recent`   | the ids of the latest runs, newest first, in `run_ids`: runs are listed without a scan  |
    | `lease`    | what keeps two runs from working at once                                                |
    | `request`  | the latest request to run something; `owner` made it, `requested` says what is to run   |

    Times are in milliseconds since 1970.
    """

    class Meta:
        table_name = settings().table("runs")

    pk = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute(null=True)
    started_at = NumberAttribute(null=True)
    finished_at = NumberAttribute(null=True)
    stages = JSONAttribute(null=True)
    error = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    lease_until = NumberAttribute(null=True)
    run_ids = JSONAttribute(null=True)
    requested = JSONAttribute(null=True)
    requested_at = NumberAttribute(null=True)


ROWS: tuple[type[Model], ...] = (AccountRow, RatingRow, MarkRow, SuggestionsRow, RunRow)


def make_clients() -> None:
    """Make the client of each table; without this its first use does, which then takes 50 to 90 ms more."""
    for row in ROWS:
        row._get_connection().connection.client  # noqa: B018 - a property that makes it
