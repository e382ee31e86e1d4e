"""What the tests in a browser are given."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, WebError

from tests import browsing, clips
from tests.browsing import PATIENCE_SECONDS, Site, sign_up

DESK: ViewportSize = {"width": 1280, "height": 800}


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
def errors() -> Iterator[list[str]]:
    """What pages write to their console as an error. It fails the test at the end."""
    seen: list[str] = []
    yield seen
    assert seen == []


@pytest.fixture
def new_context(site: Site, browser: Browser, errors: list[str]) -> Iterator[Callable[[], BrowserContext]]:
    """Make a browser of somebody's own, which has seen nothing of Mediaproc yet."""
    contexts: list[BrowserContext] = []

    def make() -> BrowserContext:
        contexts.append(_new_context(site, browser))
        contexts[-1].on("weberror", _noting(errors))
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def kept_tab(site: Site, browser: Browser) -> Iterator[Page]:
    """The tab that most tests share, swept between them: with all of the page's code compiled, it opens in a third
    of the time of a new one."""
    context = _new_context(site, browser)
    yield context.new_page()
    context.close()


@pytest.fixture
def blank(site: Site, kept_tab: Page, errors: list[str]) -> Iterator[Page]:
    """A tab of somebody who is not signed in and of whom the browser remembers nothing."""
    _sweep(kept_tab, site)
    note = _noting(errors)
    kept_tab.context.on("weberror", note)
    yield kept_tab
    kept_tab.context.remove_listener("weberror", note)


@pytest.fixture
def page(blank: Page) -> Page:
    """A page of somebody who is new here."""
    sign_up(blank)
    return blank


def _sweep(tab: Page, site: Site) -> None:
    """Undo whatever a test may have done to it, its browser or the site's memory in it."""
    tab.unroute_all()
    tab.context.unroute_all()
    tab.context.set_offline(False)
    for other in tab.context.pages[1:]:
        other.close()
    tab.goto("/livez")
    tab.evaluate("sessionStorage.clear()")
    line = tab.context.new_cdp_session(tab)
    line.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "cookies,local_storage"})
    line.detach()
    tab.goto("about:blank")
    tab.set_viewport_size(DESK)
    tab.emulate_media(color_scheme="light", reduced_motion="no-preference")


def _noting(errors: list[str]) -> Callable[[WebError], None]:
    return lambda error: errors.append(str(error.error))


def _new_context(site: Site, browser: Browser) -> BrowserContext:
    context = browser.new_context(base_url=site.url, accept_downloads=True, viewport=DESK)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.on("dialog", lambda dialog: dialog.accept())
    return context


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
