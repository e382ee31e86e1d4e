"""Programs that the supervisor runs: web app and worker processes."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

from mediaproc.runtime.supervisor import Program

APP = "app"
SERVERS = "servers"


def web(*, host: str, port: int, folder: Path) -> Program:
    """The web app and the API."""
    options = ("--host", host, "--port", str(port), "--frontend", str(folder))
    return _program("web", "mediaproc", "web", *options)


def worker(*, stop_signal: str = "TERM", drain_seconds: float = 0.0) -> list[Program]:
    """A worker: job consumer, webhook consumer and maintenance loop.

    On TERM it drains for `drain_seconds`; on INT it gives its jobs back at once.
    """
    consumer = _program("worker", "mediaproc_worker.consumer")
    periodic = _program("periodic", "mediaproc_worker.periodic")
    webhooks = _program("webhooks", "mediaproc_worker.deliveries")
    stop_seconds = math.ceil(drain_seconds) + 15
    drained = [replace(each, stop_signal=stop_signal, stop_seconds=stop_seconds) for each in (consumer, webhooks)]
    return [*drained, periodic]


def _program(name: str, module: str, *arguments: str) -> Program:
    command = (sys.executable, "-m", module, *arguments)
    return Program(name=name, command=command, group=APP, priority=200, autostart=False)
