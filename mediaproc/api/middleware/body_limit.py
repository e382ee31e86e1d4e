"""Request body limit. Video bytes never pass through the web app, so large bodies are mistakes or attacks.

Starlette's own limit answers in plain text; this one answers with a problem document.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LARGEST_BYTES = {"/api/": 2 * 1024**2, "/auth/": 16 * 1024}
"""Limits by path prefix, in bytes. Completing an upload of 10,000 parts takes half of the first."""


class BodyLimit:
    """Rejects a body that is too large, by its Content-Length or as soon as it exceeds the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        largest = _largest(scope)
        if largest is None:
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        read_bytes = int(announced) if announced.isdecimal() and int(announced) > largest else 0

        async def counted() -> Message:
            nonlocal read_bytes
            message = {} if read_bytes > largest else await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > largest:
                raise HTTPException(413, f"A request here has at most {largest} bytes")
            return message

        await self.app(scope, counted, send)


def _largest(scope: Scope) -> int | None:
    if scope["type"] != "http":
        return None
    return next((most for path, most in _LARGEST_BYTES.items() if scope["path"].startswith(path)), None)
