"""API reference, from the OpenAPI document of the app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from docs_build.markdown import code, table
from mediaproc.api.app import create_api

Schema = dict[str, Any]


def operations(tag: str) -> str:
    """A section for each operation with this tag: parameters, request body, responses."""
    found = [
        _operation(method.upper(), path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]
    if not found:
        raise KeyError(tag)
    return "\n\n".join(found)


def objects() -> str:
    """A section for each schema: its fields, or its values."""
    return "\n\n".join(_object(name, schema) for name, schema in sorted(document()["components"]["schemas"].items()))


@cache
def document() -> Schema:
    """The OpenAPI document, without starting anything."""
    return create_api().openapi()


def tags() -> list[str]:
    """The tags of the document, in its order."""
    return [each["name"] for each in document()["tags"]]


def type_of(schema: Schema) -> str:
    """A schema in a few words, with links to the objects that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](objects.md#{name.lower()})"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(map(type_of, options)))
    if "const" in schema or "enum" in schema:
        return ", ".join(code(each) for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"array of {type_of(schema.get('items', {}))}"
    return _plain_type(schema)


def _plain_type(schema: Schema) -> str:
    name = schema.get("type", "any")
    return f"{name} ({schema['format']})" if "format" in schema else str(name)


def _operation(method: str, path: str, operation: Schema) -> str:
    parts = [
        f"## {method} {path} {{ #{operation['operationId'].replace('_', '-')} }}",
        operation.get("description", ""),
    ]
    return "\n\n".join(filter(None, [*parts, *_parameters(operation), *_request(operation), *_responses(operation)]))


def _parameters(operation: Schema) -> Iterator[str]:
    if parameters := operation.get("parameters"):
        rows = (
            (code(each["name"]), each["in"], type_of(each["schema"]), each.get("description", ""))
            for each in parameters
        )
        yield table(("Parameter", "In", "Type", "Description"), rows)


def _request(operation: Schema) -> Iterator[str]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Request body: {type_of(content['schema'])} ({code(media_type)})"


def _responses(operation: Schema) -> Iterator[str]:
    responses: Schema = operation["responses"]
    rows = ((code(status), _answer(response)) for status, response in responses.items() if status < "4")
    yield table(("Status", "Response"), rows)
    if errors := [status for status in responses if "4" <= status < "6"]:
        yield f"Errors: {', '.join(map(code, errors))}, each a [Problem](objects.md#problem)."


def _answer(response: Schema) -> str:
    contents = (
        f"{type_of(content['schema'])} ({code(media_type)})" if content.get("schema") else code(media_type)
        for media_type, content in response.get("content", {}).items()
    )
    return ", ".join(contents) or response["description"]


def _object(name: str, schema: Schema) -> str:
    parts = [f"## {name}", schema.get("description", "")]
    if "properties" in schema:
        rows = _fields(schema["properties"], schema.get("required", ()))
        return "\n\n".join(filter(None, [*parts, table(("Field", "Type", "Description"), rows)]))
    return "\n\n".join(filter(None, [*parts, f"One of {type_of(schema)}."]))


def _fields(properties: Schema, required: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    always = set(required)
    for name, schema in properties.items():
        yield code(name), type_of(schema), f"{schema.get('description', '')} {_default(schema, name in always)}"


def _default(schema: Schema, required: bool) -> str:
    if required or schema.get("default") in (None, "", []):
        return ""
    return f"Default: {code(schema['default'])}."
