"""Whether the API is up, and on which data."""

from chalice.app import Blueprint, Request, Response

from chalicelib.api.responses import Health, answer
from chalicelib.api.routing import route
from chalicelib.storage.artifacts import Kind, current_version_if_any

blueprint = Blueprint(__name__)


@route(blueprint, "GET", "/health", answers=Health)
def health(_request: Request) -> Response:
    """Whether the API is up, and on which data."""
    return answer(
        Health(
            status="ok",
            catalogue_version=current_version_if_any(Kind.CATALOGUE),
            model_version=current_version_if_any(Kind.MODELS),
        )
    )
