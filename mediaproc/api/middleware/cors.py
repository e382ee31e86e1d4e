"""CORS: the app's own origins with cookies; playback addresses for every other origin too, without.

It is the only CORS layer of the process: `mediaproc.app` takes away those that Reflex would add around it.
"""

from __future__ import annotations

from starlette.datastructures import Headers
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


_READ = ("GET", "HEAD")
_PLAYBACK_HEADERS = ("Content-Length", "Content-Range", "Retry-After", "X-Request-ID")


class Cors:
    """Answers preflights and adds CORS headers, by exact origin.

    Players may send any header to a playback address, such as Range or those of CMCD (CTA-5004).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.origins = frozenset(settings().origins)
        self.players = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=_READ, allow_headers=["*"], expose_headers=_PLAYBACK_HEADERS
        )
        self.our_players = CORSMiddleware(
            app,
            allow_origins=settings().origins,
            allow_methods=_READ,
            allow_headers=["*"],
            allow_credentials=True,
            expose_headers=_PLAYBACK_HEADERS,
        )
        self.ours = CORSMiddleware(
            app,
            allow_origins=settings().origins,
            allow_methods=["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=_REQUEST_HEADERS,
            allow_credentials=True,
            expose_headers=["ETag", "X-Request-ID", "Retry-After", "Location", *_RATE_HEADERS],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._layer(scope)(scope, receive, send)

    def _layer(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self.app
        if not paths.PLAYLIST.match(scope["path"]):
            return self.ours
        return self.our_players if Headers(scope=scope).get("origin") in self.origins else self.players
