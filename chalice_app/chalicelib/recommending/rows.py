"""Suggestions in rows that differ: each says what it has in common, and no movie is in two of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.movie import MovieId
from chalicelib.domain.suggestion import Suggestion
from chalicelib.recommending.fold_in import predict_stars
from chalicelib.recommending.model import FEW_LIKES, Model, Positions
from chalicelib.recommending.suggesting import Scored

Mask = NDArray[np.bool_]

MOST_IN_ROW = 18
FEWEST_IN_ROW = 4

MOST_REASON_ROWS = 3
SPOKEN_FOR = 400
"""How many of the best movies are told apart by the rating that speaks loudest for them."""

MOST_GENRE_ROWS = 3
SETTLED = 5
"""Ratings from which on it means something that a decade is not among them."""

WELL_KNOWN = 0.1
"""The share of all movies, best liked first, in which nothing is hidden."""


class RowKind(StrEnum):
    FOR_YOU = "for-you"
    WATCHLIST = "watchlist"
    BECAUSE = "because"
    GENRE = "genre"
    GEMS = "gems"
    DECADE = "decade"
    NEW_DECADE = "new-decade"


_ORDER = (
    (RowKind.FOR_YOU, 0),
    (RowKind.BECAUSE, 0),
    (RowKind.WATCHLIST, 0),
    (RowKind.GENRE, 0),
    (RowKind.GEMS, 0),
    (RowKind.BECAUSE, 1),
    (RowKind.GENRE, 1),
    (RowKind.NEW_DECADE, 0),
    (RowKind.DECADE, 0),
    (RowKind.BECAUSE, 2),
    (RowKind.GENRE, 2),
)
"""How rows of a kind, by their number, take turns on the page."""


@dataclass(frozen=True, slots=True)
class Group:
    """Movies that go by one name: a genre, or the first year of a decade.

    `members` is (movies,); `share` is the share of everybody's likes that fall on them.
    """

    name: str
    members: Mask
    share: float

    @classmethod
    def of(cls, model: Model, name: str, movie_ids: Sequence[int]) -> "Group":
        members = model.mask(movie_ids)
        likes = model.ranking.likes
        return cls(name, members, float(likes[members].sum() / max(1, likes.sum())))


@dataclass(frozen=True, slots=True)
class Row:
    """`because_of` is the rating of a BECAUSE row; `group` names a GENRE or DECADE row, of whose movies the
    person `liked` so many of the `rated`."""

    kind: RowKind
    suggestions: list[Suggestion]
    because_of: MovieId | None = None
    group: str | None = None
    liked: int = 0
    rated: int = 0


def rows_of(
    scored: Scored, watchlist: Sequence[MovieId], genres: Sequence[Group], decades: Sequence[Group]
) -> list[Row]:
    """The rows of one person, in the order they are shown in, each with 4 to 18 movies, best first.

    What is on the `watchlist` is shown in a row of its own, whether or not it is eligible elsewhere. What
    there are too few movies for is left out; without likes there is nothing to tell most rows apart by.
    """
    return _Rows(scored, watchlist, genres, decades).made()


class _Rows:
    """Rows in the making: `free`, (movies,), are those that no row has taken yet."""

    def __init__(
        self, scored: Scored, watchlist: Sequence[MovieId], genres: Sequence[Group], decades: Sequence[Group]
    ) -> None:
        self.scored = scored
        self.genres = genres
        self.decades = decades
        listed = scored.model.mask(watchlist)
        listed[scored.rated] = False
        self.listed = listed & scored.model.suggestible
        self.free = scored.eligible & ~self.listed
        self.rows: list[Row] = []

    def made(self) -> list[Row]:
        """Those that the fewest movies suit choose first."""
        self._add(RowKind.FOR_YOU, self._best(self.free))
        self._add(RowKind.WATCHLIST, self._best(self.listed))
        if len(self.scored.taste.liked):
            self._add_reasons()
            self._add(RowKind.GEMS, self._gems())
            self._add_decade()
            self._add_genres()
        places = {place: number for number, place in enumerate(_ORDER)}
        seen: dict[RowKind, int] = {}
        placed = []
        for row in self.rows:
            number = seen.get(row.kind, 0)
            seen[row.kind] = number + 1
            placed.append((places[row.kind, number], row))
        return [row for _, row in sorted(placed, key=lambda one: one[0])]

    def _best(self, among: Mask, count: int = MOST_IN_ROW) -> Positions:
        return self.scored.best(among, count)

    def _add(
        self,
        kind: RowKind,
        movies: Positions,
        *,
        because_of: MovieId | None = None,
        group: str | None = None,
        liked: int = 0,
        rated: int = 0,
    ) -> bool:
        """Whether there were enough movies for a row."""
        if len(movies) < FEWEST_IN_ROW:
            return False
        self.free[movies] = False
        self.rows.append(Row(kind, self.scored.explained(movies), because_of, group, liked, rated))
        return True

    def _add_reasons(self) -> None:
        """Rows of what one like speaks for louder than any other does, by the exact sum of the score."""
        taste, model = self.scored.taste, self.scored.model
        pool = self._best(self.free, SPOKEN_FOR)
        voices = model.ranking.factors[pool] @ taste.shares
        loudest = voices.argmax(axis=1)
        voice = voices[np.arange(len(pool)), loudest]
        if self.scored.lifted is not None:
            voice *= self.scored.lifted[pool]
        spoken: list[tuple[float, int, Positions]] = []
        for like in np.unique(loudest[voice > 0]).tolist():
            its = np.flatnonzero((loudest == like) & (voice > 0))
            its = its[np.argsort(-voice[its], kind="stable")][:MOST_IN_ROW]
            if len(its) >= FEWEST_IN_ROW:
                spoken.append((-float(voice[its].sum()), like, pool[its]))
        for _, like, movies in sorted(spoken, key=lambda one: one[:2])[:MOST_REASON_ROWS]:
            because = MovieId(int(model.movie_ids[taste.liked[like]]))
            self._add(RowKind.BECAUSE, movies, because_of=because)

    def _gems(self) -> Positions:
        """What few know and the person is expected to rate above their usual."""
        scored, likes = self.scored, self.scored.model.ranking.likes
        known = likes[scored.model.suggestible]
        place = int(len(known) * WELL_KNOWN)
        most = np.partition(known, -place)[-place] if place else 0
        candidates = self._best(self.free & (likes < most) & (likes >= FEW_LIKES), 4 * MOST_IN_ROW)
        usual = scored.model.rating.mean + scored.belief.person[0]
        stars = predict_stars(scored.model.rating, scored.belief.person, candidates)
        above: Positions = candidates[stars > usual][:MOST_IN_ROW]
        return above

    def _add_decade(self) -> None:
        """A decade that is new to the person, or else the one they like most."""
        counted = [(group, *self._counts(group)) for group in self.decades]
        if len(self.scored.rated) >= SETTLED:
            new = [(self._best(self.free & group.members), group) for group, _, rated in counted if not rated]
            enough = [(movies, group) for movies, group in new if len(movies) >= FEWEST_IN_ROW]
            if enough:
                movies, group = max(enough, key=lambda one: float(self.scored.scores[one[0][0]]))
                self._add(RowKind.NEW_DECADE, movies, group=group.name)
                return
        self._add_groups(RowKind.DECADE, self.decades, 1)

    def _add_genres(self) -> None:
        self._add_groups(RowKind.GENRE, self.genres, MOST_GENRE_ROWS)

    def _add_groups(self, kind: RowKind, groups: Iterable[Group], most: int) -> None:
        """Rows of the groups that hold more of the person's likes than of everybody's."""
        likes = len(self.scored.taste.liked)
        liking = []
        for group in groups:
            liked, rated = self._counts(group)
            expected = likes * group.share
            if liked >= min(2, likes) and liked > expected:
                liking.append((-(liked - expected) / np.sqrt(expected + 1), group.name, group, liked, rated))
        for *_, group, liked, rated in sorted(liking, key=lambda one: one[:2]):
            if not most:
                break
            movies = self._best(self.free & group.members)
            most -= self._add(kind, movies, group=group.name, liked=liked, rated=rated)

    def _counts(self, group: Group) -> tuple[int, int]:
        """How many of the group's movies the person likes, and how many they rated."""
        members = group.members
        return (
            int(np.count_nonzero(members[self.scored.taste.liked])),
            int(np.count_nonzero(members[self.scored.rated])),
        )
