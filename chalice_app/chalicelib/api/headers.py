"""Headers that every answer carries."""

from collections.abc import Callable

from chalice.app import Request, Response

from chalicelib.api.responses import PRIVATE


def add_common_headers(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: what a view does not declare public is kept by nobody."""
    response = get_response(request)
    response.headers.setdefault("Cache-Control", PRIVATE)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
