"""Mediaproc as a person starts it: `./dev up` on a directory of its own."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from mediaproc.embedded import orphans, servers
from testing import ROOT

PASSWORD = "a long enough password"  # of accounts that live for one test

_RECEIVERS_HERE = {"WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1"}
_NOT_MEASURED = {"MEASURE_VMAF": "0"}
"""It takes the only slot of a small machine for some seconds, and the next test waits."""


@dataclass(frozen=True)
class Site:
    """Where the product runs, and the directory of its data."""

    url: str
    data_dir: Path

    def kill(self, *words: str) -> None:
        """Kill each of its processes that has all these words on its command line, as `kill -9` does."""
        found = [each for each in orphans.of(self.data_dir) if set(words) <= set(_command(each))]
        assert found, f"nothing runs with {words}"
        for process in found:
            process.kill()


@contextmanager
def running_site() -> Generator[Site]:
    """`./dev up` on a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-e2e-") as folder:
        Path(folder).chmod(0o755)
        (port,) = servers.free_ports(1)
        url = f"http://localhost:{port}"
        with (Path(folder) / "up.log").open("wb") as log:
            up = subprocess.Popen(
                [str(ROOT / "dev"), "up", "--data", f"{folder}/data", "--port", str(port)],
                cwd=ROOT,
                env={**_without_settings(), **_RECEIVERS_HERE, **_NOT_MEASURED},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                _wait_for(f"{url}/readyz", up, Path(log.name))
                yield Site(url=url, data_dir=Path(folder).resolve() / "data")
            finally:
                up.send_signal(signal.SIGINT)
                up.wait(timeout=60)


def new_account(site: Site) -> tuple[str, str]:
    """Make an account through the API alone. Returns the email and an access token."""
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    done = httpx.post(f"{site.url}/api/v1/auth/register", json=account).raise_for_status()
    return account["email"], done.json()["access_token"]


def _command(process: psutil.Process) -> list[str]:
    try:
        command = process.cmdline()
    except psutil.Error:
        return []
    return [Path(command[0]).name, *command[1:]] if command else []


def _without_settings() -> dict[str, str]:
    """The environment without what an integration test in this process may have put there."""
    ours = ("DATABASE_URL", "REDIS_URL", "S3_", "AWS_", "JWT_SECRET", "PUBLIC_URL", "EXTRA_ORIGINS")
    return {name: value for name, value in os.environ.items() if name == "AWS_CA_BUNDLE" or not name.startswith(ours)}


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path, *, seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Mediaproc did not come up:\n{log.read_text()[-4000:]}") from None
            time.sleep(0.2)
