"""Made-up ratings of any size: planted tastes, and a few movies that most people have seen."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from batch_jobs.training.columns import RatingColumns

_LATENT = 4
_NOISE = 0.6
_PEOPLE_AT_ONCE = 1024


def planted_ratings(people: int, movies: int, ratings: int, seed: int = 1) -> RatingColumns:
    """About `ratings` ratings (repeated pairs are dropped), in halves from 0.5 to 5.

    Both how much people rate and how often movies are rated follow power laws. Stars come from biases
    and four factors of each side, plus noise of about 0.6 stars.
    """
    return planted_with_truth(people, movies, ratings, seed)[0]


def planted_with_truth(
    people: int, movies: int, ratings: int, seed: int = 1
) -> tuple[RatingColumns, NDArray[np.float64]]:
    """The same ratings, and what each would be without the noise, the rounding and the ends of the scale."""
    rng = np.random.default_rng(seed)
    movie_weight = 1 / np.arange(1, movies + 1) ** 0.8
    person_weight = 1 / np.arange(10, people + 10) ** 0.5
    drawn = int(1.25 * ratings)
    person = rng.choice(people, drawn, p=person_weight / person_weight.sum())
    movie = rng.choice(movies, drawn, p=movie_weight / movie_weight.sum())
    person, movie = rng.permutation(people)[person], rng.permutation(movies)[movie]
    _, first = np.unique(person.astype(np.int64) * movies + movie, return_index=True)
    kept = np.sort(rng.permutation(first)[:ratings])
    kept = kept[np.argsort(person[kept], kind="stable")]
    person, movie = person[kept], movie[kept]
    taste, trait = rng.normal(0, 0.7, (people, _LATENT)), rng.normal(0, 0.7, (movies, _LATENT))
    liking = np.einsum("nf,nf->n", taste[person], trait[movie], optimize=True)
    biases = rng.normal(0, 0.4, people)[person] + rng.normal(0, 0.4, movies)[movie]
    truth = 3.5 + biases + liking
    stars = truth + rng.normal(0, _NOISE, len(person))
    columns = RatingColumns(
        people=np.char.add("person-", np.char.zfill(np.arange(people).astype(np.str_), 7)),
        movie_ids=np.arange(1, movies + 1, dtype=np.int32),
        person=person.astype(np.int32),
        movie=movie.astype(np.int32),
        stars=(np.round(2 * stars) / 2).clip(0.5, 5).astype(np.float32),
        rated_at=np.arange(len(person), dtype=np.int64),
    )
    return columns, truth


def expected_stars(truth: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the ratings with such a truth are on average, the best prediction there is, and its squared
    error on average: nobody can know the noise."""
    halves = np.arange(0.5, 5.5, 0.5)
    first, second = np.full(len(truth), halves[0]), np.full(len(truth), halves[0] ** 2)
    for lower, higher in pairwise(halves.tolist()):
        above = norm.sf((lower + higher) / 2, loc=truth, scale=_NOISE)
        first += (higher - lower) * above
        second += (higher**2 - lower**2) * above
    return first, second - np.square(first)


def chosen_ratings(people: int, movies: int, ratings: int, seed: int = 1) -> RatingColumns:
    """About `ratings` ratings of movies that people chose by taste, made a few people at a time.

    Both how much people rate and how often movies are rated follow power laws. Of what is well known, a
    person sees rather what suits them, by eight planted factors of each side; these, biases and noise of
    about 0.75 stars make the stars. The times are in random order.
    """
    rng = np.random.default_rng(seed)
    activity = rng.permutation(1 / np.arange(10, people + 10) ** 0.5)
    wanted = np.clip((ratings * activity / activity.sum()).round(), 5, movies // 4).astype(np.int64)
    popularity = np.cumsum(rng.permutation(1 / np.arange(1, movies + 1) ** 0.8))
    taste, trait = (rng.normal(0, 1, (count, 8)).astype(np.float32) for count in (people, movies))
    person_bias, movie_bias = (rng.normal(0, 0.4, count).astype(np.float32) for count in (people, movies))
    size = int(wanted.sum())
    person, movie = np.empty(size, np.int32), np.empty(size, np.int32)
    stars = np.empty(size, np.float32)
    filled = 0
    for first in range(0, people, _PEOPLE_AT_ONCE):
        counts = wanted[first : first + _PEOPLE_AT_ONCE]
        who = np.repeat(np.arange(first, first + len(counts)), 4 * counts)
        what = np.searchsorted(popularity, rng.random(len(who)) * popularity[-1])
        who, what = np.divmod(np.unique(who * movies + what), movies)
        liking = np.einsum("nf,nf->n", taste[who], trait[what]) / np.float32(8**0.5)
        seen = rng.permutation(np.flatnonzero(liking + rng.logistic(0, 0.5, len(who)) > 0))
        seen = seen[np.argsort(who[seen], kind="stable")]
        place = np.arange(len(seen)) - np.searchsorted(who[seen], who[seen])
        seen = seen[place < counts[who[seen] - first]]
        part = slice(filled, filled + len(seen))
        person[part], movie[part] = who[seen], what[seen]
        noise = rng.normal(0, 0.75, len(seen))
        given = 3.4 + person_bias[who[seen]] + movie_bias[what[seen]] + 0.5 * liking[seen] + noise
        stars[part] = (np.round(2 * given) / 2).clip(0.5, 5)
        filled += len(seen)
    return RatingColumns(
        people=np.char.mod("person-%07d", np.arange(people)),
        movie_ids=np.arange(1, movies + 1, dtype=np.int32),
        person=person[:filled],
        movie=movie[:filled],
        stars=stars[:filled],
        rated_at=np.arange(filled, dtype=np.int64),
    )
