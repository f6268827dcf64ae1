"""Registering views with a blueprint, together with what they promise."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from chalice.app import Blueprint, Request, Response

from chalicelib.api.operations import Credential, NoContent, Operation
from chalicelib.api.problems import answering_problems
from chalicelib.api.requests import Body, Query
from chalicelib.api.responses import Answer
from chalicelib.domain.errors import DomainError

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], Response]

# Chalice would refuse other content types by itself, but in a form of its own and on GET as well.
ANY_CONTENT = ["*/*"]

_operations: dict[Callable[..., object], Operation] = {}


def route(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    answers: type[Answer] | str | None = None,
    or_as: str | None = None,
    status: int | None = None,
    body: type[Body] | tuple[str, ...] | None = None,
    query: type[Query] | None = None,
    needs: Credential | None = None,
    cached: bool = False,
    raises: tuple[type[DomainError], ...] = (),
) -> Callable[[View[P]], View[P]]:
    """Serve a path with a view that takes the request and the path's parameters.

    The rest describes it, as `Operation` says; the view's docstring is its summary and, after a blank
    line, its description.
    """

    def register(view: View[P]) -> View[P]:
        @wraps(view)
        def serve(*args: P.args, **kwargs: P.kwargs) -> Response:
            return answering_problems(view)(blueprint.current_request, *args, **kwargs)

        usual = HTTPStatus.NO_CONTENT if answers is NoContent else HTTPStatus.OK
        _operations[serve] = Operation(
            view, answers, or_as, status or usual, body, query, needs, cached, raises
        )
        methods = [method, "HEAD"] if cached else [method]
        blueprint.route(path, methods=methods, content_types=ANY_CONTENT)(serve)
        return view

    return register


def operation_of(view_function: Callable[..., object]) -> Operation | None:
    """What was declared with the function that Chalice calls; None where it was not registered by `route`."""
    return _operations.get(view_function)
