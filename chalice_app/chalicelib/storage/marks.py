"""Marks in DynamoDB, one row for each person and movie."""

from collections.abc import Sequence

from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId
from chalicelib.storage.many import write_where_allowed
from chalicelib.storage.tables import MarkRow


def put_mark(mark: Mark) -> None:
    """Set the person's mark on a movie, whatever it was before."""
    _row(mark).save()


def add_marks(marks: Sequence[Mark]) -> None:
    """Mark many movies; a mark that is there already stays what it is."""
    write_where_allowed((_row(one), MarkRow.user_id.does_not_exist()) for one in marks)


def keep_newest_marks(marks: Sequence[Mark]) -> None:
    """Mark many movies; a mark that is there already and is no older stays what it is."""
    none_yet = MarkRow.user_id.does_not_exist()
    write_where_allowed((_row(one), none_yet | (MarkRow.marked_at < one.marked_at)) for one in marks)


def delete_mark(person_id: PersonId, movie_id: MovieId) -> None:
    """Take a mark away; without one this changes nothing."""
    MarkRow(person_id, int(movie_id)).delete()


def marks_of(person_id: PersonId) -> list[Mark]:
    """All marks of a person, by movie id, the one written a moment ago included."""
    return [_mark(row) for row in MarkRow.query(person_id, consistent_read=True)]


def mark_of(person_id: PersonId, movie_id: MovieId) -> Mark | None:
    try:
        return _mark(MarkRow.get(person_id, int(movie_id), consistent_read=True))
    except MarkRow.DoesNotExist:
        return None


def _row(mark: Mark) -> MarkRow:
    return MarkRow(mark.person_id, int(mark.movie_id), kind=mark.kind.value, marked_at=int(mark.marked_at))


def _mark(row: MarkRow) -> Mark:
    return Mark(PersonId(row.user_id), MovieId(int(row.movie_id)), MarkKind(row.kind), int(row.marked_at))
