"""`web`: serves the web app and the API on one port, with Granian."""

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
"""Open connections per process: each tab has a websocket and possibly an event stream."""


def serve(*, host: str, port: int, workers: int, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT. A worker process that dies is restarted."""
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
        backpressure=CONNECTIONS,  # with the default, 1,024, the 1,025th open stream waits for ever
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=4,
        log_access=False,  # query strings contain tokens
        log_dictconfig=_LOGS,
    )


@contextmanager
def _counted_together(workers: int) -> Generator[None]:
    """Share metrics between several processes on one port, in files. One process needs none."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mediaproc-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def application() -> Any:
    """ASGI app factory, called in each worker process."""
    end_with_parent()
    checked_settings()
    from mediaproc.app import app

    made = app()
    collect_rarely()
    return made


def collect_rarely() -> None:
    """Make full garbage collections rare, so that they don't stall a process with thousands of clients.

    With 5,000 open event streams, each full collection stalled delivery for 0.4 s, once every few seconds. Objects that
    exist by now are frozen, and full collections run fifty times less often.
    """
    gc.collect()
    gc.freeze()
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, old * 50)


def end_with_parent() -> None:
    """End this process when its parent is killed, so that no orphan keeps the port. Linux only."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def raise_open_files_limit() -> None:
    """Raise the limit of open files for this process and its children, up to `CONNECTIONS`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


_LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"_granian": {"handlers": [], "level": "INFO", "propagate": True}},
}
"""Route Granian's log lines through our logging."""
