"""Give the fake people their ratings."""

from batch_jobs.bulk_writing import WriteReport, write_ratings
from batch_jobs.demo.catalogue import demo_movies
from batch_jobs.demo.tastes import fake_ratings
from chalicelib.domain.movie import Movie
from chalicelib.storage.catalogue import open_catalogue


def create_fake_ratings(people: int, per_person: int, seed: int) -> WriteReport:
    """Store about `per_person` ratings of each of the first `people` fake people.

    They rate what is in the current catalogue; the same catalogue and numbers give the same ratings, and
    more people only add. Raises NotReadyError before the first catalogue.
    """
    return write_ratings(
        fake_ratings(movies_by_fame(), range(people), per_person, seed), total=people * per_person
    )


def movies_by_fame() -> list[Movie]:
    """The movies of the current catalogue: those of the demo, best known first, then any others by id.

    Rating counts do not matter, since these very ratings would change them.
    """
    catalogue = open_catalogue()
    listed = catalogue.movies(catalogue.movie_ids())
    by_fame = {movie.movie_id: None for movie in demo_movies() if movie.movie_id in listed} | dict.fromkeys(
        listed
    )
    return [listed[movie_id].movie for movie_id in by_fame]
