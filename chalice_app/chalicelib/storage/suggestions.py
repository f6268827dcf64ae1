"""The suggestions kept for each person: one packed item, written by the nightly job and by fold-in."""

from dataclasses import dataclass

from chalicelib.domain.rating import PersonId
from chalicelib.domain.suggestion import Suggestion, pack_suggestions, unpack_suggestions
from chalicelib.storage.tables import SuggestionsRow

KEPT_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class StoredSuggestions:
    """`basis` digests the ratings and marks they came from; `created_at` is in milliseconds."""

    suggestions: list[Suggestion]
    basis: bytes
    model_version: str
    created_at: int


def suggestions_row(person_id: PersonId, stored: StoredSuggestions) -> SuggestionsRow:
    """The table's row, for writers that write many."""
    return SuggestionsRow(
        person_id,
        packed=pack_suggestions(stored.suggestions),
        basis=stored.basis,
        model_version=stored.model_version,
        created_at=stored.created_at,
        expires_at=stored.created_at // 1000 + KEPT_SECONDS,
    )


def put_suggestions(person_id: PersonId, stored: StoredSuggestions) -> None:
    suggestions_row(person_id, stored).save()


def suggestions_of(person_id: PersonId) -> StoredSuggestions | None:
    """None where there are none, or only such as an earlier version packed in another form."""
    try:
        row = SuggestionsRow.get(person_id)
        suggestions = unpack_suggestions(row.packed)
    except (SuggestionsRow.DoesNotExist, ValueError):
        return None
    return StoredSuggestions(
        suggestions=suggestions,
        basis=row.basis,
        model_version=row.model_version,
        created_at=int(row.created_at),
    )
