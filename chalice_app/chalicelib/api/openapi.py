"""The API's description, OpenAPI 3.1, made from the routes, what they declare, and their models."""

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from chalice.app import RouteEntry
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.api.operations import Credential, NoContent, Operation
from chalicelib.api.problems import PROBLEM_TYPE, Problem, ProblemKind, kind_of, kinds_of_any_route
from chalicelib.api.requests import MOVIE_ID_TEXT, REFRESH_COOKIE
from chalicelib.api.responses import JSON_TYPE
from chalicelib.api.routing import operation_of

VERSION = "1.0.0"

Json = dict[str, Any]
References = Mapping[object, Json]
"""How to refer to the schema of each model."""
Routes = Mapping[str, Mapping[str, RouteEntry]]

_ABOUT = """\
Films, ratings and suggestions.

**Who is asking.** Sign up or log in for an access token, send it as `Authorization: Bearer …`, and trade
the refresh cookie for a new one when it has expired.

**Lists** come in pages: as long as an answer has a `next_cursor`, ask again with it as `cursor` and all else
unchanged. A list that has changed in the meantime answers 410; start it again from its beginning.

**Parameters** that are empty count as not given, unknown ones are ignored, and of one given twice the last
counts.

**Problems** are `application/problem+json` (RFC 9457). Each kind has a `type` that never changes, and a
`detail` for people. Any address may also answer 405 and 500. `PUT` and `DELETE` may be repeated without harm.

**Caches.** What is the same for everybody carries an `ETag` and may be kept for as long as `Cache-Control`
says; all else is `no-store`.

**Times** are milliseconds since 1970, UTC.
"""

_PATH_PARAMETERS: Mapping[str, Json] = {
    "movie_id": {
        "description": "The film's IMDb number, with or without `tt`.",
        "schema": MOVIE_ID_TEXT,
        "example": "tt0114709",
    }
}
_HEADERS: Mapping[str, Json] = {
    "ETag": {"description": "Changes when the answer does.", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "How long caches may keep it.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "In how many seconds to try again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {"description": "That an access token is needed.", "schema": {"type": "string"}},
}
_HEADERS_OF_PROBLEMS = {
    HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
    HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
}


class _Schemas(GenerateJsonSchema):
    """Without a title for each field: it would only say the field's name again."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False


def describe(routes: Routes, base_path: str) -> Json:
    """The description of all routes that were registered with `route`, served below `base_path`."""
    declared = [
        (path, method, operation)
        for path, methods in sorted(routes.items())
        for method, entry in sorted(methods.items())
        if (operation := operation_of(entry.view_function))
    ]
    names, schemas = _schemas(operation for _, _, operation in declared)
    paths: dict[str, Json] = {}
    for path, method, operation in declared:
        paths.setdefault(path, {})[method.lower()] = _operation(path, method, operation, names)
    kinds = {
        kind.name: kind for path, _, operation in declared for kind in map(kind_of, operation.problems(path))
    } | {kind.name: kind for kind in kinds_of_any_route()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Movie recommender", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": base_path or "/"}],
        "tags": _tags(operation for _, _, operation in declared),
        "paths": paths,
        "components": {
            "schemas": schemas | {name: _problem_schema(kind) for name, kind in sorted(kinds.items())},
            "headers": {name: {**header, "required": True} for name, header in _HEADERS.items()},
            "parameters": {
                "IfNoneMatch": {
                    "name": "If-None-Match",
                    "in": "header",
                    "description": "The `ETag` of the answer that the caller has.",
                    "schema": {"type": "string"},
                }
            },
            "securitySchemes": {
                Credential.ACCESS_TOKEN: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                Credential.REFRESH_COOKIE: {"type": "apiKey", "in": "cookie", "name": REFRESH_COOKIE},
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[References, Json]:
    """References to the models of bodies and answers, and all schemas by name."""
    bodies: dict[type[BaseModel], None] = {}
    answers: dict[type[BaseModel], None] = {Problem: None}
    for operation in operations:
        if isinstance(operation.body, type):
            bodies[operation.body] = None
        if isinstance(operation.answers, type) and operation.answers is not NoContent:
            answers[operation.answers] = None
    references, whole = models_json_schema(
        [(one, "validation") for one in bodies] + [(one, "serialization") for one in answers],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    return {model: reference for (model, _), reference in references.items()}, whole["$defs"]


def _tags(operations: Iterable[Operation]) -> list[Json]:
    """A tag for each module of views, described by the module's own docstring."""
    modules = {operation.view.__module__: None for operation in operations}
    return [{"name": _tag(name), "description": inspect.getdoc(sys.modules[name])} for name in modules]


def _tag(module: str) -> str:
    return module.rpartition(".")[2]


def _operation(path: str, method: str, operation: Operation, names: References) -> Json:
    summary, _, description = (inspect.getdoc(operation.view) or "").partition("\n\n")
    name = operation.view.__name__
    problems = list(map(kind_of, operation.problems(path)))
    described: Json = {
        "operationId": f"{name}_head" if method == "HEAD" else name,
        "tags": [_tag(operation.view.__module__)],
        "summary": summary.replace("\n", " ").removesuffix("."),
    }
    if description:
        described["description"] = description
    parameters = list(_parameters(path, operation))
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        body = operation.body
        content = {one: {} for one in body} if isinstance(body, tuple) else _content(body, names)
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = {
        str(operation.status): _good_answer(operation, names, with_body=method != "HEAD"),
        **({"304": _answer("The caller has this answer already.", ["ETag"])} if operation.cached else {}),
        **_problem_answers(problems, with_body=method != "HEAD"),
    }
    if operation.needs:
        described["security"] = [{operation.needs: []}]
        if not any(kind.status == HTTPStatus.UNAUTHORIZED for kind in problems):
            described["security"].append({})  # goes without, too
    return described


def _parameters(path: str, operation: Operation) -> Iterator[Json]:
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            known = _PATH_PARAMETERS.get(name, {"schema": {"type": "string"}})
            yield {"name": name, "in": "path", "required": True, **known}
    if operation.query:
        yield from _query_parameters(operation.query)
    if operation.cached:
        yield {"$ref": "#/components/parameters/IfNoneMatch"}


def _query_parameters(form: type[BaseModel]) -> Iterator[Json]:
    schema = form.model_json_schema(schema_generator=_Schemas)
    definitions = schema.get("$defs", {})
    for name, field in schema["properties"].items():
        whole = _of_query(field, definitions)
        description = whole.pop("description", None)
        described: Json = {"name": name, "in": "query", "schema": whole}
        if name in schema.get("required", ()):
            described["required"] = True
        if description:
            described["description"] = description
        if whole.get("type") == "array":
            described |= {"style": "form", "explode": False}
        yield described


def _of_query(field: Json, definitions: Json) -> Json:
    """A parameter's schema, whole: null only says that it may be left out, and so does an empty default."""
    kinds = [one for one in field.pop("anyOf", []) if one.get("type") != "null"]
    merged: Json = {**field, **(kinds[0] if kinds else {})}
    if "$ref" in merged:
        merged = definitions[merged.pop("$ref").rpartition("/")[2]] | merged
        merged.pop("title")
    if merged.get("default") in (None, "", []):
        merged.pop("default", None)
    return merged


def _content(form: type[BaseModel] | str, names: References) -> Json:
    return {form: {}} if isinstance(form, str) else {JSON_TYPE: {"schema": names[form]}}


def _good_answer(operation: Operation, names: References, *, with_body: bool) -> Json:
    answers = operation.answers
    headers = ["ETag", "Cache-Control"] if operation.cached else []
    if answers is None or answers is NoContent:
        return _answer("Done.", headers)
    content = _content(answers, names) | ({operation.or_as: {}} if operation.or_as else {})
    return _answer("As asked for.", headers, content if with_body else None)


def _problem_answers(problems: Iterable[ProblemKind], *, with_body: bool) -> Json:
    """One answer for each status, naming every kind of problem that it stands for."""
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in problems:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        str(status): _answer(
            " ".join(kind.meaning for kind in kinds),
            [header] if (header := _HEADERS_OF_PROBLEMS.get(HTTPStatus(status))) else [],
            {PROBLEM_TYPE: {"schema": _one_of([_reference(kind.name) for kind in kinds])}}
            if with_body
            else None,
        )
        for status, kinds in by_status.items()
    }


def _answer(description: str, headers: Iterable[str], content: Json | None = None) -> Json:
    described: Json = {"description": description}
    if headers:
        described["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    if content:
        described["content"] = content
    return described


def _one_of(schemas: list[Json]) -> Json:
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _problem_schema(kind: ProblemKind) -> Json:
    return {
        "title": kind.title,
        "description": kind.meaning,
        "allOf": [_reference(Problem.__name__)],
        "properties": {"type": {"const": kind.type}, "status": {"const": kind.status}},
    }
