"""`down`: stops everything that runs on a data directory, also after a crash."""

from __future__ import annotations

from pathlib import Path

import psutil

from mediaproc.embedded import orphans


def down(data_dir: Path) -> str:
    """Stop all processes in order and return a summary. A running `up` is asked first."""
    running = _living_up(data_dir)
    if running:
        running.terminate()
        psutil.wait_procs([running], timeout=60)
    left = orphans.end(data_dir)
    if not running and not left:
        return f"Nothing is running on {data_dir}."
    return f"Stopped. Your data is kept in {data_dir}."


def _living_up(data_dir: Path) -> psutil.Process | None:
    """Process named in the lock file, if it is still an `up` of ours and not a reused process id."""
    try:
        process = psutil.Process(int((data_dir / "run" / "up.lock").read_text()))
        return process if "mediaproc" in process.cmdline() and "up" in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None
