"""What surrounds every request: its id and log line, headers that protect, and who may call from another origin.

Plain ASGI: Starlette's BaseHTTPMiddleware would hold back streams.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc import logs
from mediaproc.api import problems
from mediaproc.api.addresses import client_address
from mediaproc.api.counted import Counted
from mediaproc.api.etags import Etags
from mediaproc.api.handover import Handover
from mediaproc.api.heads import Heads
from mediaproc.api.limits import BodyLimit
from mediaproc.settings import settings

log = logs.get_logger("mediaproc.access")

_API_PATH = re.compile(r"^/(api|auth|livez|readyz|metrics)(/|$)|^/videos/[^/]+/(events$|hls/|dash/)")
_PLAYLIST_PATH = re.compile(r"^(/api/v1)?/videos/[^/]+/(hls|dash)/")
_DOCS_PATH = re.compile(r"^/api/docs(/|$)")
_NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'"
_DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)
"""Swagger UI is served from here, not from a CDN: it runs where our cookies are. Its start is an inline script."""

_REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-ID",
)
_RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

_QUIET_PATH = re.compile(r"^/(livez|readyz|metrics|_event|_upload|assets)(/|$)")


def install(app: FastAPI) -> None:
    """Put the middleware around the app; the last one added is the outermost, and sees the answer for a surprise."""
    app.add_middleware(Etags)
    app.add_middleware(Counted)  # outside of Etags, which answers 304
    app.add_middleware(Heads)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLog)
    app.add_middleware(Cors)
    app.add_middleware(ProtectingHeaders)
    app.add_middleware(Handover)


class RequestLog:
    """Gives the request an id, writes one line when it is done, and answers for errors that nobody expected.

    The line has no query string: tokens and signatures stand there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._logged(scope, receive, send, request_id)

    async def _logged(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update({"X-Request-ID": request_id, **_allowance_headers(scope)})
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, watch)
        except Exception:
            log.exception("unexpected_error", path=scope["path"])
            if status:
                raise
            await problems.of_surprise()(scope, receive, watch)
        finally:
            _write_line(scope, status, time.perf_counter() - started)


class ProtectingHeaders:
    """Adds the headers that protect a browser, and keeps answers of the API out of caches unless they say more."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def protect(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in protecting_headers(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, protect)


class Cors:
    """Exactly our own origins, with cookies; playlists for everybody, without."""

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
        elif _PLAYLIST_PATH.match(scope["path"]):
            await self.everybody(scope, receive, send)
        else:
            await self.ours(scope, receive, send)


def protecting_headers(path: str) -> dict[str, str]:
    """The headers for an answer at this path, where it has none of its own."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
    if settings().secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if not _API_PATH.match(path):
        return headers
    headers |= {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    headers["Content-Security-Policy"] = _DOCS_POLICY if _DOCS_PATH.match(path) else _NOTHING_RUNS
    if not _PLAYLIST_PATH.match(path):
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return headers


def _request_id(scope: Scope) -> str:
    """The caller's own id if it is harmless, else a new one."""
    given = Headers(scope=scope).get("X-Request-ID", "")
    return given if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given) else uuid4().hex


def _write_line(scope: Scope, status: int, seconds: float) -> None:
    write = log.debug if _QUIET_PATH.match(scope["path"]) or not _API_PATH.match(scope["path"]) else log.info
    write(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        duration_ms=round(seconds * 1000, 1),
        client=client_address(scope),
        **_caller(scope),
    )


def _allowance_headers(scope: Scope) -> dict[str, str]:
    """What is left of a caller's requests, once it is known who calls."""
    allowance = scope.get("state", {}).get("allowance")
    if allowance is None:
        return {}
    return {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset_seconds),
    }


def _caller(scope: Scope) -> dict[str, Any]:
    with suppress(KeyError):
        return {"user_id": str(scope["state"]["principal"].user_id)}
    return {}
