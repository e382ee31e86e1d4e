"""OpenAPI document: FastAPI's own, with problem responses under their media type and the conventions as text."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from mediaproc.api.middleware import etag
from mediaproc.api.problems import MEDIA_TYPE

DESCRIPTION = """
Video processing: upload sources, get streams and files.

**Authentication.** Send `Authorization: Bearer <access token or API key>`, or the web app's HttpOnly cookie. With the
cookie, unsafe methods also need an `Origin` header of this app. Access tokens are valid for minutes.
`POST /auth/refresh` exchanges the refresh token (cookie `mp_refresh`) for new tokens. A refresh token can be used once;
reusing it ends the session.

**Scopes.** An API key is limited to its scopes; anything else is 403 `insufficient_scope`. GET needs `videos:read`,
changes need `videos:write`, everything about webhooks needs `webhooks:write`, and managing keys needs `admin`, which
includes all others. `videos:write` does not include `videos:read`. A signed-in user has every scope. An expired or
revoked key is 401.

**Errors** are `application/problem+json` (RFC 9457). Programs should check `code`. Resources of other teams are 404.

**Lists** are sorted newest first. Pass `next_cursor` as `?cursor=` to get the next page, until it is null. Pages stay
stable while items are added.

**ETag** is sent with every JSON response to GET. Sent back as `If-None-Match`, an unchanged resource is 304 without a
body. Responses are `private, no-cache`: store them per caller and revalidate on each use.

**Idempotency-Key** (1 to 255 visible characters) on a POST that creates something makes it safe to repeat for 24
hours: the same body gets the same answer (URLs in it may have expired; request new ones), a different body gets 409.
Errors are not stored. `POST /auth/register`, `POST /api-keys`, `POST /webhooks` and `…/rotate-secret` accept no key:
their answers contain secrets that are not stored.

**Rate limits.** Each session and API key has a number of requests per minute (1,200 by default). Every response has
`RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds). Above the limit: 429 `too_many_requests` with
`Retry-After`.

Ids are UUIDs of version 7. Times are RFC 3339 in UTC. Every response has an `X-Request-ID`, which the log contains too.
""".strip()

TAGS = [
    {"name": "accounts", "description": "Registration, sign-in and sessions."},
    {"name": "uploads", "description": "Multipart uploads from the client straight to S3."},
    {"name": "videos", "description": "The library."},
    {"name": "playback", "description": "HLS playlists and DASH manifests for any player."},
    {"name": "events", "description": "Live updates as Server-Sent Events."},
    {"name": "presets", "description": "Processing presets."},
    {"name": "webhooks", "description": "Signed notifications to your server (Standard Webhooks)."},
    {"name": "API keys", "description": "Access for programs, without a password."},
    {"name": "problems", "description": "Documentation of error codes."},
    {"name": "operations", "description": "Health probes."},
]

LICENSE = {"name": "MIT License", "identifier": "MIT"}
CONTACT = {"name": "The operator of this server"}
SERVERS = [{"url": "/", "description": "This server"}]

_SIGNED_IN = ({"bearer": []}, {"cookie": []})
_PLAYBACK_TOKEN = {
    "type": "apiKey",
    "in": "query",
    "name": "token",
    "description": "The token of a playback URL, as in `hls_url`.",
}

_PARAMETERS = {
    "id": "Its id.",
    "delivery_id": "Id of the delivery.",
    "rendition": "Name of the rendition.",
    "place": "Index of the segment, from 0.",
    "name": "Name of the preset.",
    "code": "The error code.",
    "limit": "Items per page.",
}
"""Descriptions of parameters that a route does not describe itself."""


def install(app: FastAPI) -> None:
    """Make the app serve the corrected document."""
    plain = app.openapi

    def corrected() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _correct(plain())
        return app.openapi_schema

    app.openapi = corrected


def _correct(document: dict[str, Any]) -> dict[str, Any]:
    document["components"]["securitySchemes"]["playback"] = _PLAYBACK_TOKEN
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _correct_responses(operation["responses"])
            operation["security"] = _security(operation)
            _describe_parameters(operation)
            if method == "get" and etag.PATH.match(path):
                _add_etag(operation)
    for operations in document["webhooks"].values():
        for operation in operations.values():
            operation["security"] = []
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def _describe_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in _PARAMETERS:
            parameter.setdefault("description", _PARAMETERS[parameter["name"]])


def _security(operation: dict[str, Any]) -> list[dict[str, list[str]]]:
    """Credentials of a request: none on an open route; for playback a token does, too."""
    if "security" not in operation:
        return []
    if "playback" in operation["tags"]:
        return [*_SIGNED_IN, {"playback": []}]
    return [*_SIGNED_IN, {}] if operation["operationId"] == "logout" else [*_SIGNED_IN]


def _add_etag(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    read = responses.get("200", {})
    if etag.MEDIA_TYPE not in read.get("content", {}):
        return
    tag = {"description": "Digest of the response body.", "schema": {"type": "string"}}
    read["headers"] = {"ETag": tag}
    responses["304"] = {"description": "Not modified", "headers": {"ETag": tag}}
    about = "ETag of a stored response. 304 if it is still current."
    asked = {"name": "If-None-Match", "in": "header", "description": about, "schema": {"type": "string"}}
    operation.setdefault("parameters", []).append({**asked, "required": False})


def _correct_responses(responses: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": schema}}
            response["description"] = response["description"].replace("Validation Error", "Unprocessable Content")
    responses["default"] = {"description": "Any other problem", "content": {MEDIA_TYPE: {"schema": schema}}}
