"""Middleware: everything around a request, as plain ASGI, since Starlette's BaseHTTPMiddleware holds back streams."""

from __future__ import annotations

from fastapi import FastAPI

from mediaproc.api.middleware.body_limit import BodyLimit
from mediaproc.api.middleware.cors import Cors
from mediaproc.api.middleware.etag import Etags
from mediaproc.api.middleware.head import Heads
from mediaproc.api.middleware.metrics import Counted
from mediaproc.api.middleware.request_log import RequestLog
from mediaproc.api.middleware.security_headers import SecurityHeaders
from mediaproc.api.response_handoff import Handover


def install(app: FastAPI) -> None:
    """Add the middleware to the app. The last one added is the outermost and sees the answer to an unexpected error."""
    app.add_middleware(Etags)
    app.add_middleware(Counted)  # outside of Etags, which answers 304
    app.add_middleware(Heads)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLog)
    app.add_middleware(Cors)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Handover)
