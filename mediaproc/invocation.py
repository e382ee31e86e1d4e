"""How this program was started, so that a message names a command that the reader can type."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROGRAM_VARIABLE = "MEDIAPROC_PROGRAM"
"""Set by `./dev` to its own name, and inherited by every process that it starts."""


def program() -> str:
    """`./dev`, `mediaproc` (the installed script) or `python -m mediaproc`."""
    if named := os.environ.get(PROGRAM_VARIABLE):
        return named
    return "mediaproc" if Path(sys.argv[0]).stem == "mediaproc" else "python -m mediaproc"


def command(arguments: str) -> str:
    """A whole command line, such as `./dev login`."""
    return f"{program()} {arguments}"
