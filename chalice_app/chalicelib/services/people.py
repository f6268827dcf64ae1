"""Looking people and films up for an operator, and keeping accounts and ratings out of what models learn."""

from dataclasses import dataclass

from chalicelib import clock
from chalicelib.domain.account import Account
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.mark import MarkKind
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services.accounts import person_with
from chalicelib.services.movies import known_movie, titled
from chalicelib.services.operators import record
from chalicelib.services.sessions import end_every_log_in
from chalicelib.storage import accounts as accounts_storage
from chalicelib.storage import ratings as ratings_storage
from chalicelib.storage.catalogue import ListedMovie, open_catalogue
from chalicelib.storage.marks import marks_of
from chalicelib.storage.suggestions import StoredSuggestions, suggestions_of

RATINGS_SHOWN = 200
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A person as an operator sees them; `latest` are their newest ratings, at most `RATINGS_SHOWN`."""

    account: Account
    ratings: int
    deactivated_ratings: int
    watchlist: int
    not_interested: int
    suggestions: StoredSuggestions | None
    latest: list[tuple[Rating, ListedMovie]]


@dataclass(frozen=True, slots=True)
class FilmSeen:
    """A film and what the current model knows of it: the `likes` it learnt from, None where it is new."""

    listed: ListedMovie
    model_version: str | None
    likes: int | None
    suggestible: bool


def find_person(who: str) -> PersonId:
    """The person of an e-mail address or an id. Raises NotFoundError."""
    if "@" in who:
        return person_with(who)
    return _account(PersonId(who.strip())).person_id


def person_seen(person_id: PersonId) -> PersonSeen:
    """Raises NotFoundError, and NotReadyError without a catalogue."""
    account = _account(person_id)
    ratings = sorted(ratings_storage.ratings_of(person_id), key=lambda rating: -rating.rated_at)
    marks = [mark.kind for mark in marks_of(person_id)]
    latest = ratings[:RATINGS_SHOWN]
    movies = titled(open_catalogue(), (rating.movie_id for rating in latest))
    return PersonSeen(
        account,
        len(ratings),
        sum(rating.deactivated_at is not None for rating in ratings),
        marks.count(MarkKind.WATCHLIST),
        marks.count(MarkKind.NOT_INTERESTED),
        suggestions_of(person_id),
        [(rating, movies[rating.movie_id]) for rating in latest],
    )


def set_account_active(operator: PersonId, person_id: PersonId, *, active: bool) -> None:
    """Raises NotFoundError, and ConflictError where an operator would lock themselves out."""
    account = _account(person_id)
    if account.person_id == operator and not active:
        raise ConflictError("You cannot deactivate your own account: another operator can.")
    if (account.deactivated_at is None) == active:
        return
    accounts_storage.set_deactivated(person_id, None if active else clock.now_ms())
    if not active:
        end_every_log_in(person_id)
    record(operator, "activate account" if active else "deactivate account", person=person_id)


def set_rating_active(operator: PersonId, person_id: PersonId, movie_id: MovieId, *, active: bool) -> None:
    """Raises NotFoundError if this person has not rated the film."""
    _account(person_id)
    ratings_storage.set_deactivated(person_id, movie_id, None if active else clock.now_ms())
    action = "activate rating" if active else "deactivate rating"
    record(operator, action, person=person_id, movie=movie_id)


def film_seen(movie_id: MovieId) -> FilmSeen:
    """Raises NotFoundError, and NotReadyError without a catalogue."""
    from chalicelib.services.suggesting import current_model_version, known_to_model  # it imports numpy

    listed = known_movie(movie_id)
    known = known_to_model(movie_id)
    likes, suggestible = known if known else (None, False)
    return FilmSeen(listed, current_model_version(), likes, suggestible)


def _account(person_id: PersonId) -> Account:
    fit = 0 < len(person_id) <= _LONGEST_ID and person_id.isascii() and person_id.isprintable()
    account = accounts_storage.account_of(person_id) if fit else None
    if account is None:
        raise NotFoundError("There is no account of that id.")
    return account
