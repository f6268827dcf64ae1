"""Registering views with a blueprint."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from chalice.app import Blueprint, Request, Response

from chalicelib.api.problems import answering_problems

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], Response]

# Chalice would refuse other content types by itself, but in a form of its own and on GET as well.
ANY_CONTENT = ["*/*"]


def route(blueprint: Blueprint, method: str, path: str) -> Callable[[View[P]], View[P]]:
    """Serve a path with a view that takes the request and the path's parameters."""

    def register(view: View[P]) -> View[P]:
        @wraps(view)
        def serve(*args: P.args, **kwargs: P.kwargs) -> Response:
            return answering_problems(view)(blueprint.current_request, *args, **kwargs)

        blueprint.route(path, methods=[method], content_types=ANY_CONTENT)(serve)
        return view

    return register
