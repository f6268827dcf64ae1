"""Suggestions for one person, fresh at once.

What is stored is served as long as it was computed from the person's present ratings and marks by the
current model; otherwise it is computed here and stored in its place.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from chalicelib.domain.errors import NotReadyError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId
from chalicelib.domain.suggestion import MOST_SUGGESTIONS, Suggestion, basis_of
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.model import FILE_NAME, Model
from chalicelib.recommending.similar import similar_movies
from chalicelib.recommending.suggesting import predicted_stars as predict
from chalicelib.recommending.suggesting import suggest
from chalicelib.services.writing import writing_for
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind
from chalicelib.storage.catalogue import Listing, Sort, open_catalogue
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import ratings_of
from chalicelib.storage.suggestions import StoredSuggestions, put_suggestions, suggestions_of

Source = Literal["stored", "fresh", "popular"]


@dataclass(frozen=True, slots=True)
class PersonSuggestions:
    """`source` tells how they came about; `milliseconds` how long it took to compute or read them.
    `ratings` are the person's own, which the reasons speak of.

    Without a model there is nothing to predict from: `predicted` is False and the stars mean nothing.
    """

    suggestions: list[Suggestion]
    ratings: Mapping[MovieId, float]
    model_version: str | None
    created_at: int
    source: Source
    milliseconds: float
    predicted: bool


@lru_cache(maxsize=2)
def _model(version: str) -> Model:
    return Model.load(artifacts.fetch(Kind.MODELS, version, FILE_NAME))


def current_model_version() -> str | None:
    try:
        return artifacts.current_version(Kind.MODELS)
    except NotReadyError:
        return None


def _oldest_first(person_id: PersonId) -> dict[MovieId, float]:
    rated = sorted(ratings_of(person_id), key=lambda rating: rating.rated_at)
    return {rating.movie_id: rating.stars for rating in rated}


def suggestions_for(person_id: PersonId, wish: Wish = USUAL) -> PersonSuggestions:
    """The person's suggestions, best first; only the usual ones are stored.

    Raises NotReadyError while there is no catalogue.
    """
    started = time.perf_counter()
    ratings = _oldest_first(person_id)
    marked = {mark.movie_id for mark in marks_of(person_id)}
    version = current_model_version()

    def answer(suggestions: list[Suggestion], created_at: int, source: Source) -> PersonSuggestions:
        milliseconds = (time.perf_counter() - started) * 1000
        return PersonSuggestions(
            suggestions, ratings, version, created_at, source, milliseconds, version is not None
        )

    now = time.time_ns() // 1_000_000
    if version is None:
        return answer(_popular(ratings.keys() | marked), now, "popular")
    if not ratings:
        return answer(suggest(_model(version), {}, marked, MOST_SUGGESTIONS, wish), now, "popular")
    if wish != USUAL:
        return answer(suggest(_model(version), ratings, marked, MOST_SUGGESTIONS, wish), now, "fresh")
    basis = basis_of(ratings, marked)
    stored = suggestions_of(person_id)
    if stored and stored.basis == basis and stored.model_version == version:
        return answer(stored.suggestions, stored.created_at, "stored")
    suggestions = suggest(_model(version), ratings, marked, MOST_SUGGESTIONS)
    with writing_for(person_id):
        put_suggestions(person_id, StoredSuggestions(suggestions, basis, version, now))
    return answer(suggestions, now, "fresh")


def _popular(unwanted: "set[MovieId]") -> list[Suggestion]:
    listed = (
        open_catalogue().browse(Listing(sort=Sort.POPULAR), None, MOST_SUGGESTIONS + len(unwanted)).movies
    )
    wanted = [listed_movie for listed_movie in listed if listed_movie.movie.movie_id not in unwanted]
    return [Suggestion(listed_movie.movie.movie_id, 0.0) for listed_movie in wanted[:MOST_SUGGESTIONS]]


def similar_to(movie_id: MovieId, count: int) -> list[MovieId]:
    """Movies that the same people like, best first; none without a model, or for a movie new to it."""
    version = current_model_version()
    return [] if version is None else similar_movies(_model(version), movie_id, count)


def predicted_stars(person_id: PersonId, movie_id: MovieId) -> float | None:
    """What we expect this person to give the movie; None without a model, or for a movie new to it."""
    version = current_model_version()
    if version is None:
        return None
    ratings = _oldest_first(person_id)
    ratings.pop(movie_id, None)
    return predict(_model(version), ratings, [movie_id]).get(movie_id)
