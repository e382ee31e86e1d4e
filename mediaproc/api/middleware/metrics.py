"""Request and stream metrics of a web process, labelled by route template, never by URL.

Several processes on one port (`web --workers`) store their numbers in files of the folder PROMETHEUS_MULTIPROC_DIR, the
name that prometheus-client reads, so that any of them can report the sum.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHARED_DIR = "PROMETHEUS_MULTIPROC_DIR"

_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
_NO_ROUTE = "page"
"""Label for everything that is not the API: page URLs are unbounded."""

_BASE = "/api/v1"

disable_created_metrics()  # would double each series to say when this process started
_own = CollectorRegistry()
_requests = Counter("mediaproc_http_requests", "Requests answered.", ["method", "route", "status"], registry=_own)
_seconds = Histogram(
    "mediaproc_http_request_seconds",
    "Seconds until an answer was sent; of an event stream, until it began.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_own,
)
listeners = Gauge("mediaproc_event_listeners", "Open event streams.", multiprocess_mode="livesum", registry=_own)


class RequestMetrics:
    """Counts each request once it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500  # status of an unexpected error, which is answered further out

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, watch)
        finally:
            route = template(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            _requests.labels(method, route, str(status)).inc()
            _seconds.labels(route).observe(time.perf_counter() - started)


def template(scope: Scope) -> str:
    """Path of the matched route, with parameter names in place of values."""
    path = getattr(scope.get("route"), "path", None)
    if not path:
        return _NO_ROUTE
    versioned = scope["path"].startswith(_BASE) and not path.startswith("/api/")  # a route does not know its prefix
    return (_BASE if versioned else "") + re.sub(r":\w+}", "}", path)


def exposition() -> bytes:
    """Metrics of all processes on this port, in the Prometheus text format."""
    if SHARED_DIR not in os.environ:
        return generate_latest(_own)
    _forget_the_dead(Path(os.environ[SHARED_DIR]))
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return generate_latest(together)


def _forget_the_dead(folder: Path) -> None:
    """Drop the gauges of processes that were killed; their counters still count."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            mark_process_dead(pid)
