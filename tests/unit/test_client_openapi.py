"""The client has every route, parameter and field of the OpenAPI document, with the same types and enum values."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

from mediaproc.api.app import create_api
from mediaproc.client import AsyncClient, Client, models
from mediaproc.client.methods import listing, operation
from mediaproc.client.operations import Operations
from mediaproc.client.request import Listing, Repeat

BASE = "/api/v1"

WITHOUT_METHOD = {
    f"GET {BASE}/events": "`events`, which reads a stream",
    f"GET {BASE}/videos/{{id}}/events": "`events`, which reads a stream",
    f"POST {BASE}/auth/refresh": "the first refresh token comes as a cookie; programs use API keys",
    f"GET {BASE}/videos/{{id}}/dash/{{rendition}}/init.mp4": "players follow it from the DASH manifest",
    f"GET {BASE}/videos/{{id}}/dash/{{rendition}}/{{place}}.m4s": "players follow it from the DASH manifest",
    f"GET {BASE}/videos/{{id}}/dash/{{rendition}}.vtt": "players follow it from the DASH manifest",
    f"GET {BASE}/videos/{{id}}/hls/{{rendition}}/iframes.m3u8": "players follow it from the multivariant playlist",
    f"GET {BASE}/videos/{{id}}/hls/{{rendition}}/{{place}}.vtt": "players follow it from the media playlist",
    "GET /livez": "a probe for the operator",
    "GET /readyz": "a probe for the operator",
    "GET /api/problems/{code}": "documentation for people; ApiError has the problem document",
}
"""Routes that are no operation of the client, each with the reason."""

RESPONSES: dict[str, type[BaseModel]] = {
    "AttemptView": models.Attempt,
    "BegunUpload": models.NewUpload,
    "DeliveryView": models.Delivery,
    "ErrorView": models.ErrorDetail,
    "ImageView": models.Image,
    "JobSummary": models.JobSummary,
    "JobView": models.Job,
    "KeyView": models.ApiKey,
    "NewKeyView": models.NewApiKey,
    "NewWebhookView": models.NewWebhook,
    "OutlineView": models.Plan,
    "PartUrl": models.PartUrl,
    "Place": models.Place,
    "PlannedChunk": models.PlannedChunk,
    "PlannedRung": models.PlannedRung,
    "PlannedStep": models.PlannedStep,
    "PlaybackView": models.Playback,
    "PresetView": models.Preset,
    "PreviewView": models.Preview,
    "RenditionView": models.Rendition,
    "SignInView": models.Session,
    "SignedPartView": models.SignedPart,
    "TrackView": models.Track,
    "UploadView": models.Upload,
    "UploadedPartView": models.UploadedPart,
    "UserView": models.User,
    "VideoView": models.Video,
    "WebhookView": models.Webhook,
}
"""Schema of the API → model of the client."""

BODIES: dict[str, Any] = {
    "AskedAudio": models.AudioRecipe,
    "AskedCrop": models.CropRecipe,
    "AskedRung": models.RungRecipe,
    "AskedTrim": models.TrimRecipe,
    "AskedWatermark": models.WatermarkRecipe,
    "ChangedWebhook": models.WebhookChanges,
    "NewPreset": models.PresetRecipe,
    "SentPart": models.SentPart,
}
"""Schema of a request body → typed dictionary of the client."""

NAMES = {name: model.__name__ for name, model in {**RESPONSES, **BODIES}.items()}
WITHOUT_PARAMETER = {"token": "for players that have no API key", "CMCD": "for players that report to a CDN"}
OTHER_NAMES = {"q": "query"}
"""Parameter of the API → parameter of the method, where they differ."""

OPEN_ENUMS = {"Codec"}
"""Titles of fields whose values the client leaves to the server: a newer one may know more codecs."""

Document = dict[str, Any]


@cache
def document() -> Document:
    return create_api().openapi()


# Shapes: types of both sides, as text -----------------------------------------------------------------------


def shape_of_schema(schema: Mapping[str, Any], whole: Document) -> str:
    if "anyOf" in schema:
        return " | ".join(sorted(shape_of_schema(each, whole) for each in schema["anyOf"]))
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = whole["components"]["schemas"][name]
        return shape_of_schema(target, whole) if "enum" in target else NAMES.get(name, f"{name} (not in the client)")
    if schema.get("title") in OPEN_ENUMS:
        return "str"
    if "const" in schema or "enum" in schema:
        return _literal(schema.get("enum") or [schema["const"]])
    if schema["type"] == "array":
        return f"list[{shape_of_schema(schema['items'], whole)}]"
    plain = {"integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "dict", "string": "str"}
    return "datetime" if schema.get("format") == "date-time" else plain[schema["type"]]


def shape_of_type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        shapes = {shape_of_type(each) for each in arguments}
        words = any(each.startswith("Literal['") for each in shapes)  # `| str`: for values of newer servers
        return " | ".join(sorted(shapes - {"str"} if words else shapes))
    if origin is Literal:
        return _literal(arguments)
    if origin in {list, Sequence}:
        return f"list[{shape_of_type(arguments[0])}]"
    return "dict" if origin is dict else "None" if annotation is type(None) else annotation.__name__


def _literal(values: Sequence[Any]) -> str:
    return f"Literal[{', '.join(sorted(map(repr, values)))}]"


# Differences ------------------------------------------------------------------------------------------------


def differing_fields(whole: Document, schema: str, client: Mapping[str, Any], without: Sequence[str] = ()) -> list[str]:
    """Fields whose type differs, or that only one side has."""
    properties = whole["components"]["schemas"][schema].get("properties", {})
    api = {name: shape_of_schema(each, whole) for name, each in properties.items() if name not in without}
    ours = {name: shape_of_type(each) for name, each in client.items()}
    return [
        f"{schema}.{name}: {api.get(name, 'missing')} in the API, {ours.get(name, 'missing')} in the client"
        for name in sorted(api.keys() | ours.keys())
        if api.get(name) != ours.get(name)
    ]


def differing_models(whole: Document) -> Iterator[str]:
    """Differences between response models and their schemas. The client may require fewer fields."""
    for schema, model in RESPONSES.items():
        fields = {name: field.annotation for name, field in model.model_fields.items()}
        yield from differing_fields(whole, schema, fields)
        required = {name for name, field in model.model_fields.items() if field.is_required()}
        for name in required - set(whole["components"]["schemas"][schema].get("required", [])):
            yield f"{schema}.{name}: required by the client, optional in the API"


def differing_bodies(whole: Document) -> Iterator[str]:
    for schema, body in BODIES.items():
        without = ["name"] if schema == "NewPreset" else []  # a parameter of its own
        yield from differing_fields(whole, schema, get_type_hints(body), without)
        required = set(whole["components"]["schemas"][schema].get("required", [])) - set(without)
        if required != set(body.__required_keys__):
            yield f"{schema}: {required} required by the API, {set(body.__required_keys__)} by the client"


def differing_routes(whole: Document) -> Iterator[str]:
    api = {f"{method.upper()} {path}" for path, methods in whole["paths"].items() for method in methods}
    ours = set(operations())
    yield from (f"{route}: no method of the client" for route in api - ours - WITHOUT_METHOD.keys())
    yield from (f"{route}: not in the API" for route in (ours | WITHOUT_METHOD.keys()) - api)
    yield from (f"{route}: has a method, and a reason to have none" for route in ours & WITHOUT_METHOD.keys())


def differing_requests(whole: Document) -> Iterator[str]:
    for label, (name, member) in operations().items():
        described = _described(whole, label)
        if described is None:
            continue
        sent, hints = built(member), _parameters(member)
        parameters = [each for each in described.get("parameters", []) if each["in"] in {"path", "query"}]
        body = _body(described, whole)
        asked = ({each["name"] for each in parameters} | body.keys()) - WITHOUT_PARAMETER.keys()
        given = sent.path_values.keys() | sent.params.keys() | (sent.json or {}).keys()
        yield from (f"{name}: {each} is only in the API" for each in asked - given)
        yield from (f"{name}: {each} is only in the client" for each in given - asked)
        for each, schema in [(each["name"], each["schema"]) for each in parameters] + list(body.items()):
            hint = hints.get(OTHER_NAMES.get(str(each), str(each)))
            api, ours = _not_none(shape_of_schema(schema, whole)), hint and _not_none(shape_of_type(hint))
            if ours and api != ours:
                yield f"{name}: {each} is {api} in the API, {ours} in the client"
        keyed = any(each["name"] == "Idempotency-Key" for each in described.get("parameters", []))
        if keyed != (sent.repeat is Repeat.WITH_KEY):
            yield f"{name}: Idempotency-Key {'is' if keyed else 'is not'} in the API"


def differing_answers(whole: Document) -> Iterator[str]:
    for label, (name, member) in operations().items():
        described = _described(whole, label)
        if described is None:
            continue
        api, ours = _answer_of_api(described, whole), _answer_of(member)
        if api != ours:
            yield f"{name}: answers {api} in the API, {ours} in the client"


def differences(whole: Document) -> list[str]:
    finders: tuple[Callable[[Document], Iterator[str]], ...] = (
        differing_models, differing_bodies, differing_routes, differing_requests, differing_answers,
    )  # fmt: skip
    return sorted(found for finder in finders for found in finder(whole))


# Operations of the client -----------------------------------------------------------------------------------


@cache
def operations() -> dict[str, tuple[str, Any]]:
    """Route, such as `GET /api/v1/videos/{id}` → name of the method, and its builder."""
    members = {name: getattr(Operations, name) for name in dir(Operations)}
    found = {name: each for name, each in members.items() if isinstance(each, operation | listing)}
    routes = {name: built(each) for name, each in found.items()}
    return {f"{routes[name].method} {BASE}{routes[name].route}": (name, each) for name, each in found.items()}


def built(member: Any) -> Any:
    """The request that a method would send, with a value for each of its parameters."""
    values = {name: _example(hint) for name, hint in _parameters(member).items()}
    sent = member.request(**values)
    return sent.page("cursor") if isinstance(sent, Listing) else sent


def _parameters(member: Any) -> dict[str, Any]:
    """Types by parameter. Those of `**recipe: Unpack[PresetRecipe]` are parameters too."""
    hints = get_type_hints(member._build)
    del hints["return"]
    for name, hint in list(hints.items()):
        if name in {"recipe", "changes"}:
            del hints[name]
            hints |= get_type_hints(get_args(hint)[0])
    return hints


def _example(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _example(next(each for each in arguments if each is not type(None)))
    if origin is Literal:
        return arguments[0]
    if origin in {list, Sequence}:
        return [_example(arguments[0])]
    examples = {str: "x", int: 1, float: 1.0, bool: True, bytes: b"x", datetime: datetime(2026, 1, 1, tzinfo=UTC)}
    return examples.get(hint, {})


def _answer_of(member: Any) -> str:
    (answer,) = get_args(get_type_hints(member._build)["return"])
    if isinstance(member, listing):
        return f"list[{answer.__name__}]"
    return {"None": "nothing", "str": "text", "bytes": "bytes"}.get(shape_of_type(answer), shape_of_type(answer))


# The document -----------------------------------------------------------------------------------------------


def _described(whole: Document, label: str) -> Any:
    method, path = label.split()
    return whole["paths"].get(path, {}).get(method.lower())


def _body(described: Mapping[str, Any], whole: Document) -> dict[str, Any]:
    """Fields of the JSON body; empty for none. An open schema has the fields of `NewPreset`."""
    schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return {}
    (reference,) = [each["$ref"] for each in schema.get("anyOf", [schema]) if "$ref" in each]
    name = reference.rpartition("/")[2]
    if name == "PresetChange":
        return {field: each for field, each in _properties("NewPreset", whole).items() if field != "name"}
    return _properties(name, whole)


def _properties(name: str, whole: Document) -> dict[str, Any]:
    return whole["components"]["schemas"][name]["properties"]


def _answer_of_api(described: Mapping[str, Any], whole: Document) -> str:
    status, response = min((status, each) for status, each in described["responses"].items() if status < "4")
    content = response.get("content", {})
    if "application/json" not in content:
        redirect_or_text = status == "302" or any("png" not in each for each in content)
        return "text" if redirect_or_text else "bytes" if content else "nothing"
    schema = content["application/json"]["schema"]
    fields = _properties(schema["$ref"].rpartition("/")[2], whole)
    if fields.keys() in ({"items", "next_cursor"}, {"parts"}):
        return shape_of_schema(fields.get("items") or fields["parts"], whole)
    return shape_of_schema(schema, whole)


def _not_none(shape: str) -> str:
    """A parameter that is left out may be None on either side."""
    return " | ".join(each for each in shape.split(" | ") if each != "None")


# Tests ------------------------------------------------------------------------------------------------------


def test_the_client_and_the_api_agree() -> None:
    assert differences(document()) == []


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_both_clients_have_every_operation(client: type) -> None:
    assert all(getattr(client, name) is member for name, member in operations().values())
    assert {"upload", "download", "events", "wait", "sign_in"} <= set(dir(client))


@pytest.mark.parametrize("schema", sorted(RESPONSES) + sorted(BODIES))
def test_a_field_that_only_the_api_has_is_noticed(schema: str) -> None:
    changed = copy.deepcopy(document())
    changed["components"]["schemas"][schema]["properties"]["brand_new"] = {"type": "string"}
    assert any(each.startswith(f"{schema}.brand_new") for each in differences(changed))


@pytest.mark.parametrize(
    ("schema", "field", "new"),
    [
        ("VideoView", "progress", {"type": "integer"}),
        ("VideoView", "progress", {"anyOf": [{"type": "number"}, {"type": "null"}]}),
        ("VideoView", "poster_url", {"type": "string"}),
        ("VideoView", "created_at", {"type": "string"}),
        ("TrackView", "kind", {"type": "string", "enum": ["audio", "subtitles", "chapters"]}),
        ("NewPreset", "rotate", {"type": "integer", "enum": [0, 90]}),
    ],
)
def test_a_type_that_changes_is_noticed(schema: str, field: str, new: Any) -> None:
    changed = copy.deepcopy(document())
    changed["components"]["schemas"][schema]["properties"][field] = new
    assert any(each.startswith(f"{schema}.{field}") for each in differences(changed))


def test_an_enum_value_that_only_the_api_has_is_noticed() -> None:
    changed = copy.deepcopy(document())
    changed["components"]["schemas"]["VideoStatus"]["enum"].append("paused")
    found = differences(changed)
    assert any(each.startswith("VideoView.status") for each in found)
    assert any(each.startswith("videos: status") for each in found)


def test_routes_parameters_and_answers_that_only_the_api_has_are_noticed() -> None:
    changed = copy.deepcopy(document())
    paths = changed["paths"]
    paths[f"{BASE}/imports"] = {"post": {"responses": {"201": {}}}}
    paths[f"{BASE}/videos"]["get"]["parameters"].append({"in": "query", "name": "team", "schema": {"type": "string"}})
    changed["components"]["schemas"]["Change"]["properties"]["tags"] = {"type": "string"}
    paths[f"{BASE}/videos/{{id}}/cancel"]["post"]["responses"]["202"]["content"] = {}
    assert differences(changed) == [
        "POST /api/v1/imports: no method of the client",
        "cancel: answers nothing in the API, Video in the client",
        "update: tags is only in the API",
        "videos: team is only in the API",
    ]
