"""The OpenAPI document: FastAPI's own, with problems under their media type and the conventions in words."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from mediaproc.api.middleware import etag
from mediaproc.api.problems import MEDIA_TYPE

DESCRIPTION = """
Videos in, streams and files out.

**Signing in.** `Authorization: Bearer <access token or API key>`, or the HttpOnly cookie of the page;
with the cookie, a request that changes something needs an `Origin` header that is ours. An access token lives for
minutes: `POST /auth/refresh` exchanges the refresh token, which comes as the cookie `mp_refresh`, for new ones. It is
good for one use; using it twice ends the whole session.

**Scopes.** An API key may do what it was made for; else the answer is 403 `insufficient_scope`. GET takes
`videos:read`, everything that changes something `videos:write`, all about webhooks `webhooks:write`, managing keys
`admin`, which holds all others. Writing does not hold reading. A person who has signed in may do everything. A key
that has expired or was revoked is 401.

**Errors** are `application/problem+json` (RFC 9457). Decide by `code`. What belongs to someone else is 404.

**Lists** are newest first. Go on with `?cursor=` and the `next_cursor` of the page before, until it is null. Pages
stay stable while videos are added.

**ETag** comes with every JSON that a GET reads. Sent back as `If-None-Match`, it gets 304 without a body where nothing
has changed. Answers are `private, no-cache`: keep them for the same caller only, and ask each time.

**Idempotency-Key** (1 to 255 visible characters) on a POST that creates makes it safe to send again for 24 hours: the
same body gets the same answer (addresses in it may have expired; ask for fresh ones), another body gets 409. Errors
are not remembered. `POST /auth/register`, `POST /api-keys`, `POST /webhooks` and `…/rotate-secret` take none: their
answers hold secrets that are not kept.

**Limits.** A session or API key may make so many requests a minute (1,200, unless the operator says otherwise); each
answer tells `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds). Beyond that it is 429
`too_many_requests` with `Retry-After`.

Ids are UUIDs of version 7. Times are RFC 3339 in UTC. `X-Request-ID` comes with every answer and stands in the log.
""".strip()

TAGS = [
    {"name": "accounts", "description": "Register, sign in, stay signed in."},
    {"name": "uploads", "description": "From the client straight to S3, in parts that may be sent side by side."},
    {"name": "videos", "description": "The library."},
    {"name": "playback", "description": "HLS playlists and DASH manifests that work in a plain player."},
    {"name": "events", "description": "Server-Sent Events: what happens, as it happens."},
    {"name": "presets", "description": "How videos are processed."},
    {"name": "webhooks", "description": "Your own server is told, signed after Standard Webhooks."},
    {"name": "API keys", "description": "How programs call without a person's password."},
    {"name": "problems", "description": "What the code of an error means."},
    {"name": "operations", "description": "Health."},
]


def install(app: FastAPI) -> None:
    """Let the app give out the corrected document."""
    plain = app.openapi

    def corrected() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _correct(plain())
        return app.openapi_schema

    app.openapi = corrected


def _correct(document: dict[str, Any]) -> dict[str, Any]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _correct_responses(operation["responses"])
            if method == "get" and etag.PATH.match(path):
                _add_etag(operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def _add_etag(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    read = responses.get("200", {})
    if etag.MEDIA_TYPE not in read.get("content", {}):
        return
    tag = {"description": "A digest of this answer.", "schema": {"type": "string"}}
    read["headers"] = {"ETag": tag}
    responses["304"] = {"description": "Nothing has changed since that ETag", "headers": {"ETag": tag}}
    about = "The ETag of an answer that one has: 304 if it would be the same."
    asked = {"name": "If-None-Match", "in": "header", "description": about, "schema": {"type": "string"}}
    operation.setdefault("parameters", []).append({**asked, "required": False})


def _correct_responses(responses: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": schema}}
            response["description"] = response["description"].replace("Validation Error", "Unprocessable Content")
    responses["default"] = {"description": "Any other problem", "content": {MEDIA_TYPE: {"schema": schema}}}
