"""Ratings in DynamoDB, one row for each person and movie."""

from collections.abc import Collection, Sequence

from pynamodb.exceptions import PutError, UpdateError

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.storage.conditions import condition_failed
from chalicelib.storage.many import write_where_allowed
from chalicelib.storage.tables import RatingRow


def put_rating(rating: Rating) -> None:
    """Keep the newest rating: one older than what is stored changes nothing, and repeating is harmless."""
    newest = RatingRow.rated_at.does_not_exist() | (RatingRow.rated_at <= rating.rated_at)
    try:
        _row(rating).save(condition=newest)
    except PutError as error:
        if not condition_failed(error):
            raise


def put_ratings(ratings: Sequence[Rating], undated: Collection[MovieId] = ()) -> None:
    """Keep the newest of each, many at once; those of `undated` movies only where there is none yet."""
    none_yet = RatingRow.rated_at.does_not_exist()
    write_where_allowed(
        (_row(one), none_yet if one.movie_id in undated else none_yet | (RatingRow.rated_at < one.rated_at))
        for one in ratings
    )


def delete_rating(person_id: PersonId, movie_id: MovieId) -> None:
    """Take a rating back; without one this changes nothing."""
    RatingRow(person_id, int(movie_id)).delete()


def set_deactivated(person_id: PersonId, movie_id: MovieId, at: int | None) -> None:
    """Deactivate a rating, or with None activate it again. Raises NotFoundError if there is none."""
    change = RatingRow.deactivated_at.remove() if at is None else RatingRow.deactivated_at.set(at)
    try:
        RatingRow(person_id, int(movie_id)).update(actions=[change], condition=RatingRow.user_id.exists())
    except UpdateError as error:
        if not condition_failed(error):
            raise
        raise NotFoundError("This person has not rated that film.") from error


def ratings_of(person_id: PersonId) -> list[Rating]:
    """All ratings of a person, by movie id, the one written a moment ago included."""
    return [_rating(row) for row in RatingRow.query(person_id, consistent_read=True)]


def rating_of(person_id: PersonId, movie_id: MovieId) -> Rating | None:
    try:
        return _rating(RatingRow.get(person_id, int(movie_id), consistent_read=True))
    except RatingRow.DoesNotExist:
        return None


def _row(rating: Rating) -> RatingRow:
    return RatingRow(
        rating.person_id, int(rating.movie_id), stars=float(rating.stars), rated_at=int(rating.rated_at)
    )


def _rating(row: RatingRow) -> Rating:
    return Rating(
        PersonId(row.user_id),
        MovieId(int(row.movie_id)),
        float(row.stars),
        int(row.rated_at),
        None if row.deactivated_at is None else int(row.deactivated_at),
    )
