"""The API's description covers every route, says enough, and is valid."""

import json

import pytest
from chalice.app import Chalice
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from chalicelib.api.routing import operation_of
from chalicelib.domain.errors import ForbiddenError
from chalicelib.storage.catalogue import Sort
from tests.integration.api_client import Api
from tests.integration.contract import document


def registered(app: Chalice) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in app.routes.items() for method in methods}


def test_every_route_declares_what_it_answers(chalice_app: Chalice) -> None:
    undeclared = []
    for method, path in sorted(registered(chalice_app)):
        operation = operation_of(chalice_app.routes[path][method].view_function)
        if operation is None or operation.answers is None:
            undeclared.append(f"{method} {path}")
    assert not undeclared, (
        f"These routes declare nothing: {', '.join(undeclared)}. Give their @route what it `answers` "
        "(a model, NoContent or a media type) and, where there are any, its body, query, needs and raises."
    )


def test_every_view_says_in_a_docstring_what_it_does() -> None:
    silent = [path for path, methods in document()["paths"].items() if not all_summarised(methods)]
    assert not silent, f"The views of these addresses need a docstring: {', '.join(silent)}."


def all_summarised(methods: dict[str, dict[str, str]]) -> bool:
    return all(operation["summary"] for operation in methods.values())


def test_routes_and_description_are_the_same_set(chalice_app: Chalice) -> None:
    described = {
        (method.upper(), path) for path, methods in document()["paths"].items() for method in methods
    }
    assert described == registered(chalice_app)


def test_what_a_view_reads_is_what_it_declares(chalice_app: Chalice) -> None:
    """The names a view uses tell whether it reads a body, a query or a token, and of which form."""
    for method, path in registered(chalice_app):
        operation = operation_of(chalice_app.routes[path][method].view_function)
        assert operation
        used = set(operation.view.__code__.co_names)
        where = f"{method} {path}"
        for reader, form in (("read_body", operation.body), ("read_query", operation.query)):
            assert (reader in used) == isinstance(form, type), f"{where}: {reader}() and @route differ."
            assert not isinstance(form, type) or form.__name__ in used, f"{where} reads another form."
        needs_token = operation.needs == "accessToken"
        asks = bool({"person_asking", "operator_asking", "identity_claimed"} & used)
        assert asks == needs_token, f"{where}: person_asking() and @route differ."
        forbids = ForbiddenError in operation.raises
        assert ("operator_asking" in used) == forbids, f"{where}: operator_asking() and @route differ."


def test_the_description_is_valid_and_the_one_that_is_served(api: Api) -> None:
    answer = api.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json_body == document()
    validate(answer.json_body, cls=OpenAPIV31SpecValidator)


def test_every_kind_of_problem_is_explained_under_its_own_type() -> None:
    schemas = document()["components"]["schemas"].values()
    kinds = [one for one in schemas if one.get("allOf") == [{"$ref": "#/components/schemas/Problem"}]]
    types = [kind["properties"]["type"]["const"] for kind in kinds]
    for slug in ("not-found", "too-many-attempts", "method-not-allowed"):
        assert f"/problems/{slug}" in types
    assert len(set(types)) == len(types)
    assert all(kind["title"] and kind["description"].endswith(".") for kind in kinds)


@pytest.mark.parametrize("status", ["401", "429", "503"])
def test_problems_that_pass_say_when_or_how(status: str) -> None:
    for methods in document()["paths"].values():
        for operation in methods.values():
            described = operation["responses"].get(status)
            assert described is None or described["headers"]


def test_parameters_and_fields_say_what_they_may_hold() -> None:
    whole = document()
    browse = {one.get("name"): one for one in whole["paths"]["/movies"]["get"]["parameters"]}
    assert browse["sort"]["schema"]["enum"] == [sort.value for sort in Sort]
    assert browse["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 60, "default": 24}
    assert (browse["genre"]["style"], browse["genre"]["explode"]) == ("form", False)
    assert "null" not in json.dumps(list(browse.values()))
    stars = whole["components"]["schemas"]["RatingBody"]["properties"]["stars"]
    assert stars == {"type": "number", "minimum": 0.5, "maximum": 5, "multipleOf": 0.5}
