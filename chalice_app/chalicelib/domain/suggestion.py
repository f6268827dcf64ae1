"""Suggestions for one person, and the packed form in which they are kept.

One packed item per person is one DynamoDB write unit (1 KB) for a hundred movies, where a row per
movie would cost a hundred.
"""

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS

MOST_SUGGESTIONS = 100
MOST_REASONS = 40

_FORMAT = 2  # 1 was without margins
_HEADER = struct.Struct("<BBB")
_STARS_STEPS = 50  # stars are kept to 1/50 of one, which a byte holds up to 5.1
_NO_REASON = 255


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A movie worth seeing next.

    `predicted_stars` is what we expect the person to give it, and in 80 % of all cases they give it at most
    `margin` stars more or less; `because_of` is the movie they rated that speaks loudest for it, or None
    where no rating of theirs does.
    """

    movie_id: MovieId
    predicted_stars: float
    because_of: MovieId | None = None
    margin: float = 0.0

    @property
    def prediction(self) -> "Prediction":
        return Prediction(self.predicted_stars, self.margin)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The stars that we expect a person to give a movie; `margin` as in `Suggestion`."""

    stars: float
    margin: float

    @property
    def likely(self) -> tuple[float, float]:
        """The fewest and the most stars that are likely, within the scale."""
        return max(FEWEST_STARS, self.stars - self.margin), min(MOST_STARS, self.stars + self.margin)


def pack_suggestions(suggestions: Sequence[Suggestion]) -> bytes:
    """Pack up to `MOST_SUGGESTIONS`, best first, into at most 863 bytes.

    Only the first `MOST_REASONS` different reasons are kept; a suggestion with a later one is kept
    without. Layout, little-endian: format, count, reason count (a byte each), the reasons (4 bytes
    each), then per column the movie ids (4), predicted stars (1, in fiftieths), reason index (1), margins
    (1, in fiftieths).
    """
    if len(suggestions) > MOST_SUGGESTIONS:
        raise ValueError(f"at most {MOST_SUGGESTIONS} suggestions can be packed, not {len(suggestions)}")
    given = (s.because_of for s in suggestions if s.because_of is not None)
    reasons = list(dict.fromkeys(given))[:MOST_REASONS]
    place: dict[MovieId | None, int] = {movie_id: index for index, movie_id in enumerate(reasons)}
    count = len(suggestions)
    return b"".join(
        (
            _HEADER.pack(_FORMAT, count, len(reasons)),
            struct.pack(f"<{len(reasons)}I", *reasons),
            struct.pack(f"<{count}I", *(s.movie_id for s in suggestions)),
            bytes(round(s.predicted_stars * _STARS_STEPS) for s in suggestions),
            bytes(place.get(s.because_of, _NO_REASON) for s in suggestions),
            bytes(min(round(s.margin * _STARS_STEPS), 255) for s in suggestions),
        )
    )


def unpack_suggestions(packed: bytes) -> list[Suggestion]:
    """The inverse of `pack_suggestions`. Raises ValueError if the bytes are not what it writes now."""
    try:
        form, count, reason_count = _HEADER.unpack_from(packed)
        reasons = struct.unpack_from(f"<{reason_count}I", packed, _HEADER.size)
        columns = _HEADER.size + 4 * reason_count
        movie_ids = struct.unpack_from(f"<{count}I", packed, columns)
    except struct.error as error:
        raise ValueError("these are not packed suggestions") from error
    stars = packed[columns + 4 * count : columns + 5 * count]
    places = packed[columns + 5 * count : columns + 6 * count]
    margins = packed[columns + 6 * count :]
    if form != _FORMAT or len(margins) != count:
        raise ValueError("these are not packed suggestions of a format that is known here")
    return [
        Suggestion(
            MovieId(movie_id),
            star / _STARS_STEPS,
            None if place == _NO_REASON else MovieId(reasons[place]),
            margin / _STARS_STEPS,
        )
        for movie_id, star, place, margin in zip(movie_ids, stars, places, margins, strict=True)
    ]


def basis_of(ratings: Mapping[MovieId, float], marked: Collection[MovieId]) -> bytes:
    """A digest (8 bytes) of all that a person's suggestions were computed from.

    Suggestions whose basis differs from that of the person's present ratings and marks are out of
    date, whichever way that came about: a new rating, a changed one, one taken back, a mark.
    """
    digest = blake2b(digest_size=8)
    for movie_id in sorted(ratings):
        digest.update(struct.pack("<If", movie_id, ratings[movie_id]))
    digest.update(b"marked")
    for movie_id in sorted(marked):
        digest.update(struct.pack("<I", movie_id))
    return digest.digest()
