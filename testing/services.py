"""Real services: Postgres, Valkey and SeaweedFS on free ports, with a migrated database and a bucket."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import boto3
import psycopg
import redis

from mediaproc.embedded import servers
from mediaproc.settings import settings
from testing import ROOT
from testing.waits import PATIENCE_SECONDS


class Services(dict[str, str]):
    """Settings of the running servers, and the servers themselves for tests that kill them."""

    def __init__(self, started: list[servers.Part], environment: dict[str, str]) -> None:
        super().__init__(environment)
        self._parts = {part.name: part for part in started}
        self.processes = {part.name: _start(part) for part in started}

    def kill(self, name: str, signum: int = signal.SIGKILL) -> None:
        """Send a signal to one server, SIGKILL by default, and wait for its end."""
        self.processes[name].send_signal(signum)
        self.processes[name].wait(timeout=PATIENCE_SECONDS)

    def restart(self, name: str, *, wait: bool = True) -> None:
        """Start a stopped server again on the same data and port, and by default wait until it answers."""
        self.processes[name] = _start(self._parts[name])
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until Postgres and Valkey answer."""
        _wait(lambda: psycopg.connect(self["DATABASE_URL"]).close())
        _wait(lambda: redis.Redis.from_url(self["REDIS_URL"]).ping())


@contextmanager
def real_services() -> Generator[Services]:
    """Run the servers within `with`, with their settings in `os.environ`."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-test-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o755)
        ports = servers.free_ports(11)
        key = secrets.token_hex(16)
        started = [
            servers.postgres(data_dir),
            servers.valkey(data_dir, port=ports[0], password=key),
            servers.seaweedfs(data_dir, ports=ports[1:], access_key=key, secret_key=key),
        ]
        environment = {
            "JWT_SECRET": secrets.token_hex(32),
            "S3_BUCKET": "mediaproc",
            "AWS_DEFAULT_REGION": "us-east-1",
            "ADDRESS_LIMIT_PER_HOUR": "0",  # all tests share one address
            "MEASURE_VMAF": "0",  # takes seconds of CPU for each video; tests of VMAF switch it on
        }
        for part in started:
            environment |= part.settings
        running = Services(started, environment)
        os.environ.update(environment)
        settings.cache_clear()
        try:
            running.wait_until_ready()
            _wait(lambda: _make_bucket(environment))
            subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], check=True, env=os.environ, cwd=ROOT)
            yield running
        finally:
            running.processes["s3"].kill()  # an orderly stop can take too long
            for process in running.processes.values():
                process.terminate()
            for process in running.processes.values():
                process.wait(timeout=PATIENCE_SECONDS)


def _start(part: servers.Part) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        part.command,
        env={**os.environ, **part.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _make_bucket(environment: dict[str, str]) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=environment["S3_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    s3.create_bucket(Bucket=environment["S3_BUCKET"])


def _wait(ready: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            ready()
            return
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
