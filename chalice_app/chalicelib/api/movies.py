"""Browsing the catalogue. The same for everybody, so caches may keep it for a minute."""

from chalice.app import Blueprint, Request, Response
from pydantic import TypeAdapter

from chalicelib.api.cursors import MovieNumber, Number, ShortText, read_cursor, write_cursor
from chalicelib.api.requests import MoviesQuery, SimilarQuery, read_query
from chalicelib.api.responses import (
    Genre,
    Genres,
    MovieCard,
    MovieDetail,
    MoviePage,
    SimilarMovies,
    answer,
    etag_of,
    is_known,
    nothing,
    public_headers,
)
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotFoundError, NotReadyError
from chalicelib.domain.movie import parse_movie_id
from chalicelib.services.movies import known_movie
from chalicelib.storage.catalogue import open_catalogue

blueprint = Blueprint(__name__)

_POSITION = TypeAdapter[tuple[float | str | None, int]](tuple[Number | ShortText | None, MovieNumber])


@route(
    blueprint, "GET", "/movies", query=MoviesQuery, answers=MoviePage, cached=True, raises=(NotReadyError,)
)
def browse(request: Request) -> Response:
    """Browse and search the movies."""
    query = read_query(request, MoviesQuery)
    catalogue = open_catalogue()
    listing = query.listing()
    asked = f"movies?{query.model_dump_json(exclude={'limit', 'cursor'})}"
    after = read_cursor(query.cursor, asked, catalogue.version, _POSITION) if query.cursor else None
    etag = etag_of(catalogue.edition, f"{asked}&limit={query.limit}&cursor={query.cursor}")
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    page = catalogue.browse(listing, after, query.limit)
    return answer(
        MoviePage(
            items=[MovieCard.of(listed) for listed in page.movies],
            next_cursor=write_cursor(asked, catalogue.version, page.following) if page.following else None,
            total=page.total,
        ),
        headers=public_headers(etag),
    )


@route(blueprint, "GET", "/genres", answers=Genres, cached=True, raises=(NotReadyError,))
def genres(request: Request) -> Response:
    """The genres that can be filtered by, with how many movies each has."""
    catalogue = open_catalogue()
    etag = etag_of(catalogue.edition, "genres")
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    items = [Genre(name=name, count=count) for name, count in catalogue.genres()]
    return answer(Genres(items=items), headers=public_headers(etag))


@route(
    blueprint,
    "GET",
    "/movies/{movie_id}",
    answers=MovieDetail,
    cached=True,
    raises=(NotFoundError, NotReadyError),
)
def movie(request: Request, movie_id: str) -> Response:
    """One movie in full."""
    number = parse_movie_id(movie_id)
    # In this order: figures that move in between are newer than the tag, and the next request gets them.
    etag = etag_of(open_catalogue().edition, f"movie {number}")
    listed = known_movie(number)
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    return answer(MovieDetail.of(listed), headers=public_headers(etag))


@route(
    blueprint,
    "GET",
    "/movies/{movie_id}/similar",
    query=SimilarQuery,
    answers=SimilarMovies,
    cached=True,
    raises=(NotFoundError, NotReadyError),
)
def similar(request: Request, movie_id: str) -> Response:
    """Movies that the same people like, best first; none where too few like this one."""
    from chalicelib.services.suggesting import current_model_version, similar_to  # it imports numpy

    number = parse_movie_id(movie_id)
    query = read_query(request, SimilarQuery)
    known_movie(number)
    catalogue = open_catalogue()
    etag = etag_of(catalogue.edition, f"similar to {number} by {current_model_version()}&limit={query.limit}")
    if is_known(request, etag):
        return nothing(304, public_headers(etag))
    alike = similar_to(number, query.limit)
    movies = catalogue.movies(alike)
    items = [MovieCard.of(movies[one]) for one in alike if one in movies]
    return answer(SimilarMovies(items=items), headers=public_headers(etag))
