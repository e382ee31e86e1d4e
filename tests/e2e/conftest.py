"""What the tests in a browser are given."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, WebError

from testing import clips
from testing.browser import PATIENCE_SECONDS, chromium, sign_up
from testing.ffmpeg_gate import FfmpegGate
from testing.site import Site, running_site
from tests.conftest import NOT_NICE

DESK: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> FfmpegGate:
    """The gate in front of the site's video encodes."""
    return FfmpegGate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="session")
def site(gate: FfmpegGate) -> Iterator[Site]:
    """`./dev up` on a directory of its own."""
    with running_site({"FFMPEG_PATH": str(gate.program), "ENCODE_NICE": NOT_NICE}) as running:
        yield running


@pytest.fixture
def held(gate: FfmpegGate) -> Iterator[FfmpegGate]:
    """The gate, closed: video encodes begin when the test opens it, or at its end."""
    with gate.closed():
        yield gate


@pytest.fixture
def slowed(gate: FfmpegGate) -> Iterator[Callable[[float], None]]:
    """Slows down the test's video encodes to so many seconds of video a second."""
    yield gate.slow_down
    gate.speed_up()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, or Playwright's own."""
    with chromium() as running:
        yield running


class Errors:
    """What pages throw, and what browsers write to their console as an error: a failed load, a policy's refusal."""

    def __init__(self, expected: Iterable[str]) -> None:
        self._expected = list(expected)
        self._seen: list[str] = []

    @property
    def unexpected(self) -> list[str]:
        """All but those that a test has named."""
        return [each for each in self._seen if not any(re.search(pattern, each) for pattern in self._expected)]

    @contextmanager
    def heard_from(self, context: BrowserContext) -> Generator[None]:
        """Hear all tabs of a browser."""
        listeners = {"weberror": self._note_thrown, "console": self._note_written}
        for event, listener in listeners.items():
            context.on(event, listener)  # pyright: ignore[reportCallIssue, reportArgumentType]
        try:
            yield
        finally:
            for event, listener in listeners.items():
                context.remove_listener(event, listener)

    def _note_thrown(self, error: WebError) -> None:
        self._seen.append(str(error.error))

    def _note_written(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._seen.append(f"{message.text} ({message.location['url']})")


@pytest.fixture
def errors(request: pytest.FixtureRequest) -> Iterator[Errors]:
    """Errors of all tabs. One that no `console_errors` of the test names fails it at the end."""
    named = [pattern for marker in request.node.iter_markers("console_errors") for pattern in marker.args]
    heard = Errors(named)
    yield heard
    assert heard.unexpected == []


@pytest.fixture
def new_context(site: Site, browser: Browser, errors: Errors) -> Iterator[Callable[[], BrowserContext]]:
    """Make a browser of somebody's own, which has seen nothing of Mediaproc yet."""
    with ExitStack() as closing:

        def make() -> BrowserContext:
            context = closing.enter_context(_new_context(site, browser))
            closing.enter_context(errors.heard_from(context))
            return context

        yield make


@pytest.fixture(scope="session")
def kept_tab(site: Site, browser: Browser) -> Iterator[Page]:
    """The tab that most tests share, swept between them: with all of the page's code compiled, it opens in a third
    of the time of a new one."""
    context = _new_context(site, browser)
    yield context.new_page()
    context.close()


@pytest.fixture
def blank(site: Site, kept_tab: Page, errors: Errors) -> Iterator[Page]:
    """A tab of somebody who is not signed in and of whom the browser remembers nothing."""
    _sweep(kept_tab, site)
    with errors.heard_from(kept_tab.context):
        yield kept_tab


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
    clips.ffmpeg(
        "-i", str(clips.bunny()), "-s", "320x180", "-r", "10", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", str(path)
    )
    return path
