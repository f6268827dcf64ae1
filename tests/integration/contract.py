"""Whether the API's answers are what its own description says."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from chalice.test import HTTPResponse

from chalicelib.api.openapi import describe
from chalicelib.config import settings

OF_ANY_ADDRESS = {
    "405": {"$ref": "#/components/schemas/MethodNotAllowed"},
    "500": {"$ref": "#/components/schemas/InternalServerError"},
}


@cache
def document() -> dict[str, Any]:
    """The description of the whole app."""
    from app import app

    return describe(app.routes, settings().api_base_path)


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Fixed paths come before those with parameters, which they would match as well."""
    paths = sorted(document()["paths"].items(), key=lambda item: "{" in item[0])
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), methods) for path, methods in paths]


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    schemas = {name: _closed(schema) for name, schema in document()["components"]["schemas"].items()}
    return jsonschema_rs.validator_for(json.loads(schema) | {"components": {"schemas": schemas}})


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The same without room for fields that the description does not know."""
    return schema if "allOf" in schema or "enum" in schema else {"additionalProperties": False} | schema


def assert_as_described(method: str, path: str, answer: HTTPResponse) -> None:
    """Fail where an answer has a status, a header, a type or a form that the description does not."""
    asked = f"{method} {path} answered {answer.status_code}"
    status = str(answer.status_code)
    if status in OF_ANY_ADDRESS:
        _validator(json.dumps(OF_ANY_ADDRESS[status])).validate(answer.json_body)
        return
    methods = next((one for pattern, one in _paths() if pattern.fullmatch(path.partition("?")[0])), {})
    operation = methods.get(method.lower())
    if operation is None:
        return
    assert status in operation["responses"], f"{asked}, of which its route's declaration says nothing."
    described = operation["responses"][status]
    for name in described.get("headers", {}):
        assert name in answer.headers, f"{asked} without {name}."
    if "content" in described:
        _assert_body(asked, described["content"], answer)


def _assert_body(asked: str, content: Mapping[str, Any], answer: HTTPResponse) -> None:
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in content, f"{asked} with {media_type} instead of {', '.join(content)}."
    if "schema" in content[media_type]:
        _validator(json.dumps(content[media_type]["schema"])).validate(answer.json_body)
