"""Orphans: processes that a crashed start left behind, identified by their data directory and ended in order.

Every process of `./dev up` inherits `MEDIAPROC_DATA_DIR`. Postgres overwrites its environment and is identified by the
data directory on its command line. No process is ever selected by name alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

MARK = "MEDIAPROC_DATA_DIR"


def of(data_dir: Path) -> list[psutil.Process]:
    """Living processes of this data directory, except this process and its ancestors."""
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [each for each in psutil.process_iter() if each.pid not in spared and _belongs(each, data_dir)]


def end(data_dir: Path, *, seconds: float = 40.0) -> int:
    """End them: first the supervisor, which ends its programs in order, then the rest. Returns their number."""
    found = of(data_dir)
    _terminate([each for each in found if _is_supervisor(each)], seconds=seconds)
    _terminate([each for each in of(data_dir) if not _is_server(each)], seconds=10)
    _terminate(of(data_dir), seconds=10)
    return len(found)


def _belongs(process: psutil.Process, data_dir: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(MARK) == str(data_dir) or _is_postgres_of(process, data_dir)
    except (psutil.Error, OSError):
        return False


def _is_postgres_of(process: psutil.Process, data_dir: Path) -> bool:
    command = process.cmdline()
    return bool(command) and Path(command[0]).name == "postgres" and str(data_dir / "postgres") in command


def _is_supervisor(process: psutil.Process) -> bool:
    return "supervisor.supervisord" in _command(process)


def _is_server(process: psutil.Process) -> bool:
    command = _command(process)
    return "mediaproc.embedded.postgres" in command or Path(command[0] if command else "").name in {
        "postgres",
        "valkey-server",
        "weed",
    }


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _terminate(processes: Iterable[psutil.Process], *, seconds: float) -> None:
    processes = list(processes)
    for each in processes:
        _signal(each.terminate)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for each in alive:
        _signal(each.kill)
    psutil.wait_procs(alive, timeout=5)


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return
