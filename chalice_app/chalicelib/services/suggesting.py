"""Suggestions for one person, fresh at once.

What is stored is served as long as it was computed from the person's present ratings and marks by the
current model; otherwise it is computed here and stored in its place. For somebody without an account it is
computed from what they say and kept nowhere.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from chalicelib import clock
from chalicelib.domain.errors import NotReadyError
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId
from chalicelib.domain.suggestion import MOST_SUGGESTIONS, Suggestion, basis_of
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.beginning import telling_movies
from chalicelib.recommending.model import FILE_NAME, Model
from chalicelib.recommending.similar import similar_movies
from chalicelib.recommending.suggesting import predicted_stars as predict
from chalicelib.recommending.suggesting import suggest
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind
from chalicelib.storage.catalogue import Listing, Sort, open_catalogue
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import ratings_of
from chalicelib.storage.suggestions import StoredSuggestions, put_suggestions, suggestions_of

MOST_TO_BEGIN_WITH = 60

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
    if version is None or not ratings or wish != USUAL:
        return _computed(ratings, marked, wish, started)
    basis = basis_of(ratings, marked)
    stored = suggestions_of(person_id)
    if stored and stored.basis == basis and stored.model_version == version:
        milliseconds = (time.perf_counter() - started) * 1000
        return PersonSuggestions(
            stored.suggestions, ratings, version, stored.created_at, "stored", milliseconds, predicted=True
        )
    made = _computed(ratings, marked, wish, started)
    if made.model_version is not None:
        put_suggestions(
            person_id, StoredSuggestions(made.suggestions, basis, made.model_version, made.created_at)
        )
    return made


def suggestions_from(
    ratings: Mapping[MovieId, float], marked: Collection[MovieId], wish: Wish = USUAL
) -> PersonSuggestions:
    """Suggestions for somebody who has no account, from their ratings, oldest first, and marks.

    Raises NotReadyError while there is no catalogue.
    """
    return _computed(ratings, marked, wish, time.perf_counter())


def _computed(
    ratings: Mapping[MovieId, float], marked: Collection[MovieId], wish: Wish, started: float
) -> PersonSuggestions:
    version = current_model_version()
    source: Source = "fresh" if version is not None and ratings else "popular"
    if version is None:
        suggestions = _popular({*ratings, *marked})
    else:
        suggestions = suggest(_model(version), ratings, marked, MOST_SUGGESTIONS, wish)
    milliseconds = (time.perf_counter() - started) * 1000
    return PersonSuggestions(
        suggestions, ratings, version, clock.now_ms(), source, milliseconds, version is not None
    )


def _popular(unwanted: Collection[MovieId]) -> list[Suggestion]:
    listed = (
        open_catalogue().browse(Listing(sort=Sort.POPULAR), None, MOST_SUGGESTIONS + len(unwanted)).movies
    )
    wanted = [listed_movie for listed_movie in listed if listed_movie.movie.movie_id not in unwanted]
    return [Suggestion(listed_movie.movie.movie_id, 0.0) for listed_movie in wanted[:MOST_SUGGESTIONS]]


def movies_to_begin_with(count: int) -> list[MovieId]:
    """What to ask a new person about, in this order; without a model, what most people know.

    Raises NotReadyError while there is no catalogue.
    """
    version = current_model_version()
    if version is None:
        return [one.movie_id for one in _popular(())[:count]]
    return list(_to_begin_with(version)[:count])


@lru_cache(maxsize=2)
def _to_begin_with(version: str) -> tuple[MovieId, ...]:
    return tuple(telling_movies(_model(version), MOST_TO_BEGIN_WITH))


def similar_to(movie_id: MovieId, count: int) -> list[MovieId]:
    """Movies that the same people like, best first; none without a model, or for a movie new to it."""
    version = current_model_version()
    return [] if version is None else similar_movies(_model(version), movie_id, count)


def predicted_stars(person_id: PersonId, movie_id: MovieId) -> float | None:
    """What we expect this person to give the movie; None without a model, or for a movie new to it."""
    return None if current_model_version() is None else predicted_from(_oldest_first(person_id), movie_id)


def predicted_from(ratings: Mapping[MovieId, float], movie_id: MovieId) -> float | None:
    """The same for somebody without an account, from their ratings, oldest first."""
    version = current_model_version()
    if version is None:
        return None
    others = {rated: stars for rated, stars in ratings.items() if rated != movie_id}
    return predict(_model(version), others, [movie_id]).get(movie_id)
