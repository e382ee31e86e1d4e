"""Response handoff: lets an endless response continue after the app around it has returned.

Otherwise a waiting client keeps alive every frame, exit stack and request object of the framework: 20 of 30 KiB per
client, measured. The response begins within the app, so that headers, log line and errors are the app's. The rest runs
here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

Rest = Callable[[Receive, Send], Awaitable[None]]

_KEY = "mediaproc.rest"


class ResponseHandoff:
    """Outermost middleware. Continues responses that routes hand off."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        left: list[Rest] = []
        await self.app({**scope, _KEY: left}, receive, send)
        for rest in left:
            await rest(receive, send)


def leave(scope: MutableMapping[str, Any], rest: Rest) -> bool:
    """Hand the rest of a response to `Handover`. Returns False if there is none, as in a test."""
    left: list[Rest] | None = scope.get(_KEY)
    if left is None:
        return False
    left.append(rest)
    return True
