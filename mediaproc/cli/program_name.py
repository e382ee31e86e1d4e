"""Name of the program, as the user called it, for messages that tell them what to run next."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "MEDIAPROC_PROGRAM"
"""Set by scripts that wrap this program, such as `./dev`."""


def program_name() -> str:
    """`./dev`, `python -m mediaproc` or `mediaproc`."""
    if wrapper := os.environ.get(VARIABLE):
        return wrapper
    return "python -m mediaproc" if Path(sys.argv[0]).name == "__main__.py" else "mediaproc"
