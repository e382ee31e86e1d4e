"""`web` and `worker` as an operator starts them on services of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from testing.waits import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[2]
CONSUMER = "mediaproc_worker.consumer"
PROGRAMS = {CONSUMER, "mediaproc_worker.deliveries", "mediaproc_worker.periodic"}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mediaproc", *arguments]


@pytest.mark.parametrize("name", ["web", "worker", "migrate", "bucket"])
def test_a_missing_secret_stops_the_start_and_is_named(services: dict[str, str], name: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "JWT_SECRET"}
    done = subprocess.run(
        _command(name), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 2
    assert done.stderr.startswith("JWT_SECRET is not set. ")
    assert services["DATABASE_URL"] not in done.stderr


def test_web_says_that_there_is_no_front_end(services: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        _command("web", "--frontend", str(tmp_path)), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 2
    assert "Build it: " in done.stderr
    assert "mediaproc build" in done.stderr or "./dev build" in done.stderr


@pytest.fixture
def worker(services: dict[str, str], tmp_path: Path) -> Iterator[psutil.Popen]:
    """`python -m mediaproc worker`, with its output in a file as a container's would be."""
    with (tmp_path / "output").open("w") as output:
        process = psutil.Popen(_command("worker", "--slots", "1"), cwd=ROOT, stdout=output, stderr=output)
    yield process
    for each in [*process.children(recursive=True), process] if process.is_running() else []:
        each.kill()
    process.wait(timeout=PATIENCE_SECONDS)


def test_a_worker_is_kept_alive_and_ends_whole(worker: psutil.Popen) -> None:
    eventually(lambda: set(_running(worker)) >= PROGRAMS and bool(_running(worker)[CONSUMER].children()))
    family = worker.children(recursive=True)
    killed = _running(worker)[CONSUMER]
    killed.kill()
    eventually(lambda: _running(worker).get(CONSUMER, killed) != killed)
    family += worker.children(recursive=True)
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=PATIENCE_SECONDS)
    eventually(lambda: not any(each.is_running() for each in family))


def _running(worker: psutil.Popen) -> dict[str, psutil.Process]:
    """The supervisor's own programs, by the name of their module."""
    return {words[2]: each for each in worker.children() if len(words := _words(each)) > 2}


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # It ended meanwhile.
        return []
