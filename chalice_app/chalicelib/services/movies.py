"""Looking movies up in the current catalogue."""

from collections.abc import Iterable

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.movie import Movie, MovieId, imdb_tag
from chalicelib.storage.catalogue import Catalogue, ListedMovie, open_catalogue


def known_movie(movie_id: MovieId) -> ListedMovie:
    """Raises NotFoundError if the catalogue has no such movie, NotReadyError without a catalogue."""
    movie = open_catalogue().movie(movie_id)
    if movie is None:
        raise NotFoundError(f"There is no film {imdb_tag(movie_id)} in the catalogue.")
    return movie


def titled(catalogue: Catalogue, movie_ids: Iterable[MovieId]) -> dict[MovieId, ListedMovie]:
    """All of these movies; one that the catalogue lacks goes by its IMDb tag."""
    wanted = list(dict.fromkeys(movie_ids))
    found = catalogue.movies(wanted)
    return {
        movie_id: found.get(movie_id) or ListedMovie(Movie(movie_id, imdb_tag(movie_id)), 0, None)
        for movie_id in wanted
    }
