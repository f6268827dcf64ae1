"""The demo account: somebody of a clear taste, to see at first sight whether suggestions are right."""

from itertools import islice

from batch_jobs.bulk_writing import write_ratings
from batch_jobs.demo.ratings import movies_by_fame
from chalicelib.domain.account import Account
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.movie import Movie
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services.accounts import account_of, create_account
from chalicelib.storage.accounts import claim_to
from chalicelib.storage.ratings import ratings_of

DEMO_NAME = "Demo Viewer"
DEMO_EMAIL = "demo@example.com"

LIKED, DISLIKED = 18, 7
LIKED_GENRES = {"Science Fiction", "Thriller"}
DISLIKED_GENRES = {"Romance", "Music"}
UNCLEAR_GENRES = {"Family", "History"}
FAVOURITE_YEARS = range(1979, 2000)

BEGIN_MS = 1_767_225_600_000  # 2026
DAY_MS = 86_400_000


def create_demo_account(password: str) -> Account:
    """Make the demo account with its ratings; one that is there keeps its password and its ratings.

    Raises NotReadyError before the first catalogue, InvalidInputError for an unfit password.
    """
    movies = movies_by_fame()
    try:
        account = create_account(DEMO_NAME, DEMO_EMAIL, password, email_confirmed=True)
    except ConflictError:
        claim = claim_to(DEMO_EMAIL)
        if claim is None:
            raise
        account = account_of(claim.person_id)
    if not ratings_of(account.person_id):
        write_ratings(demo_ratings(account.person_id, movies))
    return account


def demo_ratings(person_id: PersonId, movies: list[Movie]) -> list[Rating]:
    """Much love for the science fiction and thrillers of two decades, none for romance and musicals.

    `movies` has the best known first.
    """
    liked = list(islice(filter(_is_liked, movies), LIKED))
    disliked = list(islice(filter(_is_disliked, movies), DISLIKED))
    stars = [(movie, 5.0 if place < LIKED // 2 else 4.5) for place, movie in enumerate(liked)]
    stars += [(movie, 2.0 if place % 2 else 1.5) for place, movie in enumerate(disliked)]
    return [
        Rating(person_id, movie.movie_id, given, BEGIN_MS + day * DAY_MS)
        for day, (movie, given) in enumerate(stars)
    ]


def _is_liked(movie: Movie) -> bool:
    genres = set(movie.genres)
    return bool(
        movie.year in FAVOURITE_YEARS
        and genres & LIKED_GENRES
        and not genres & (DISLIKED_GENRES | UNCLEAR_GENRES)
    )


def _is_disliked(movie: Movie) -> bool:
    genres = set(movie.genres)
    return bool(genres & DISLIKED_GENRES and not genres & LIKED_GENRES)
