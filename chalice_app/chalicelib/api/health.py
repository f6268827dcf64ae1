"""Whether the API is up, and on which data."""

from chalice.app import Blueprint, Request, Response

from chalicelib.api.responses import Health, answer
from chalicelib.api.routing import route
from chalicelib.domain.errors import NotReadyError
from chalicelib.storage.artifacts import Kind, current_version

blueprint = Blueprint(__name__)


@route(blueprint, "GET", "/health", answers=Health)
def health(_request: Request) -> Response:
    """Whether the API is up, and on which data."""
    return answer(
        Health(
            status="ok",
            catalogue_version=_version(Kind.CATALOGUE),
            model_version=_version(Kind.MODELS),
        )
    )


def _version(kind: Kind) -> str | None:
    try:
        return current_version(kind)
    except NotReadyError:
        return None
