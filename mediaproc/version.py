"""The version: `pyproject.toml` beside the package in a checkout, else the metadata of the installed distribution."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

_PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def version() -> str:
    """The version, such as "1.4.0". "unknown" if the package was copied without either source."""
    return _of_checkout() or _of_distribution() or "unknown"


def _of_checkout() -> str | None:
    try:
        project = tomllib.loads(_PYPROJECT.read_text())["project"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return None
    return str(project["version"]) if project.get("name") == "mediaproc" else None


def _of_distribution() -> str | None:
    try:
        return metadata.version("mediaproc")
    except metadata.PackageNotFoundError:
        return None
