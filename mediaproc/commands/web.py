"""Serve the page and the API on one port, with Granian."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from mediaproc import invocation
from mediaproc.commands import frontend, project
from mediaproc.commands.checked import checked_settings

CONNECTIONS = 65_536
"""Open connections a process may hold: each tab has a websocket and perhaps an event stream."""


def serve(*, host: str, port: int, workers: int, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT. A worker that dies is started again."""
    checked_settings()
    if not frontend.is_built(folder):
        print(f"There is no front end in {folder}. Build it: {invocation.command('build')}", file=sys.stderr)
        raise typer.Exit(2)
    raise_open_files_limit()
    os.chdir(project.project_dir())  # Reflex reads rxconfig.py there
    os.environ.update(frontend.serve_environment(folder))
    with _counted_together(workers):
        _server(host=host, port=port, workers=workers).serve()


def _server(*, host: str, port: int, workers: int) -> Any:
    from granian.constants import Interfaces
    from granian.server import Server

    return Server(
        target="mediaproc.commands.web:application",
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=port,
        workers=workers,
        backlog=4096,
        backpressure=CONNECTIONS,  # the default, 1,024, lets the 1,025th open stream wait for ever
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=4,
        log_access=False,  # addresses carry tokens
        log_dictconfig=_LOGS,
    )


@contextmanager
def _counted_together(workers: int) -> Generator[None]:
    """Several processes on one port keep what /metrics tells where each of them finds it. One needs no files."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mediaproc-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def application() -> Any:
    """The ASGI app, made in each worker process."""
    end_with_parent()
    checked_settings()
    from mediaproc.app import app

    made = app()
    collect_rarely()
    return made


def collect_rarely() -> None:
    """Keep Python's cycle collector from stopping a process that serves thousands of clients.

    With 5,000 open event streams each full collection took 0.4 s in which nobody was sent anything, one every few
    seconds. What was made up to now is passed over from here on, and full collections come fifty times as seldom.
    """
    gc.collect()
    gc.freeze()
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, old * 50)


def end_with_parent() -> None:
    """Let the kernel end this process when its parent is killed, so that no orphan keeps the port. Linux only."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def raise_open_files_limit() -> None:
    """Let this process and its children hold as many connections as the system allows, up to `CONNECTIONS`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


_LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"_granian": {"handlers": [], "level": "INFO", "propagate": True}},
}
"""Granian's own lines go through our chain."""
