"""Workspace: the private scratch folder of an attempt. If its worker died, others remove it.

A folder's name identifies its owner, `{host}.{pid}.{start}.{random}`, from the moment it exists. `start` is in seconds
since boot, because a start time of day changes when the clock is set.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from mediaproc import logs
from mediaproc.settings import settings

log = logs.get_logger(__name__)


@contextmanager
def opened() -> Generator[Path]:
    """A new empty folder within `with`, removed at its end in any case."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_owner(os.getpid())}.", dir=_base()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers() -> int:
    """Remove folders of dead workers, and return their number.

    Those of other hosts are removed once they are older than any attempt.
    """
    dead = [folder for folder in _base().iterdir() if _is_dead(folder)]
    for folder in dead:
        log.info("workspace_removed", folder=folder.name)
        shutil.rmtree(folder, ignore_errors=True)
    return len(dead)


def _base() -> Path:
    base = settings().workspace_dir or Path(tempfile.gettempdir()) / f"mediaproc-{os.getuid()}"
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    if base.stat().st_uid != os.getuid():
        raise PermissionError(f"{base} belongs to another user")
    return base


def _owner(pid: int) -> str:
    return f"{_host()}.{pid}.{int(psutil.Process(pid).create_time() - psutil.boot_time())}"


def _host() -> str:
    return socket.gethostname().replace(".", "-")


def _is_dead(folder: Path) -> bool:
    host, _, rest = folder.name.partition(".")
    pid, _, _ = rest.partition(".")
    if not pid.isdigit():
        return False
    if host != _host():
        return _age_seconds(folder) > settings().attempt_timeout_seconds
    try:
        return not folder.name.startswith(f"{_owner(int(pid))}.")
    except psutil.NoSuchProcess:
        return True


def _age_seconds(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
