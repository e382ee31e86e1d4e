"""A whole Mediaproc for tests in a browser: `./dev up` on a data directory of its own."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from mediaproc.embedded import orphans, servers
from testing import ROOT
from testing.waits import PATIENCE_SECONDS

PASSWORD = "a long enough password"  # of accounts that live for one test

START_SECONDS = 400
"""How long the start may take, with the build of the page, on a machine with much else to do."""

_RECEIVERS_HERE = {"WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1"}
_NOT_MEASURED = {"MEASURE_VMAF": "0"}
"""VMAF would occupy the only slot of a small machine for seconds, while the next test waits."""


@dataclass(frozen=True)
class Site:
    """A running Mediaproc: its URL without trailing slash, and its data directory."""

    url: str
    data_dir: Path

    def kill(self, *words: str) -> None:
        """Send SIGKILL to each of its processes whose command line has all these words."""
        found = self.processes(*words)
        assert found, f"nothing runs with {words}"
        for process in found:
            process.kill()

    def processes(self, *words: str) -> list[psutil.Process]:
        """Its processes whose command line has all these words."""
        return [each for each in orphans.of(self.data_dir) if set(words) <= set(_command(each))]


@contextmanager
def running_site(settings: Mapping[str, str] | None = None) -> Generator[Site]:
    """Run `./dev up` on a directory of its own within `with`. `settings`: additional environment variables."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-e2e-") as folder:
        Path(folder).chmod(0o755)
        (port,) = servers.free_ports(1)
        command = [str(ROOT / "dev"), "up", "--data", f"{folder}/data", "--port", str(port)]
        with started_up(command, port=port, folder=Path(folder), settings=settings) as url:
            yield Site(url=url, data_dir=Path(folder).resolve() / "data")


@contextmanager
def started_up(
    command: list[str], *, port: int, folder: Path, settings: Mapping[str, str] | None = None
) -> Generator[str]:
    """A command that starts the whole product on this port, run in a folder. Yields its address once it is ready."""
    url = f"http://localhost:{port}"
    with (folder / "up.log").open("wb") as log:
        up = subprocess.Popen(
            command,
            cwd=folder,
            env={**_without_settings(), **_RECEIVERS_HERE, **_NOT_MEASURED, **(settings or {})},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_for(f"{url}/readyz", up, Path(log.name))
            yield url
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(timeout=PATIENCE_SECONDS)


def new_account(site: Site) -> tuple[str, str]:
    """Create an account through the API. Returns its email and an access token."""
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    done = httpx.post(f"{site.url}/api/v1/auth/register", json=account).raise_for_status()
    return account["email"], done.json()["access_token"]


def new_key(site: Site) -> str:
    """Create an account and an API key with every scope. Returns the key."""
    _, token = new_account(site)
    headers = {"Authorization": f"Bearer {token}"}
    body = {"name": "test", "scopes": ["admin"]}
    return httpx.post(f"{site.url}/api/v1/api-keys", json=body, headers=headers).raise_for_status().json()["key"]


def _command(process: psutil.Process) -> list[str]:
    try:
        command = process.cmdline()
    except psutil.Error:
        return []
    return [Path(command[0]).name, *command[1:]] if command else []


def _without_settings() -> dict[str, str]:
    """The environment without settings that an integration test in this process may have left."""
    ours = ("DATABASE_URL", "REDIS_URL", "S3_", "AWS_", "JWT_SECRET", "PUBLIC_URL", "EXTRA_ORIGINS")
    return {name: value for name, value in os.environ.items() if name == "AWS_CA_BUNDLE" or not name.startswith(ours)}


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path, *, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=30).close()
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Mediaproc did not come up:\n{log.read_text()[-4000:]}") from None
            time.sleep(0.2)
