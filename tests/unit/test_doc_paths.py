"""Paths of modules that the architecture page and the decision records name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testing import documentation

ROOT = Path(__file__).parents[2]
PLACES = ("", "mediaproc", "mediaproc_worker")
"""Where a path may begin: pages leave out the package where it is clear."""

PAGES = {name: text for name, text in documentation.pages().items() if name.startswith(("architecture", "decisions/0"))}


def _paths(text: str) -> set[str]:
    return set(re.findall(r"`((?:[\w.]+/)*\w+\.(?:py|js|jsx))`", text))


def _exists(path: str) -> bool:
    if any((ROOT / place / path).exists() for place in PLACES):
        return True
    return "/" not in path and any(ROOT.glob(f"mediaproc*/**/{path}"))


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_module_that_is_named_exists(page: str) -> None:
    assert sorted(path for path in _paths(PAGES[page]) if not _exists(path)) == []


def test_the_pages_name_modules() -> None:
    assert len(_paths(PAGES["architecture.md"])) > 40
