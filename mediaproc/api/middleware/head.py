"""HEAD for every GET route of the API, as download managers and players send it first.

Event streams are excluded: they would never end.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PATH = re.compile(r"^/(api|livez$|readyz$)(?!.*/events$)|^/videos/[^/]+/(hls|dash)/")


class HeadRequests:
    """Routes HEAD as GET and drops the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = as_get(scope) if scope["type"] == "http" else scope
        if asked is scope:
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self.app(asked, receive, without_body)


def as_get(scope: Scope) -> Scope:
    """The same request as GET if it is a HEAD that GET can answer; otherwise the request itself."""
    if scope["method"] != "HEAD" or not _PATH.match(scope["path"]):
        return scope
    scope.setdefault("state", {})["head"] = True
    return {**scope, "method": "GET"}


def is_head(request: Request) -> bool:
    """Return whether the request was a HEAD."""
    return getattr(request.state, "head", False)
