"""Reading requests: bodies, query strings, cookies, and where they come from."""

import ipaddress
import unicodedata
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from chalice.app import Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from chalicelib.api.problems import MalformedJsonError, UnsupportedMediaTypeError
from chalicelib.config import settings
from chalicelib.domain.account import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD
from chalicelib.domain.errors import DomainError, FieldProblem, InvalidInputError, TooLargeError
from chalicelib.domain.mark import MarkKind
from chalicelib.domain.movie import MovieId, parse_movie_id
from chalicelib.domain.rating import FEWEST_STARS, MOST_STARS
from chalicelib.domain.wish import Wish, WishedOrder
from chalicelib.services.rating import Order, Wanted
from chalicelib.storage.catalogue import Listing, Sort

LARGEST_BODY = 64 * 1024
REFRESH_COOKIE = "refresh"
MOVIE_ID_TEXT: dict[str, Any] = {
    "type": "string",
    "pattern": "^(tt)?0*[1-9][0-9]*$",
    "maxLength": 12,
}

_SENTENCES = {
    "missing": "This field is missing.",
    "extra_forbidden": "There is no such field here.",
    "string_type": "This must be text.",
    "model_type": "The body must be a JSON object.",
    "float_type": "This must be a number.",
    "int_parsing": "This must be a whole number.",
    "bool_parsing": "This must be true or false.",
}
_MOST_PROBLEMS = 20

B = TypeVar("B", bound="Body")
Q = TypeVar("Q", bound="Query")


class Body(BaseModel):
    """A JSON body: nothing is converted, nothing unknown is let in."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class Query(BaseModel):
    """Query parameters: text is converted; unknown ones (a campaign's, a cache breaker's) are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


def read_body(request: Request, form: type[B]) -> B:
    """Raises UnsupportedMediaTypeError, TooLargeError, MalformedJsonError or InvalidInputError.

    A content type must be there: without that rule other sites could post here unasked.
    """
    content_type = str(request.headers.get("content-type", ""))
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError("Send the body as JSON, with the content type application/json.")
    try:
        raw = request.raw_body
    except ValueError:  # text that no UTF-8 stands for, or base64 that is none
        raw = b""
    if len(raw) > LARGEST_BODY:
        raise TooLargeError(f"Send a body of at most {LARGEST_BODY // 1024} KB.")
    try:
        return form.model_validate_json(raw)
    except ValidationError as error:
        raise _as_domain_error(error) from None


def read_query(request: Request, form: type[Q]) -> Q:
    """Of a parameter given twice the last counts; an empty one counts as not given.

    Raises InvalidInputError.
    """
    parameters = dict(request.query_params or {})
    try:
        return form.model_validate({name: value for name, value in parameters.items() if value != ""})
    except ValidationError as error:
        raise _as_domain_error(error) from None


def _as_domain_error(error: ValidationError) -> DomainError:
    """Name the fields and what is wrong with them, but never repeat what was sent: it may be a password."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        return MalformedJsonError("The body is not valid JSON.")
    problems = tuple(
        FieldProblem(
            str(detail["loc"][0])[:60] if detail["loc"] else "body",
            _SENTENCES.get(detail["type"], f"{detail['msg'].removesuffix('.')}."),
        )
        for detail in details[:_MOST_PROBLEMS]
    )
    return InvalidInputError(" ".join(f"{one.field}: {one.message}" for one in problems), problems)


def read_refresh_cookie(request: Request) -> str | None:
    for part in str(request.headers.get("cookie", "")).split(";"):
        name, _, value = part.strip().partition("=")
        if name == REFRESH_COOKIE and value:
            return value
    return None


def address_of(request: Request) -> str:
    """Where the request comes from, for counting attempts: an IPv4 address or an IPv6 network of 64 bits.

    One subscriber has a whole such network, so counting single addresses in it would limit nobody.
    """
    header = settings().viewer_address_header
    named = str(request.headers.get(header, "")) if header else ""
    # A CDN writes the address with its port: 198.51.100.7:443 or 2001:db8::7:443.
    text = named.rpartition(":")[0].strip("[]") or str(request.context["identity"]["sourceIp"])
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


# The domain checks these and says in its own words what is wrong; their schemas only describe them.
NameText = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME})]
EmailText = Annotated[str, WithJsonSchema({"type": "string", "format": "email", "maxLength": LONGEST_EMAIL})]
NewPasswordText = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "format": "password",
            "minLength": SHORTEST_PASSWORD,
            "maxLength": LONGEST_PASSWORD,
        }
    ),
]
PasswordText = Annotated[str, WithJsonSchema({"type": "string", "format": "password"})]
_Stars = Annotated[
    float,
    WithJsonSchema({"type": "number", "minimum": FEWEST_STARS, "maximum": MOST_STARS, "multipleOf": 0.5}),
]


class SignUpBody(Body):
    name: NameText
    email: EmailText
    password: NewPasswordText


class LogInBody(Body):
    email: EmailText
    password: PasswordText


class RatingBody(Body):
    stars: _Stars


class MarkBody(Body):
    kind: MarkKind


def _single_line(text: str) -> str:
    visible = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _comma_list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _movie_id(text: str) -> MovieId:
    try:
        return parse_movie_id(text)
    except InvalidInputError as error:
        raise PydanticCustomError("movie_id", "{reason}", {"reason": str(error)}) from None


_Year = Annotated[int, Field(ge=1, le=9999)]
_Minutes = Annotated[int, Field(ge=1, le=9999)]
_Names = Annotated[
    tuple[Annotated[str, Field(max_length=60)], ...], BeforeValidator(_comma_list), Field(max_length=30)
]
_Cursor = Annotated[str, Field(max_length=600, description="The `next_cursor` of the page before.")]


SearchText = Annotated[
    str,
    Field(max_length=200, description="Words of titles and people; the last one may be unfinished."),
    AfterValidator(_single_line),
]


class Filters(Query):
    """Every one of them must hold; years are inclusive."""

    genre: Annotated[_Names, Field(description="Only movies of all of these.")] = ()
    exclude_genre: Annotated[_Names, Field(description="Only movies of none of these.")] = ()
    year_from: _Year | None = None
    year_to: _Year | None = None
    least_ratings: Annotated[int, Field(ge=0, le=10**9)] = 0

    def listing(self) -> Listing:
        return Listing(
            genres=self.genre,
            excluded_genres=self.exclude_genre,
            year_from=self.year_from,
            year_to=self.year_to,
            least_ratings=self.least_ratings,
        )


class RefreshQuery(Query):
    library: bool = False


class MoviesQuery(Filters):
    sort: Annotated[
        Sort | None, Field(description="Without it: the best match for `q` first, or else the most popular.")
    ] = None
    q: SearchText = ""
    limit: Annotated[int, Field(ge=1, le=60)] = 24
    cursor: _Cursor | None = None

    def listing(self) -> Listing:
        return replace(super().listing(), sort=self.sort, text=self.q)


class RatingsQuery(Query):
    sort: Order = Order.NEWEST
    q: SearchText = ""
    stars: Annotated[
        tuple[Annotated[float, Field(ge=FEWEST_STARS, le=MOST_STARS, multiple_of=0.5)], ...],
        BeforeValidator(_comma_list),
        Field(max_length=10, description="Only ratings of one of these."),
    ] = ()
    genre: Annotated[_Names, Field(description="Only movies of all of these.")] = ()
    limit: Annotated[int, Field(ge=1, le=100)] = 24
    cursor: _Cursor | None = None

    def wanted(self) -> Wanted:
        return Wanted(self.q, frozenset(self.stars), frozenset(name.casefold() for name in self.genre))


class MarksQuery(Query):
    kind: MarkKind | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 24
    cursor: _Cursor | None = None


class DialsQuery(Query):
    """`adventure` leads away from what everybody knows; `order` is what they would enjoy next, or the
    highest predicted stars."""

    adventure: Annotated[float, Field(ge=0, le=1)] = 0.0
    order: WishedOrder = "ranking"

    def wish(self) -> Wish:
        return Wish(self.adventure, self.order)


class SuggestionsQuery(Filters, DialsQuery):
    """Runtimes are in minutes, inclusive; with either, movies of unknown runtime are left out."""

    runtime_from: _Minutes | None = None
    runtime_to: _Minutes | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 24
    cursor: _Cursor | None = None

    def listing(self) -> Listing:
        return replace(super().listing(), runtime_from=self.runtime_from, runtime_to=self.runtime_to)


class SimilarQuery(Query):
    limit: Annotated[int, Field(ge=1, le=50)] = 12


class NextToRateQuery(Query):
    popular: Annotated[bool, Field(description="Start with movies that most people have seen.")] = True
    skip: Annotated[
        tuple[Annotated[MovieId, BeforeValidator(_movie_id), WithJsonSchema(MOVIE_ID_TEXT)], ...],
        BeforeValidator(_comma_list),
        Field(max_length=500, description="Movies that were already declined."),
    ] = ()
