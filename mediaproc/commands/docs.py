"""Documentation site: built or previewed by MkDocs, with the pages that `docs_build` generates from the code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mediaproc.commands import ROOT


def build(folder: Path, *, quiet: bool = False) -> int:
    """Build the site into a folder. Any warning is an error. Returns the exit status."""
    return _mkdocs("build", "--strict", "--site-dir", str(folder), *(["--quiet"] if quiet else []))


def serve(port: int) -> int:
    """Serve a preview on this machine that reloads after each change, until Ctrl-C. Returns the exit status."""
    return _mkdocs("serve", "--dev-addr", f"127.0.0.1:{port}")


def _mkdocs(*arguments: str) -> int:
    # Material prints a notice about MkDocs 2 at each build; the versions here are pinned.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
