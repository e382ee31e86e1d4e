"""`./dev up` as a person types it: real servers, real processes, killed for real."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mediaproc.embedded import orphans, servers
from mediaproc.settings import Settings
from testing.waits import PATIENCE_SECONDS, eventually
from testing.workers import gone

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(400)


class Up:
    """One `./dev up` on a data directory and a port of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = servers.free_ports(1)[0]
        self.output = data_dir.with_suffix(".out")

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        with self.output.open("w") as output:
            command = [ROOT / "dev", "up", "--data", self.data_dir, "--port", str(self.port)]
            self.process = subprocess.Popen(
                command, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        eventually(lambda: "is ready" in self.output.read_text() or self.process.poll() is not None, seconds=240)
        assert self.process.poll() is None, self.output.read_text()

    def ready(self) -> bool:
        """Whether the web app says that it and its services are ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=30):
                return True
        except OSError:
            return False

    def processes(self) -> list[psutil.Process]:
        """Everything that is known to run for it, from wherever."""
        return orphans.of(self.data_dir)

    def family(self) -> set[psutil.Process]:
        """Everything that it has started, found by descent as well, so that nothing can hide."""
        return {*psutil.Process(self.process.pid).children(recursive=True), *self.processes()}

    def named(self, *words: str) -> psutil.Process:
        """The first process with these words on its command line."""
        return next(each for each in self.processes() if set(words) <= set(_words(each)))

    def stop(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    yield from _up()


@pytest.fixture
def other() -> Iterator[Up]:
    yield from _up()


def _up() -> Iterator[Up]:
    """Started; at the end whatever of it still runs is ended. Not under pytest's folder, which it closes to others."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-up-") as folder:
        one = Up(Path(folder).resolve() / "data")
        try:
            one.start()
            yield one
        finally:
            if one.process.poll() is None:
                one.process.kill()
                one.process.wait()
            orphans.end(one.data_dir)


def test_the_page_is_served_where_the_line_says(up: Up) -> None:
    assert f"Mediaproc is ready: http://localhost:{up.port} " in up.output.read_text()
    with urllib.request.urlopen(f"http://127.0.0.1:{up.port}/", timeout=PATIENCE_SECONDS) as answer:
        assert b"<html" in answer.read()


def test_every_process_carries_the_mark_of_its_data(up: Up) -> None:
    assert set(psutil.Process(up.process.pid).children(recursive=True)) <= set(up.processes())


def test_nothing_listens_beyond_loopback(up: Up) -> None:
    listening = {
        connection.laddr
        for process in up.processes()
        for connection in process.net_connections("inet")
        if connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE} and connection.laddr
    }
    assert len(listening) > 8, "the servers' ports were not seen"
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_secrets_can_be_read_by_their_owner_alone(up: Up) -> None:
    files = ("secrets.json", "valkey/valkey.conf")
    assert {(up.data_dir / name).stat().st_mode & 0o777 for name in files} == {0o600}
    secret = (up.data_dir / "secrets.json").read_text().split('"jwt_secret": "')[1][:64]
    readable = [each for each in up.data_dir.rglob("*") if each.is_file() and each.stat().st_mode & 0o077]
    assert not [each for each in readable if secret.encode() in each.read_bytes()]


@pytest.mark.parametrize(
    "words",
    [("mediaproc", "web"), ("mediaproc_worker.consumer",), ("mediaproc.embedded.postgres",), ("mini",)],
    ids=["web", "worker", "postgres", "s3"],
)
def test_what_is_killed_comes_back(up: Up, words: tuple[str, ...]) -> None:
    killed = up.named(*words)
    killed.kill()
    eventually(lambda: any(each.pid != killed.pid and set(words) <= set(_words(each)) for each in up.processes()))
    eventually(up.ready)


def test_two_run_side_by_side_on_their_own_data(up: Up, other: Up) -> None:
    assert up.ready() and other.ready()
    other.stop()
    assert not other.processes()
    assert up.ready()


def test_a_second_one_on_the_same_data_is_refused(up: Up) -> None:
    done = _dev("up", "--data", str(up.data_dir), "--port", str(servers.free_ports(1)[0]))
    assert done.returncode == 1
    assert "already running" in done.stderr


def test_ctrl_c_ends_all_and_the_next_start_has_the_same_ports(up: Up) -> None:
    ports = (up.data_dir / "ports.json").read_text()
    _restart(up)
    assert (up.data_dir / "ports.json").read_text() == ports, "presigned addresses in open pages would break"


def test_down_stops_what_a_crash_left_behind(up: Up) -> None:
    family = up.family()
    up.process.kill()
    up.process.wait()
    up.named("supervisor.supervisord").kill()
    assert not gone(*family), "the crash should have left something running"
    assert _dev("down", "--data", str(up.data_dir)).returncode == 0
    assert not [each for each in family if not gone(each)]
    assert not up.ready()


def _restart(up: Up) -> None:
    family = up.family()
    up.stop()
    assert not [each for each in family if not gone(each)]
    assert up.process.returncode == 0
    up.start()


def _dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "dev", *arguments], env=_environment(), capture_output=True, text=True, timeout=120)


def _environment() -> dict[str, str]:
    """Ours without settings, so that the built-in servers are started, on a machine whose proxy helps nobody."""
    settings = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in settings}
    return kept | {"http_proxy": "http://127.0.0.1:1", "NO_PROXY": ""}  # A proxy must not be in the way.


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
