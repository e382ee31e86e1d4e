"""What a web process counts of its own requests and streams, by the route's template: never by an address.

Several processes on one port (`web --workers`) keep their numbers in files of the folder PROMETHEUS_MULTIPROC_DIR,
which prometheus-client asks for by that name, so that whichever is asked tells those of all.
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
"""All that the API leaves to the page: its files and pages are many, and what strangers type is endless."""

_BASE = "/api/v1"

disable_created_metrics()  # each would be told twice as long, to say when this process began
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


class Counted:
    """Counts each request when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500  # of an error that nobody expected, which is answered further out

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
    """The path of the route that was taken, with the names of its parameters in the place of their values."""
    path = getattr(scope.get("route"), "path", None)
    if not path:
        return _NO_ROUTE
    versioned = scope["path"].startswith(_BASE) and not path.startswith("/api/")  # a route does not know its prefix
    return (_BASE if versioned else "") + re.sub(r":\w+}", "}", path)


def exposition() -> bytes:
    """The numbers as Prometheus reads them, of all processes on this port."""
    if SHARED_DIR not in os.environ:
        return generate_latest(_own)
    _forget_the_dead(Path(os.environ[SHARED_DIR]))
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return generate_latest(together)


def _forget_the_dead(folder: Path) -> None:
    """A process that was killed listens to nobody any more; what it has answered still counts."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            mark_process_dead(pid)
