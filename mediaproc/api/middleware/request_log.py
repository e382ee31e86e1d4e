"""Request log: one line per request, its id, and the answer to unexpected errors."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc import logs
from mediaproc.api import problems
from mediaproc.api.client_ip import client_address
from mediaproc.api.middleware import paths

log = logs.get_logger("mediaproc.access")

_QUIET_PATH = re.compile(r"^/(livez|readyz|metrics|_event|_upload|assets)(/|$)")


class RequestLog:
    """Assigns a request id, logs one line when the request is done, and answers unexpected errors.

    The query string is not logged: it may contain tokens and signatures.
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
            await problems.unexpected()(scope, receive, watch)
        finally:
            _write_line(scope, status, time.perf_counter() - started)


def _request_id(scope: Scope) -> str:
    """The client's X-Request-ID if it is well-formed, otherwise a new id."""
    given = Headers(scope=scope).get("X-Request-ID", "")
    return given if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given) else uuid4().hex


def _write_line(scope: Scope, status: int, seconds: float) -> None:
    write = log.debug if _QUIET_PATH.match(scope["path"]) or not paths.API.match(scope["path"]) else log.info
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
    """RateLimit headers, once the caller is known."""
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
