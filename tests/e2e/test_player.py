"""The player's controls by mouse and by keyboard, and what a visit to a video leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from testing.browser import choose, row, wait_until

_CONTROLS = {"PLAY-BUTTON", "MUTE-BUTTON", "TIME-RANGE", "PLAYBACK-RATE-MENU-BUTTON", "RENDITION-MENU-BUTTON"}
_VISITS = 20


@pytest.fixture
def card(page: Page, small_bunny: Path) -> Page:
    """The library with one video that is ready."""
    choose(page, small_bunny)
    expect(row(page, small_bunny.name)).to_have_attribute("data-state", "done")
    return page


@pytest.fixture
def devtools(card: Page) -> Iterator[CDPSession]:
    """DevTools of the tab."""
    session = card.context.new_cdp_session(card)
    session.send("HeapProfiler.enable")
    yield session
    session.detach()


def _open(page: Page) -> None:
    page.locator(".card").first.click()
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video')?.readyState >= 1"))


def test_the_last_item_of_a_menu_can_be_clicked_and_slow_motion_chosen(card: Page) -> None:
    _open(card)
    for place, rate in ((-1, 2), (0, 0.5)):
        card.locator("media-playback-rate-menu-button").click()
        card.locator("media-playback-rate-menu media-chrome-menu-item").nth(place).click()
        wait_until(card, lambda rate=rate: card.evaluate("document.querySelector('hls-video').playbackRate") == rate)
    card.locator("media-controller").press("<")
    assert card.evaluate("document.querySelector('hls-video').playbackRate") == 0.5, "there is nothing slower"


def test_tab_reaches_the_controls(card: Page) -> None:
    _open(card)
    card.get_by_role("button", name="Account").focus()
    reached: set[str] = set()
    for _ in range(12):
        card.keyboard.press("Tab")
        reached.add(card.evaluate("document.activeElement.tagName").removeprefix("MEDIA-"))
    assert reached >= _CONTROLS


def test_a_visit_leaves_no_nodes_and_listeners_behind(card: Page, devtools: CDPSession) -> None:
    _visit(card, 3)
    before = _counters(devtools)
    _visit(card, _VISITS)
    after = _counters(devtools)
    assert after["nodes"] - before["nodes"] < 10 * _VISITS, (before, after)
    assert after["jsEventListeners"] - before["jsEventListeners"] < _VISITS, (before, after)


def _visit(page: Page, times: int) -> None:
    for _ in range(times):
        _open(page)
        page.get_by_role("link", name="Library").first.click()
        expect(page.locator(".card")).to_be_visible()


def _counters(devtools: CDPSession) -> dict[str, int]:
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    return devtools.send("Memory.getDOMCounters")
