"""What the API answers with."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Annotated, Literal

from chalice.app import Request, Response
from pydantic import BaseModel, ConfigDict, PlainSerializer

from chalicelib.config import settings
from chalicelib.domain.account import Account
from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import imdb_tag
from chalicelib.domain.rating import Rating
from chalicelib.domain.suggestion import Prediction
from chalicelib.storage.catalogue import ListedMovie

JSON_TYPE = "application/json"
POSTERS = "https://image.tmdb.org/t/p/w342"
PUBLIC = "public, max-age=60, stale-while-revalidate=300"
PRIVATE = "no-store"

# Part of every ETag: raise it when an answer's form changes, or browsers keep the former one.
FORM = 1

Hundredths = Annotated[float, PlainSerializer(lambda value: round(value, 2), return_type=float)]


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Health(Answer):
    status: Literal["ok"]
    catalogue_version: str | None
    model_version: str | None


class Profile(Answer):
    person_id: str
    name: str
    email: str
    email_confirmed: bool
    joined_at: int
    operator: bool

    @classmethod
    def of(cls, account: Account) -> "Profile":
        return cls(
            person_id=account.person_id,
            name=account.name,
            email=account.email,
            email_confirmed=account.email_confirmed,
            joined_at=account.joined_at,
            operator=account.is_operator,
        )


class MovieCard(Answer):
    """`runtime` is in minutes."""

    movie_id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    runtime: int | None
    poster_url: str | None
    rating_count: int
    rating_mean: Hundredths | None

    @classmethod
    def of(cls, listed: ListedMovie) -> "MovieCard":
        return cls.model_validate(_card_fields(listed))


class MovieDetail(MovieCard):
    """`rating_histogram` is how many ratings are of half a star, one star, … five; empty without any."""

    rating_histogram: tuple[int, ...]
    original_title: str | None
    released: str | None
    overview: str | None
    tagline: str | None
    language: str | None
    directors: tuple[str, ...]
    cast: tuple[str, ...]
    keywords: tuple[str, ...]
    imdb_url: str

    @classmethod
    def of(cls, listed: ListedMovie) -> "MovieDetail":
        movie = listed.movie
        return cls.model_validate(
            {
                **_card_fields(listed),
                "rating_histogram": listed.rating_histogram,
                "original_title": movie.original_title,
                "released": movie.released,
                "overview": movie.overview,
                "tagline": movie.tagline,
                "language": movie.language,
                "directors": movie.directors,
                "cast": movie.cast,
                "keywords": movie.keywords,
                "imdb_url": f"https://www.imdb.com/title/{imdb_tag(movie.movie_id)}/",
            }
        )


def _card_fields(listed: ListedMovie) -> dict[str, object]:
    movie = listed.movie
    return {
        "movie_id": movie.movie_id,
        "title": movie.title,
        "year": movie.year,
        "genres": movie.genres,
        "runtime": movie.runtime,
        "poster_url": f"{POSTERS}{movie.poster_path}" if movie.poster_path else None,
        "rating_count": listed.rating_count,
        "rating_mean": listed.rating_mean,
    }


class MoviePage(Answer):
    items: list[MovieCard]
    next_cursor: str | None
    total: int


class SimilarMovies(Answer):
    items: list[MovieCard]


class Genre(Answer):
    name: str
    count: int


class Genres(Answer):
    items: list[Genre]


class Library(Answer):
    """Everything a person said, by movie id."""

    ratings: dict[int, float]
    marks: dict[int, MarkKind]

    @classmethod
    def of(cls, ratings: Iterable[Rating], marks: Iterable[Mark]) -> "Library":
        return cls(
            ratings={rating.movie_id: rating.stars for rating in ratings},
            marks={mark.movie_id: mark.kind for mark in marks},
        )


class Session(Answer):
    """`expires_in` is in seconds; `library` is null where it was not asked for."""

    access_token: str
    expires_in: int
    account: Profile
    library: Library | None = None


class MovieRating(Answer):
    movie_id: int
    stars: float
    rated_at: int


class RatedMovie(Answer):
    movie: MovieCard
    stars: float
    rated_at: int


class RatedPage(Answer):
    """`total` counts what the filters leave; `genres` are those of all my ratings."""

    items: list[RatedMovie]
    next_cursor: str | None
    total: int
    genres: list[Genre]


class MovieMark(Answer):
    movie_id: int
    kind: MarkKind
    marked_at: int


class MarkedMovie(Answer):
    movie: MovieCard
    kind: MarkKind
    marked_at: int


class MarkedPage(Answer):
    items: list[MarkedMovie]
    next_cursor: str | None
    total: int


class Reason(Answer):
    """The person's own rating that speaks loudest for a suggestion."""

    movie_id: int
    title: str
    stars: float


class Predicted(Answer):
    """The stars that we expect, and between which they most likely are: in 80 % of all cases."""

    predicted_stars: Hundredths | None
    likely_from: Hundredths | None
    likely_to: Hundredths | None

    @staticmethod
    def fields_of(prediction: Prediction | None) -> dict[str, float | None]:
        if prediction is None:
            return dict.fromkeys(("predicted_stars", "likely_from", "likely_to"))
        fewest, most = prediction.likely
        return {"predicted_stars": prediction.stars, "likely_from": fewest, "likely_to": most}


class SuggestedMovie(Predicted):
    movie: MovieCard
    because_of: Reason | None


class Suggestions(Answer):
    items: list[SuggestedMovie]
    next_cursor: str | None
    model_version: str | None
    created_at: int
    source: str
    milliseconds: Hundredths


class NextToRate(Answer):
    movie: MovieDetail | None


def answer(body: Answer, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Text, because bytes of a JSON content type fail on Lambda."""
    return Response(body.model_dump_json(), {"Content-Type": JSON_TYPE, **(headers or {})}, status)


def nothing(status: int = 204, headers: dict[str, str] | None = None) -> Response:
    return Response("", {"Content-Type": JSON_TYPE, **(headers or {})}, status)


def etag_of(version: str, query: str) -> str:
    """The tag of an answer that a catalogue's version and the query decide.

    Weak, because what stands between us and the browser may compress the answer.
    """
    return f'W/"{blake2b(f"{FORM}|{version}|{query}".encode(), digest_size=12).hexdigest()}"'


def public_headers(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": PUBLIC, "Vary": "Accept-Encoding"}


def is_known(request: Request, etag: str) -> bool:
    """Whether the browser says that it has this answer already."""
    named = str(request.headers.get("if-none-match", "")).split(",")
    return any(tag.strip().removeprefix("W/") in {etag.removeprefix("W/"), "*"} for tag in named)


def refresh_cookie(token: str, max_age: int) -> str:
    """The `Set-Cookie` that keeps a refresh token where no script and no other site can reach it."""
    secure = "; Secure" if settings().secure_cookies else ""
    path = f"{settings().api_base_path}/auth"
    return f"refresh={token}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}"
