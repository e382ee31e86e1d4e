"""Middleware around every request, in plain ASGI: Starlette's BaseHTTPMiddleware would hold back streams."""

from __future__ import annotations

from fastapi import FastAPI

from mediaproc.api.middleware.body_limit import BodyLimit
from mediaproc.api.middleware.cors import Cors
from mediaproc.api.middleware.etag import ETags
from mediaproc.api.middleware.head import HeadRequests
from mediaproc.api.middleware.metrics import RequestMetrics
from mediaproc.api.middleware.request_log import RequestLog
from mediaproc.api.middleware.security_headers import SecurityHeaders
from mediaproc.api.response_handoff import ResponseHandoff


def install(app: FastAPI) -> None:
    """Add all middleware to the app. The last one added is the outermost and sees the answer to unexpected errors."""
    app.add_middleware(ETags)
    app.add_middleware(RequestMetrics)  # outside of Etags, which answers 304
    app.add_middleware(HeadRequests)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLog)
    app.add_middleware(Cors)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(ResponseHandoff)
