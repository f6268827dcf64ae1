"""One vocabulary of genres for all sources: TMDB's names, and MovieLens' where TMDB has no such genre."""

from collections.abc import Iterable

_SAME_GENRE = {
    "children": "Family",
    "children's": "Family",
    "sci-fi": "Science Fiction",
    "musical": "Music",
    "film-noir": "Film Noir",
}
_NOT_A_GENRE = {
    "(no genres listed)",
    "unknown",
    "imax",  # a format
    "foreign",  # TMDB's former genre for films not in English: the language says it
    "",
}


def harmonised_genres(names: Iterable[str]) -> tuple[str, ...]:
    """The genres in our vocabulary, each once, in the order given; what is no genre is dropped."""
    cleaned = [" ".join(name.split()) for name in names]
    return tuple(
        dict.fromkeys(
            _SAME_GENRE.get(name.lower(), name) for name in cleaned if name.lower() not in _NOT_A_GENRE
        )
    )
