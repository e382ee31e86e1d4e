"""`up`: starts everything on this machine and stops it in order."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mediaproc import logs
from mediaproc.commands import frontend, migrate, programs, project, reachable
from mediaproc.commands.checked import checked_settings
from mediaproc.embedded import orphans
from mediaproc.embedded.data_dir import is_free, ports_of, secrets_of
from mediaproc.embedded.servers import Part, postgres, seaweedfs, sockets_dir, valkey
from mediaproc.runtime.supervisor import Program, Supervisor, supervised
from mediaproc.storage import bucket

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """Command-line options of `up`."""

    host: str
    port: int
    data_dir: Path
    workers: int

    @property
    def address(self) -> str:
        """URL of the web app for browsers on this machine."""
        return _http("localhost" if self.host in _HERE else self.host, self.port)

    @property
    def frontend(self) -> Path:
        """Folder of the front end."""
        return self.data_dir / "frontend"

    @property
    def logs(self) -> Path:
        """Folder of log files, one per program."""
        return self.data_dir / "logs"

    @property
    def run(self) -> Path:
        """Folder of runtime files, such as sockets and the lock."""
        return self.data_dir / "run"


class CannotStart(Exception):
    """`up` cannot start. The message is the reason, for people."""


class Stop(BaseException):
    """Ctrl-C or a signal that ends `up`."""


def up(options: Options) -> None:
    """Start built-in servers for unset URLs, then the app. Returns after a signal has stopped everything."""
    for folder in (options.data_dir, options.logs, options.run):
        folder.mkdir(parents=True, exist_ok=True)
    with _only_up(options.data_dir), _signals():
        orphans.end(options.data_dir)
        _require_free_port(options)
        servers = _servers(options.data_dir)
        os.environ.update(_environment(options, servers))
        checked_settings()
        logs.configure(level="WARNING", format="console")  # of this process: the console shows progress instead
        with contextlib.suppress(Stop), _building(options) as build, _running(options, servers) as supervisor:
            _bring_up(options, supervisor, build)
            supervisor.process.wait()
            orphans.end(options.data_dir)
            raise CannotStart(f"The supervisor stopped unexpectedly. See {options.logs / 'supervisord.log'}.")


def say(text: str) -> None:
    """Print one progress line."""
    print(text, flush=True)


def _bring_up(options: Options, supervisor: Supervisor, build: subprocess.Popen[bytes] | None) -> None:
    for name, check in (("Postgres", reachable.postgres), ("Valkey", reachable.valkey), ("S3", reachable.s3)):
        _step(name, lambda name=name, check=check: reachable.wait_for(name, check, seconds=30))
    _step("Tables", migrate.migrate)
    refused = _step("Bucket", bucket.prepare)
    for rule in refused:
        say(str(rule))
    if build:
        _step("Page (built once; the first time takes a minute)", lambda: _finish(build, options))
    supervisor.start_group(programs.APP)
    _step("Web", lambda: reachable.wait_for("The web app", reachable.web(_loopback(options)), seconds=180))
    _step("Workers", lambda: _wait_until_running(supervisor, options))
    say(f"Mediaproc is ready: {options.address}  (stop with Ctrl-C; logs in {options.logs})")


def _step(name: str, action: Callable[[], T]) -> T:
    """Name the step, run it, and add how long it took."""
    begun = time.monotonic()
    print(f"  {name} … ", end="", flush=True)
    done = action()
    say(f"{time.monotonic() - begun:.1f} s")
    return done


def _servers(data_dir: Path) -> list[Part]:
    """Built-in servers for services without a URL in the environment."""
    secrets = secrets_of(data_dir)
    valkey_port, *s3_ports = ports_of(data_dir, count=11)
    wanted: list[Part] = []
    if not os.environ.get("DATABASE_URL"):
        wanted.append(postgres(data_dir))
    if not os.environ.get("REDIS_URL"):
        wanted.append(valkey(data_dir, port=valkey_port, password=secrets.valkey_password))
    if not os.environ.get("S3_ENDPOINT_URL"):
        access, secret = secrets.s3_access_key, secrets.s3_secret_key
        wanted.append(seaweedfs(data_dir, ports=s3_ports, access_key=access, secret_key=secret))
    return wanted


def _environment(options: Options, servers: list[Part]) -> dict[str, str]:
    """Environment of all programs. The user's variables win over our defaults, not over a built-in server's
    credentials.
    """
    defaults = {
        "JWT_SECRET": secrets_of(options.data_dir).jwt_secret,
        "PUBLIC_URL": options.address,
        "EXTRA_ORIGINS": f"http://127.0.0.1:{options.port}",
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    ours = {orphans.MARK: str(options.data_dir), "PATH": path, "PYTHONUNBUFFERED": "1"} | _no_proxy()
    if options.workers:
        ours["WORKER_SLOTS"] = str(options.workers)
    for each in servers:
        ours |= each.environment | each.settings
    return {name: value for name, value in defaults.items() if not os.environ.get(name)} | ours


def _no_proxy() -> dict[str, str]:
    """Exclude loopback from the machine's HTTP proxy."""
    names = ("NO_PROXY", "no_proxy")
    return {name: ",".join(filter(None, (os.environ.get(name), "127.0.0.1,localhost"))) for name in names}


@contextlib.contextmanager
def _running(options: Options, servers: list[Part]) -> Generator[Supervisor]:
    app = [
        programs.web(host=options.host, port=options.port, folder=options.frontend),
        *programs.worker(stop_signal="INT"),
    ]
    with supervised(
        [*(_as_program(each) for each in servers), *app],
        run_dir=options.run,
        sockets=sockets_dir(options.data_dir),
        logs=options.logs,
        directory=project.project_dir(),
        environment=os.environ,
    ) as supervisor:
        try:
            yield supervisor
        finally:
            say("\nStopping.")


@contextlib.contextmanager
def _building(options: Options) -> Generator[subprocess.Popen[bytes] | None]:
    """Build the front end, if needed, while the servers start. Ended if `up` ends first."""
    if frontend.is_published(options.frontend):
        yield None
        return
    with (options.logs / "build.log").open("wb") as log:
        command = [sys.executable, "-m", "mediaproc", "build", "--frontend", str(options.frontend)]
        build = subprocess.Popen(
            command, cwd=project.project_dir(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield build
    finally:
        if build.poll() is None:
            os.killpg(build.pid, signal.SIGTERM)
            build.wait()


def _finish(build: subprocess.Popen[bytes], options: Options) -> None:
    if build.wait():
        log = options.logs / "build.log"
        raise CannotStart(f"The front end could not be built:\n{log.read_text()[-3000:]}")


def _wait_until_running(supervisor: Supervisor, options: Options, *, seconds: float = 20.0) -> None:
    names = {each.name for each in programs.worker()}
    deadline = time.monotonic() + seconds
    while waiting := names - {each.name for each in supervisor.statuses().values() if each.state == "RUNNING"}:
        if time.monotonic() > deadline:
            raise CannotStart(f"{' and '.join(sorted(waiting))} did not start. See {options.logs}.")
        time.sleep(0.1)


def _as_program(part: Part) -> Program:
    return Program(name=part.name, command=part.command, group=programs.SERVERS, priority=100, stop_seconds=20)


def _require_free_port(options: Options) -> None:
    if not is_free(options.port, options.host):
        raise CannotStart(f"Port {options.port} is in use. Choose another port with --port.")


def _loopback(options: Options) -> str:
    """URL of the app on loopback."""
    return _http("127.0.0.1" if options.host in _HERE else options.host, options.port)


def _http(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _only_up(data_dir: Path) -> Generator[None]:
    with (data_dir / "run" / "up.lock").open(
        "a"
    ) as lock:  # not "w": until we hold the lock, the file names another process
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Mediaproc is already running on {data_dir}. Choose another folder with --data."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextlib.contextmanager
def _signals() -> Generator[None]:
    """Signal handlers: the first signal stops everything in order; later ones are ignored."""

    def stop(*_: object) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise Stop

    for number in _SIGNALS:
        signal.signal(number, stop)
    yield


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HERE = ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104  # compared, not bound
