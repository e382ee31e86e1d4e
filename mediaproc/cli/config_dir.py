"""Configuration folder of the command line: small JSON files that only their owner can read (mode 0600)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import typer


def path() -> Path:
    """The folder, in the place that the operating system has for it. It may not exist yet."""
    return Path(typer.get_app_dir("mediaproc"))


def write(file: Path, content: Mapping[str, str]) -> None:
    """Replace a file atomically. At no moment can another user read it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        json.dump(content, output)
    draft.replace(file)
