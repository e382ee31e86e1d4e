"""Stop what runs on a data directory, also after a crash."""

from __future__ import annotations

from pathlib import Path

import psutil

from mediaproc.embedded import orphans


def down(data_dir: Path) -> str:
    """End it in order and say what was done. A living `up` is asked first."""
    running = _living_up(data_dir)
    if running:
        running.terminate()
        psutil.wait_procs([running], timeout=60)
    left = orphans.end(data_dir)
    if not running and not left:
        return f"Nothing of {data_dir} runs."
    return f"Stopped. Your data stays in {data_dir}."


def _living_up(data_dir: Path) -> psutil.Process | None:
    """The process named in the lock's file, if it is one of ours still and not another that got its number."""
    try:
        process = psutil.Process(int((data_dir / "run" / "up.lock").read_text()))
        return process if "mediaproc" in process.cmdline() and "up" in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None
