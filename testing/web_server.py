"""API server in a process of its own, which a test can stop and kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.request import urlopen

import psutil

from mediaproc.embedded import servers
from testing import ROOT
from testing.waits import PATIENCE_SECONDS


@dataclass
class Web:
    """A running API server. `url` has no trailing slash."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """Send SIGKILL to the server and its worker process, which would outlive it."""
        family = [*psutil.Process(self.process.pid).children(recursive=True), self.process]
        for each in family:
            each.kill()
        self.process.wait()


def start_web(port: int | None = None, *, ceiling: int = 5000, **environment: str) -> Web:
    """Start a server and wait until it answers. `ceiling` limits its open requests; `environment` adds settings."""
    port = port or servers.free_ports(1)[0]
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1"),
        *("--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning"),
        *("--backlog", "1024", "--backpressure", str(ceiling), "testing.web_app:make"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment})
    web = Web(url=f"http://127.0.0.1:{port}", process=process)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urlopen(f"{web.url}/livez", timeout=PATIENCE_SECONDS).close()
            return web
        except OSError:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
