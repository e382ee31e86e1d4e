"""`worker`: runs a worker's programs under a supervisor that replaces this process."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from mediaproc.commands import programs, project
from mediaproc.commands.checked import checked_settings
from mediaproc.runtime import supervisor


def work(*, slots: int) -> None:
    """Never returns. SIGTERM ends the supervisor, which ends its programs in order. `slots` 0: WORKER_SLOTS."""
    drain_seconds = checked_settings().drain_seconds
    chosen = [replace(each, autostart=True) for each in programs.worker(drain_seconds=drain_seconds)]
    path = Path(tempfile.mkdtemp(prefix="mediaproc-worker-")) / "supervisord.conf"
    path.write_text(supervisor.render(chosen, directory=project.project_dir(), logs=None))
    command = supervisor.command(path)
    if slots:
        os.environ["WORKER_SLOTS"] = str(slots)
    os.chdir(project.project_dir())
    _make_output_openable()
    os.execv(command[0], command)  # noqa: S606  # our own Python


def _make_output_openable() -> None:
    """Pipe standard output through `cat`: the supervisor reopens it by name, which fails for sockets and other
    users' files.
    """
    try:
        os.close(os.open("/dev/fd/1", os.O_WRONLY | os.O_APPEND))
    except OSError:
        copier = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        os.dup2(copier.stdin.fileno(), 1)  # pyright: ignore[reportOptionalMemberAccess]  # a pipe was asked for
