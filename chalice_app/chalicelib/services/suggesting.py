"""Suggestions for one person, fresh at once.

What is stored is served as long as it was computed from the person's present ratings and marks by the
current model; otherwise it is computed here and stored in its place. For somebody without an account it is
computed from what they say and kept nowhere.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from chalicelib import clock, measuring
from chalicelib.domain.mark import MarkKind
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId
from chalicelib.domain.suggestion import MOST_SUGGESTIONS, Prediction, Suggestion, basis_of
from chalicelib.domain.wish import USUAL, Wish
from chalicelib.recommending.beginning import telling_movies
from chalicelib.recommending.leave_one_out import leave_one_out
from chalicelib.recommending.model import FILE_NAME, Model
from chalicelib.recommending.reasons import Reasons, reasons_for
from chalicelib.recommending.rows import FEWEST_IN_ROW, MOST_IN_ROW, Group, Row, RowKind, rows_of
from chalicelib.recommending.similar import similar_movies
from chalicelib.recommending.suggesting import known_ratings, predictions, score, suggest
from chalicelib.services.writing import writing_for
from chalicelib.storage import artifacts
from chalicelib.storage.artifacts import Kind
from chalicelib.storage.catalogue import Catalogue, Listing, Sort, open_catalogue
from chalicelib.storage.marks import marks_of
from chalicelib.storage.ratings import ratings_of
from chalicelib.storage.suggestions import StoredSuggestions, put_suggestions, suggestions_of

MOST_TO_BEGIN_WITH = 60

Source = Literal["stored", "fresh", "popular"]

EVERYTHING = Listing()


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


@dataclass(frozen=True, slots=True)
class PersonRows:
    """Suggestions in rows; the rest is as in `PersonSuggestions`."""

    rows: list[Row]
    ratings: Mapping[MovieId, float]
    model_version: str | None
    source: Source
    milliseconds: float


@lru_cache(maxsize=2)
def _model(version: str) -> Model:
    return Model.load(artifacts.fetch(Kind.MODELS, version, FILE_NAME))


def current_model_version() -> str | None:
    return artifacts.current_version_if_any(Kind.MODELS)


def _oldest_first(person_id: PersonId) -> dict[MovieId, float]:
    rated = sorted(ratings_of(person_id), key=lambda rating: rating.rated_at)
    return {rating.movie_id: rating.stars for rating in rated}


def suggestions_for(
    person_id: PersonId, wish: Wish = USUAL, listing: Listing = EVERYTHING
) -> PersonSuggestions:
    """The person's suggestions, best first, from the movies of a listing; its sort does not count.

    Only the usual ones are stored. Raises NotReadyError while there is no catalogue.
    """
    started = time.perf_counter()
    ratings = _oldest_first(person_id)
    marked = {mark.movie_id for mark in marks_of(person_id)}
    version = current_model_version()
    if version is None or not ratings or wish != USUAL or listing != EVERYTHING:
        return _computed(version, ratings, marked, wish, started, listing=listing)
    basis = basis_of(ratings, marked)
    stored = suggestions_of(person_id)
    if stored and stored.basis == basis and stored.model_version == version:
        return _measured(
            PersonSuggestions(
                stored.suggestions,
                ratings,
                version,
                stored.created_at,
                "stored",
                _since(started),
                predicted=True,
            )
        )
    made = _computed(version, ratings, marked, wish, started)
    with writing_for(person_id):
        put_suggestions(person_id, StoredSuggestions(made.suggestions, basis, version, made.created_at))
    return made


def suggestions_from(
    ratings: Mapping[MovieId, float], marked: Collection[MovieId], wish: Wish = USUAL
) -> PersonSuggestions:
    """Suggestions for somebody who has no account, from their ratings, oldest first, and marks.

    Raises NotReadyError while there is no catalogue.
    """
    return _computed(current_model_version(), ratings, marked, wish, time.perf_counter())


def _computed(
    version: str | None,
    ratings: Mapping[MovieId, float],
    marked: Collection[MovieId],
    wish: Wish,
    started: float,
    *,
    listing: Listing = EVERYTHING,
) -> PersonSuggestions:
    source: Source = "fresh" if version is not None and ratings else "popular"
    if version is None:
        suggestions = _popular({*ratings, *marked}, listing)
    else:
        model = _model(version)
        among = None if listing == EVERYTHING else model.mask(open_catalogue().matching(listing))
        folding = time.perf_counter()
        suggestions = suggest(model, ratings, marked, MOST_SUGGESTIONS, wish, among=among)
        measuring.measure("FoldInTime", _since(folding), "Milliseconds")
    return _measured(
        PersonSuggestions(
            suggestions, ratings, version, clock.now_ms(), source, _since(started), version is not None
        )
    )


def _since(started: float) -> float:
    """Milliseconds."""
    return (time.perf_counter() - started) * 1000


def _measured(made: PersonSuggestions) -> PersonSuggestions:
    measuring.note("model_version", made.model_version or "none")
    measuring.measure("SuggestionAge", (clock.now_ms() - made.created_at) / 1000, "Seconds")
    return made


def _popular(unwanted: Collection[MovieId], listing: Listing) -> list[Suggestion]:
    popular = replace(listing, sort=Sort.POPULAR)
    listed = open_catalogue().browse(popular, None, MOST_SUGGESTIONS + len(unwanted)).movies
    wanted = [one.movie.movie_id for one in listed if one.movie.movie_id not in unwanted]
    return [Suggestion(movie_id, 0.0) for movie_id in wanted[:MOST_SUGGESTIONS]]


def rows_for(person_id: PersonId, wish: Wish = USUAL) -> PersonRows:
    """The person's suggestions in rows, made anew. Raises NotReadyError while there is no catalogue."""
    started = time.perf_counter()
    ratings = _oldest_first(person_id)
    marks = sorted(marks_of(person_id), key=lambda mark: mark.marked_at)
    return _rows(ratings, {mark.movie_id: mark.kind for mark in marks}, wish, started)


def rows_from(
    ratings: Mapping[MovieId, float], marks: Mapping[MovieId, MarkKind], wish: Wish = USUAL
) -> PersonRows:
    """The same for somebody who has no account, from their ratings and marks, both oldest first."""
    return _rows(ratings, marks, wish, time.perf_counter())


def _rows(
    ratings: Mapping[MovieId, float], marks: Mapping[MovieId, MarkKind], wish: Wish, started: float
) -> PersonRows:
    listed = [movie_id for movie_id in reversed(list(marks)) if marks[movie_id] is MarkKind.WATCHLIST]
    version = current_model_version()
    if version is None:
        unrated = [Suggestion(movie_id, 0.0) for movie_id in listed if movie_id not in ratings]
        popular = _popular(ratings.keys() | marks.keys(), EVERYTHING)
        both = [Row(RowKind.FOR_YOU, popular[:MOST_IN_ROW]), Row(RowKind.WATCHLIST, unrated[:MOST_IN_ROW])]
        rows = [row for row in both if len(row.suggestions) >= FEWEST_IN_ROW]
    else:
        groups = _groups(version, open_catalogue())
        folding = time.perf_counter()
        rows = rows_of(score(_model(version), ratings, marks, wish), listed, *groups)
        measuring.measure("FoldInTime", _since(folding), "Milliseconds")
    source: Source = "fresh" if ratings and version else "popular"
    return PersonRows(rows, ratings, version, source, _since(started))


@lru_cache(maxsize=2)
def _groups(version: str, catalogue: Catalogue) -> tuple[list[Group], list[Group]]:
    """The genres and the decades that the movies of a model fall into."""
    model = _model(version)
    genres = [
        Group.of(model, name, catalogue.matching(Listing(genres=(name,)))) for name, _ in catalogue.genres()
    ]
    first, last = catalogue.release_years() or (1, 0)
    decades = [
        Group.of(model, str(year), catalogue.matching(Listing(year_from=year, year_to=year + 9)))
        for year in range(first // 10 * 10, last + 1, 10)
    ]
    return genres, decades


def movies_to_begin_with(count: int) -> list[MovieId]:
    """What to ask a new person about, in this order; without a model, what most people know.

    Raises NotReadyError while there is no catalogue.
    """
    version = current_model_version()
    if version is None:
        return [one.movie_id for one in _popular((), EVERYTHING)[:count]]
    return list(_to_begin_with(version)[:count])


@lru_cache(maxsize=2)
def _to_begin_with(version: str) -> tuple[MovieId, ...]:
    return tuple(telling_movies(_model(version), MOST_TO_BEGIN_WITH))


def similar_to(movie_id: MovieId, count: int) -> list[MovieId]:
    """Movies that the same people like, best first; none without a model, or for a movie new to it."""
    version = current_model_version()
    return [] if version is None else similar_movies(_model(version), movie_id, count)


def prediction_from(ratings: Mapping[MovieId, float], movie_id: MovieId) -> Prediction | None:
    """What we expect somebody to give the movie, from all that they rated, oldest first, but the movie
    itself; None without a model, or for a movie new to it."""
    version = current_model_version()
    if version is None:
        return None
    others = {rated: stars for rated, stars in ratings.items() if rated != movie_id}
    return predictions(_model(version), others, [movie_id]).get(movie_id)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a movie stands with a person. `ratings` are their own but that of the movie, of which the reasons
    speak; the prediction and the reasons are None without a model, or for a movie new to it."""

    ratings: Mapping[MovieId, float]
    prediction: Prediction | None
    reasons: Reasons | None


def standing_of(person_id: PersonId, movie_id: MovieId, most: int) -> Standing:
    """What we expect this person to give the movie, and why it stands where it does for them, or stood before
    they rated it: at most so many of their ratings for and against it."""
    version = current_model_version()
    if version is None:
        return Standing({}, None, None)
    ratings = _oldest_first(person_id)
    ratings.pop(movie_id, None)
    return Standing(
        ratings,
        prediction_from(ratings, movie_id),
        reasons_for(_model(version), ratings, movie_id, most),
    )


def predicted_from_the_others(ratings: Mapping[MovieId, float]) -> dict[MovieId, float]:
    """What we would expect for each of a person's ratings, given oldest first, had they not given it.

    Nothing without a model, nor for movies that are new to it.
    """
    version = current_model_version()
    if version is None:
        return {}
    model = _model(version)
    rated, stars = known_ratings(model, ratings)
    ids = [MovieId(number) for number in model.movie_ids[rated].tolist()]
    return dict(zip(ids, leave_one_out(model.rating, rated, stars).tolist(), strict=True))


def known_to_model(movie_id: MovieId) -> tuple[int, bool] | None:
    """How many likes of a movie the current model learnt from, and whether it suggests it; None without a
    model, or for a movie new to it."""
    version = current_model_version()
    if version is None:
        return None
    model = _model(version)
    place = model.position(movie_id)
    if place is None:
        return None
    return int(model.ranking.likes[place]), bool(model.suggestible[place])
