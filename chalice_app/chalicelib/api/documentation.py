"""The API's own description, for people who build on it."""

import json
from functools import cache

from chalice.app import Blueprint, Chalice, Request, Response

from chalicelib.api.responses import JSON_TYPE, etag_of, is_known, nothing, public_headers
from chalicelib.api.routing import route
from chalicelib.config import settings

blueprint = Blueprint(__name__)


@route(blueprint, "GET", "/openapi.json", answers=JSON_TYPE, cached=True)
def openapi(request: Request) -> Response:
    """This description of the API, as OpenAPI 3.1."""
    text = description(blueprint.current_app, settings().api_base_path)
    headers = public_headers(etag_of("openapi", text))
    if is_known(request, headers["ETag"]):
        return nothing(304, headers)
    return Response(text, {"Content-Type": JSON_TYPE, **headers})


@cache
def description(app: Chalice, base_path: str) -> str:
    """The description of the whole app, whose API is below `base_path`, as JSON."""
    from chalicelib.api.openapi import describe

    return json.dumps(describe(app.routes, base_path), ensure_ascii=False, separators=(",", ":"))
