"""Supervisor: runs programs under `supervisord` and reports their status."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport


@dataclass(frozen=True)
class Program:
    """One program. Groups are stopped one after another, highest priority first."""

    name: str
    command: tuple[str, ...]
    group: str = "app"
    priority: int = 100
    autostart: bool = True
    stop_signal: str = "TERM"
    stop_seconds: int = 10


class SupervisorFailed(Exception):
    """The supervisor itself did not start."""


@dataclass(frozen=True)
class Status:
    """Status of a program as the supervisor reports it: `RUNNING`, `STARTING`, `BACKOFF`, `FATAL`, …"""

    name: str
    state: str
    pid: int


def render(programs: list[Program], *, directory: Path, logs: Path | None, socket: Path | None = None) -> str:
    """Render the supervisor's configuration. `logs` None: everything goes to standard output. Contains no secret."""
    sections = [_supervisord(directory, logs)]
    if socket:
        sections.append(_rpc(socket))
    sections += [_program(each, logs) for each in programs]
    sections += [_group(name, programs) for name in dict.fromkeys(each.group for each in programs)]
    return "\n\n".join(sections) + "\n"


def command(config: Path) -> tuple[str, ...]:
    """Command line that runs the supervisor in the foreground."""
    return (sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(config))


class Supervisor:
    """A running supervisor, controlled over its Unix socket."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path) -> None:
        self.process = process
        self._socket = socket

    def start_group(self, group: str) -> None:
        """Start every program of a group, without waiting for them."""
        self._rpc.startProcessGroup(group, False)

    def statuses(self) -> dict[str, Status]:
        """Status of every program, by name."""
        return {each["name"]: _status(each) for each in self._rpc.getAllProcessInfo()}

    @property
    def _rpc(self) -> Any:
        """New connection: the transport does not recover from a failed one."""
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=cast("Any", transport)).supervisor

    def wait_until_it_answers(self, *, seconds: float = 10.0) -> None:
        """Wait until the socket answers. Raises `SupervisorFailed`."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self._rpc.getState()
                return
            time.sleep(0.05)
        raise SupervisorFailed("The supervisor does not respond.")


@contextlib.contextmanager
def supervised(
    programs: list[Program],
    *,
    run_dir: Path,
    sockets: Path,
    logs: Path,
    directory: Path,
    environment: Mapping[str, str],
) -> Generator[Supervisor]:
    """Run programs in a session of their own, so that Ctrl-C reaches only us; stop them in order on exit."""
    socket = sockets / "supervisor.sock"
    config = run_dir / "supervisord.conf"
    config.write_text(render(programs, directory=directory, logs=logs, socket=socket))
    socket.unlink(missing_ok=True)
    with (run_dir / "supervisord.out").open("wb") as out:
        process = subprocess.Popen(
            command(config),
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        supervisor = Supervisor(process, socket)
        supervisor.wait_until_it_answers()
        yield supervisor
    finally:
        _end(process, seconds=sum({each.group: each.stop_seconds for each in programs}.values()) + 20)


def _end(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    process.terminate()
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _supervisord(directory: Path, logs: Path | None) -> str:
    """Log and pid are real files: it deletes the pid file on exit, which as root would succeed on /dev/null too."""
    log = _escape(str(logs / "supervisord.log")) if logs else "%(here)s/supervisord.log"
    lines = ["[supervisord]", "nodaemon=true", f"logfile={log}", "logfile_maxbytes=1MB", "logfile_backups=1"]
    if os.geteuid() == 0:
        lines.append("user=root")  # it requires this to be stated explicitly
    return "\n".join([*lines, "pidfile=%(here)s/supervisord.pid", f"directory={_escape(str(directory))}"])


def _rpc(socket: Path) -> str:
    return (
        f"[unix_http_server]\nfile={_escape(str(socket))}\nchmod=0700\n\n[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface"
    )


def _program(program: Program, logs: Path | None) -> str:
    settings = {
        "command": _escape(shlex.join(program.command)),
        "autostart": str(program.autostart).lower(),
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "1000000",  # an outage of any length ends in a start, not in FATAL
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        "stopasgroup": "false",  # each of ours ends its own children, in its own order
        "killasgroup": "true",
        "redirect_stderr": "true",
        **_log_to(program.name, logs),
    }
    return "\n".join([f"[program:{program.name}]", *(f"{name}={value}" for name, value in settings.items())])


def _log_to(name: str, logs: Path | None) -> dict[str, str]:
    if logs is None:
        return {"stdout_logfile": "/dev/fd/1", "stdout_logfile_maxbytes": "0"}
    path = _escape(_escape(str(logs / f"{name}.log")))  # this value it expands twice
    return {"stdout_logfile": path, "stdout_logfile_maxbytes": "10MB", "stdout_logfile_backups": "2"}


def _group(name: str, programs: list[Program]) -> str:
    members = [each for each in programs if each.group == name]
    names = ",".join(each.name for each in members)
    return f"[group:{name}]\nprograms={names}\npriority={members[0].priority}"


def _status(info: dict[str, Any]) -> Status:
    return Status(name=info["name"], state=info["statename"], pid=info["pid"])


def _escape(value: str) -> str:
    return value.replace("%", "%%")
