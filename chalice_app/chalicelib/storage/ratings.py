"""Ratings in DynamoDB, one row for each person and movie."""

from pynamodb.exceptions import PutError

from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.storage.conditions import condition_failed
from chalicelib.storage.tables import RatingRow


def put_rating(rating: Rating) -> None:
    """Keep the newest rating: one older than what is stored changes nothing, and repeating is harmless."""
    row = RatingRow(
        rating.person_id, int(rating.movie_id), stars=float(rating.stars), rated_at=int(rating.rated_at)
    )
    try:
        row.save(condition=RatingRow.rated_at.does_not_exist() | (RatingRow.rated_at <= rating.rated_at))
    except PutError as error:
        if not condition_failed(error):
            raise


def delete_rating(person_id: PersonId, movie_id: MovieId) -> None:
    """Take a rating back; without one this changes nothing."""
    RatingRow(person_id, int(movie_id)).delete()


def ratings_of(person_id: PersonId) -> list[Rating]:
    """All ratings of a person, by movie id, the one written a moment ago included."""
    return [_rating(row) for row in RatingRow.query(person_id, consistent_read=True)]


def rating_of(person_id: PersonId, movie_id: MovieId) -> Rating | None:
    try:
        return _rating(RatingRow.get(person_id, int(movie_id), consistent_read=True))
    except RatingRow.DoesNotExist:
        return None


def _rating(row: RatingRow) -> Rating:
    return Rating(PersonId(row.user_id), MovieId(int(row.movie_id)), float(row.stars), int(row.rated_at))
