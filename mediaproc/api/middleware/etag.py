"""ETag and If-None-Match: answers 304 if the client already has the current response.

The validator is a digest of the body, so it is strong and needs no version column. The body is still computed; only the
transfer is saved. Responses may be stored privately but must be revalidated.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = re.compile(r"^/api/v1/")
MEDIA_TYPE = "application/json"
_TAG = re.compile(r'(?:W/)?("[^"]*")')


class ETags:
    """Adds an ETag to JSON responses to GET. Streams, playlists and redirects pass through unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not PATH.match(scope["path"]):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def mark(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_read(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await _answer(start, bytes(body), asked=Headers(scope=scope).getlist("if-none-match"), send=send)

        await self.app(scope, receive, mark)


def of(body: bytes) -> str:
    """ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def names(asked: list[str], tag: str) -> bool:
    """Return whether an If-None-Match header matches `tag`, or is `*`. A proxy may have made it weak."""
    said = ",".join(asked)
    return said.strip() == "*" or tag in _TAG.findall(said)


async def _answer(start: Message, body: bytes, *, asked: list[str], send: Send) -> None:
    tag = of(body)
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["ETag"] = tag
    headers.setdefault("Cache-Control", "private, no-cache")
    for name in ("Authorization", "Cookie"):
        headers.add_vary_header(name)
    if not names(asked, tag):
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})
        return
    for name in ("Content-Length", "Content-Type"):
        del headers[name]
    await send({**start, "status": 304, "headers": headers.raw})
    await send({"type": "http.response.body", "body": b""})


def _is_read(start: Any) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type") == MEDIA_TYPE
