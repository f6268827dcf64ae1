"""The compiled inner loops of scoring everyone: folding people in, ranking movies, and giving reasons.

Each works on a block of people and holds no lock, so that blocks run side by side in threads; BLAS, which
multiplies the matrices, should then keep to one thread. What people have in varying number (ratings, likes,
movies not to be shown) stands in one array: that of person p from `starts[p]` up to `starts[p + 1]`.
"""

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401 - what np.dot is in compiled code, loaded for limits on its threads
from numpy.typing import NDArray

from batch_jobs.training.kernel import compiled
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Places = NDArray[np.int32]
Offsets = NDArray[np.int64]
Keys = NDArray[np.uint64]

TILE = 512
"""Movies scored at once for a block of people, so that their scores never leave the processor's cache."""

_CHUNK = 32  # scores that are looked at together; divides TILE
_LIKES_AT_ONCE = 256
_ROUNDING = 2.0**-24  # of one float32 operation, relative


@compiled
def _rows(movies: Floats, places: Places) -> Doubles:
    """The rows at these places, in double precision."""
    rows = np.empty((len(places), movies.shape[1]))
    for n in range(len(places)):
        for i in range(movies.shape[1]):
            rows[n, i] = movies[places[n], i]
    return rows


@compiled
def _subtract_rows(rows: Doubles, cell: tuple[int, int], shares: Doubles, first: int, last: int) -> None:
    """`rows[place, start:] -= Σ shares[k] * rows[k, start:]` over k from `first` to `last`; `cell` is both.

    Four rows at a time, which saves most of the reading and writing of the row that is changed.
    """
    place, start = cell
    in_fours = first + (last - first) // 4 * 4
    for k in range(first, in_fours, 4):
        a, b, c, d = shares[k], shares[k + 1], shares[k + 2], shares[k + 3]
        for j in range(start, rows.shape[1]):
            rows[place, j] -= a * rows[k, j] + b * rows[k + 1, j] + c * rows[k + 2, j] + d * rows[k + 3, j]
    for k in range(in_fours, last):
        share = shares[k]
        for j in range(start, rows.shape[1]):
            rows[place, j] -= share * rows[k, j]


@compiled
def _factorise(system: Doubles) -> None:
    """Turn a symmetric matrix, of which only the upper triangle is read, into the upper triangular U with
    `Uᵀ U = system` (Cholesky), in place. One that is not positive definite turns into NaN."""
    for i in range(len(system)):
        _subtract_rows(system, (i, i), system[:, i], 0, i)
        scale = 1 / np.sqrt(system[i, i])
        for j in range(i, len(system)):
            system[i, j] *= scale


@compiled
def _solve_half(upper: Doubles, sides: Doubles) -> None:
    """Solve `Uᵀ x = side` for every column of `sides`, in place, with U from `_factorise`."""
    for i in range(len(upper)):
        _subtract_rows(sides, (i, 0), upper[:, i], 0, i)
        scale = 1 / upper[i, i]
        for j in range(sides.shape[1]):
            sides[i, j] *= scale


@compiled
def _solve(upper: Doubles, sides: Doubles) -> None:
    """Solve `Uᵀ U x = side` for every column of `sides`, in place, with U from `_factorise`."""
    size = len(upper)
    _solve_half(upper, sides)
    for i in range(size - 1, -1, -1):
        _subtract_rows(sides, (i, 0), upper[i], i + 1, size)
        scale = 1 / upper[i, i]
        for j in range(sides.shape[1]):
            sides[i, j] *= scale


@compiled
def fold_in_rankings(movies: Floats, counted: tuple[Offsets, Places, Doubles], vectors: Doubles) -> None:
    """`fold_in_ranking` for a block of people, into `vectors` (people, f), from movies (movies, f) and what
    each rating counts: starts, positions, weights."""
    starts, rated, weights = counted
    for person in range(len(vectors)):
        vector = vectors[person]
        vector[:] = 0.0
        for n in range(starts[person], starts[person + 1]):
            for i in range(len(vector)):
                vector[i] += weights[n] * movies[rated[n], i]


@compiled
def fold_in_ratings(
    model: tuple[float, Floats, Floats],
    prior: tuple[Doubles, Doubles, float],
    ratings: tuple[Offsets, Places, Floats],
    beliefs: tuple[Doubles, Doubles, Doubles],
) -> None:
    """`believe` for a block of people, into `beliefs`: people (people, 1 + k), their systems (people, 1 + k,
    1 + k) as `_factorise` leaves them, and (people, 2) what is left and what counted.

    `model` is mean, biases (movies,), factors (movies, k); `prior` is average person (1 + k,), precision
    (1 + k, 1 + k), memory; `ratings` are starts, positions and stars, each person's oldest first.
    """
    mean, biases, factors = model
    average, precision, memory = prior
    starts, rated, stars = ratings
    people, systems, scattered = beliefs
    size = len(average)
    for person in range(len(people)):
        departure, system = people[person], systems[person]
        first, last = starts[person], starts[person + 1]
        left, counted = 0.0, 0.0
        departure[:] = 0.0
        design = np.empty((last - first, size))
        for n in range(first, last):
            row, movie = design[n - first], rated[n]
            row[0] = 1.0
            unexplained = stars[n] - mean - biases[movie] - average[0]
            for i in range(1, size):
                row[i] = factors[movie, i - 1]
                unexplained -= row[i] * average[i]
            fading = np.exp((n + 1 - last) / (2 * memory))
            left += (fading * unexplained) ** 2
            counted += fading**2
            for i in range(size):
                row[i] *= fading
                departure[i] += fading * unexplained * row[i]
        np.dot(design.T, design, system)
        system += precision
        _factorise(system)
        pull = departure.copy()
        _solve(system, departure.reshape(size, 1))
        for i in range(size):
            left -= departure[i] * pull[i]
        scattered[person, 0], scattered[person, 1] = left, counted
        departure += average


@compiled
def _key(score: np.float32, place: int) -> np.uint64:
    """Keys sort by score and, where scores are equal, the lower place above the higher."""
    bits = np.uint64(np.float32(score).view(np.uint32))
    bits = bits ^ np.uint64(0xFFFFFFFF) if bits >> np.uint64(31) else bits | np.uint64(0x80000000)
    return (bits << np.uint64(32)) | np.uint64(0xFFFFFFFF - place)


@compiled
def _place(key: np.uint64) -> np.int64:
    return np.int64(0xFFFFFFFF) - np.int64(key & np.uint64(0xFFFFFFFF))


@compiled
def _score(key: np.uint64) -> np.float32:
    bits = key >> np.uint64(32)
    bits = bits ^ np.uint64(0x80000000) if bits >> np.uint64(31) else bits ^ np.uint64(0xFFFFFFFF)
    return np.uint32(bits).view(np.float32)


@compiled
def _bring_forward(keys: Keys, highest: int) -> None:
    """Move the `highest` highest of more keys to the front, the lowest of them last of these."""
    first, last = 0, len(keys) - 1
    while first < last:
        pivot = keys[(first + last) // 2]
        i, j = first, last
        while i <= j:
            while keys[i] > pivot:
                i += 1
            while keys[j] < pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                i += 1
                j -= 1
        if highest - 1 <= j:
            last = j
        elif highest - 1 >= i:
            first = i
        else:
            break


@compiled
def collect(
    movies: Floats,
    count: int,
    people: Floats,
    hidden: tuple[Offsets, Places],
    kept: tuple[Keys, Offsets, Floats],
) -> None:
    """Keep for each person about the best of the first `count` movies by `movies @ person`.

    `movies` are (movies, f), as many rows as make whole tiles; `people` (people, f); `hidden` are starts
    and places in ascending order. Fills `kept`: keys (people, 2 * room), how many of them there are, and
    the score (-inf: none) up to which movies were left out, which leaves at least `room`.
    """
    starts, places = hidden
    keys, sizes, floors = kept
    room = keys.shape[1] // 2
    following = starts[:-1].copy()
    scores = np.empty((len(people), TILE), np.float32)
    sizes[:] = 0
    floors[:] = -np.inf
    for first in range(0, count, TILE):
        last = min(first + TILE, count)
        np.dot(people, movies[first : first + TILE].T, scores)
        for person in range(len(people)):
            row = scores[person]
            at = following[person]
            while at < starts[person + 1] and places[at] < last:
                row[places[at] - first] = -np.inf
                at += 1
            following[person] = at
            floor, size = floors[person], sizes[person]
            for chunk in range(0, TILE, _CHUNK):
                above = 0
                for j in range(chunk, chunk + _CHUNK):
                    above += row[j] > floor
                if not above:
                    continue
                for j in range(chunk, min(chunk + _CHUNK, last - first)):
                    if row[j] > floor:
                        keys[person, size] = _key(row[j], first + j)
                        size += 1
                        if size == 2 * room:
                            _bring_forward(keys[person], room)
                            size = room
                            floor = _score(keys[person, room - 1])
            floors[person], sizes[person] = floor, size


@compiled
def rank(
    movies: tuple[Floats, Places, float], people: Doubles, kept: tuple[Keys, Offsets, Floats], best: Places
) -> NDArray[np.bool_]:
    """Put the positions of each person's best movies into `best` (people, count), best first, by their scores
    in double precision, then by position; -1 where there are no more movies.

    `movies` are those given to `collect`, their positions and the greatest length among them, and `kept` is
    what it filled. Tells for whom a movie that was left out might still belong among the best, so closely
    do the scores lie together.
    """
    factors_of, position_of, longest = movies
    keys, sizes, floors = kept
    count, factors = best.shape[1], factors_of.shape[1]
    unsure = np.zeros(len(people), np.bool_)
    best[:] = -1
    for person in range(len(people)):
        found = np.sort(keys[person, : sizes[person]])[::-1]
        scores = np.empty(len(found))
        positions = np.empty(len(found), np.int32)
        for n in range(len(found)):
            place = _place(found[n])
            position, score = position_of[place], 0.0
            for i in range(factors):
                score += factors_of[place, i] * people[person, i]
            at = n
            while at > 0 and (
                scores[at - 1] < score or (scores[at - 1] == score and positions[at - 1] > position)
            ):
                scores[at], positions[at] = scores[at - 1], positions[at - 1]
                at -= 1
            scores[at], positions[at] = score, position
        for n in range(min(count, len(found))):
            best[person, n] = positions[n]
        if np.isfinite(floors[person]):
            length = np.sqrt(np.dot(people[person], people[person]))
            error = (factors + 4) * _ROUNDING * longest * length
            unsure[person] = scores[count - 1] <= floors[person] + error
    return unsure


@compiled
def predict(model: tuple[float, Floats, Floats], people: Doubles, best: Places, stars: Doubles) -> None:
    """`predict_stars` of each person's `best` movies into `stars`; NaN where there is none."""
    mean, biases, factors = model
    for person in range(len(people)):
        for n in range(best.shape[1]):
            movie = best[person, n]
            if movie < 0:
                stars[person, n] = np.nan
                continue
            predicted = mean + biases[movie] + people[person, 0]
            for i in range(factors.shape[1]):
                predicted += factors[movie, i] * people[person, i + 1]
            stars[person, n] = min(max(predicted, FEWEST_STARS), MOST_STARS)


@compiled
def measure_margins(
    scatter: tuple[Floats, float, float],
    factors: Floats,
    beliefs: tuple[Doubles, Doubles],
    best: Places,
    margins: Doubles,
) -> None:
    """`margins` of each person's `best` movies; NaN where there is none.

    `scatter` is the doubt about each movie (movies,), what its square counts, and how many deviations a
    margin is; `beliefs` are the systems that `fold_in_ratings` filled, and the variance (people,) of each
    one's ratings.
    """
    doubt, doubt_weight, most = scatter
    systems, variances = beliefs
    margins[:] = np.nan
    for person in range(len(best)):
        count = 0
        while count < best.shape[1] and best[person, count] >= 0:
            count += 1
        rows = np.ones((systems.shape[1], count))
        rows[1:] = _rows(factors, best[person, :count]).T
        _solve_half(systems[person], rows)
        spread = np.zeros(count)
        for i in range(len(rows)):
            for m in range(count):
                spread[m] += rows[i, m] ** 2
        for m in range(count):
            unsure = doubt_weight * np.float64(doubt[best[person, m]]) ** 2
            margins[person, m] = most * np.sqrt(variances[person] * (1 + spread[m]) + unsure)


@compiled
def explain(movies: Floats, likes: tuple[Offsets, Places, Doubles], best: Places, reasons: Places) -> None:
    """`strongest_reasons`, as positions in `movies` (-1: none), for each person's `best`.

    What like j adds to the score of movie i is its weight times `movies[i] · movies[j]`; `likes` are starts,
    positions and weights.
    """
    starts, liked, weights = likes
    reasons[:] = -1
    for person in range(len(best)):
        count = 0
        while count < best.shape[1] and best[person, count] >= 0:
            count += 1
        shown = _rows(movies, best[person, :count]).T.copy()
        most = np.zeros(count)
        for first in range(starts[person], starts[person + 1], _LIKES_AT_ONCE):
            last = min(first + _LIKES_AT_ONCE, starts[person + 1])
            added = np.dot(_rows(movies, liked[first:last]), shown)
            for n in range(len(added)):
                for m in range(count):
                    if weights[first + n] * added[n, m] > most[m]:
                        most[m] = weights[first + n] * added[n, m]
                        reasons[person, m] = liked[first + n]
