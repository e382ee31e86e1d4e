"""The programs of Mediaproc itself, as the supervisor runs them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from mediaproc.embedded.supervision import Program

APP = "app"
SERVERS = "servers"


def web(*, host: str, port: int, folder: Path) -> Program:
    """The page and the API."""
    options = ("--host", host, "--port", str(port), "--frontend", str(folder))
    return _program("web", "mediaproc", "web", *options)


def worker() -> list[Program]:
    """A worker: the consumer of the encode lane, and the loop that rescues and re-sends."""
    known = [
        _program("worker", "mediaproc_worker.consumer", stop_seconds=30),
        _program("periodic", "mediaproc_worker.periodic"),
    ]
    return [each for each in known if find_spec(each.command[2])]  # until the worker has them


def _program(name: str, module: str, *arguments: str, stop_seconds: int = 10) -> Program:
    command = (sys.executable, "-m", module, *arguments)
    return Program(name=name, command=command, group=APP, priority=200, autostart=False, stop_seconds=stop_seconds)
