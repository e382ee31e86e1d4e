"""Security headers: content security policy, framing, MIME sniffing, referrers and caching."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc.api.middleware import paths
from mediaproc.settings import settings

_DOCS_PATH = re.compile(r"^/api/docs(/|$)")
_NO_DEVICES = ", ".join(f"{each}=()" for each in ("camera", "geolocation", "microphone", "payment", "usb"))
_NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'"
_DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)
"""Policy for Swagger UI. It is served from here, not from a CDN, since it runs on the cookies' origin; its start is
an inline script.
"""


class SecurityHeaders:
    """Adds security headers, and keeps API responses out of caches unless the route sets Cache-Control."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, add_headers)


def security_headers(path: str) -> dict[str, str]:
    """Headers for a response at `path`. A header set by the route wins."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": _NO_DEVICES,
    }
    if settings().secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if not paths.API.match(path):
        return headers
    headers |= {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    headers["Content-Security-Policy"] = _DOCS_POLICY if _DOCS_PATH.match(path) else _NOTHING_RUNS
    if not paths.PLAYLIST.match(path):
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return headers
