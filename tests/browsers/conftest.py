"""Browsers that are not Chromium, in front of the whole product."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mediaproc.commands.lanes import FIREFOX, PLUGINS, WEBKIT, XVFB, Program
from testing.site import Site, running_site
from tests.browsers.remote import Remote, firefox, webkit


@dataclass(frozen=True)
class Browser:
    """How to start one, and the programs that this takes."""

    start: Callable[[Path], AbstractContextManager[Remote]]
    programs: tuple[Program, ...]


BROWSERS = {"firefox": Browser(firefox, (FIREFOX,)), "webkit": Browser(webkit, (WEBKIT, XVFB, *PLUGINS))}


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """`./dev up` on a directory of its own."""
    with running_site() as running:
        yield running


@pytest.fixture(params=BROWSERS)
def window(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Remote]:
    """A window of each browser that is installed here."""
    browser = BROWSERS[request.param]
    for program in browser.programs:
        if program.path is None:
            pytest.skip(str(program))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path))
    folder = tmp_path / "browser"
    folder.mkdir()
    with browser.start(folder) as running:
        yield running
