"""What the tests in a browser are given."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import browsing, clips
from tests.browsing import PATIENCE_SECONDS, Site, sign_up


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """`./dev up` on a directory of its own."""
    with browsing.running_site() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, or Playwright's own."""
    with browsing.chromium() as running:
        yield running


@pytest.fixture
def new_context(site: Site, browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make a browser of somebody's own. What a page writes to its console as an error fails the test at the end."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(base_url=site.url, accept_downloads=True, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("dialog", lambda dialog: dialog.accept())
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of somebody who is new here."""
    page = new_context(viewport={"width": 1280, "height": 800}).new_page()
    sign_up(page)
    return page


@pytest.fixture(scope="session")
def bunny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real clip under a name as people give."""
    path = tmp_path_factory.mktemp("clips") / "Big Buck Bunny.mp4"
    shutil.copy(clips.bunny(), path)
    return path


@pytest.fixture(scope="session")
def small_bunny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clip so small that it is encoded in a second, for tests of everything around that."""
    path = tmp_path_factory.mktemp("clips") / "Big Buck Bunny.mp4"
    clips.ffmpeg("-i", str(clips.bunny()), "-s", "320x180", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", str(path))
    return path
