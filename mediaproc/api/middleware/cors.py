"""CORS: the app's own origins with cookies; playlists for every origin, without."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mediaproc.api.middleware import paths
from mediaproc.settings import settings

_REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-ID",
)
_RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


class Cors:
    """Answers preflights and adds CORS headers, by exact origin."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.everybody = CORSMiddleware(app, allow_origins=["*"], allow_methods=["GET", "HEAD"], allow_headers=["*"])
        self.ours = CORSMiddleware(
            app,
            allow_origins=settings().origins,
            allow_methods=["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=_REQUEST_HEADERS,
            allow_credentials=True,
            expose_headers=["ETag", "X-Request-ID", "Retry-After", "Location", *_RATE_HEADERS],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif paths.PLAYLIST.match(scope["path"]):
            await self.everybody(scope, receive, send)
        else:
            await self.ours(scope, receive, send)
