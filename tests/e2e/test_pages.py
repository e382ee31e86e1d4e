"""Every page in light and dark, on a desk and on a phone: accessible, without overflow, and a picture to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import (
    PASSWORD,
    Site,
    assert_accessible,
    choose,
    fill_door,
    in_each_scheme,
    register,
    row,
    screenshot,
    sign_up,
)

WIDTHS = (1280, 390)
_LINES_THAT_CAN_BE_CUT = """
    const Real = window.WebSocket;
    window.lines = [];
    window.WebSocket = class extends Real {
        constructor(url, protocols) {
            super(window.down ? 'ws://127.0.0.1:9' : url, protocols);
            window.lines.push(this);
        }
    };
"""
HEIGHTS = {1280: 800, 390: 844, 360: 720}


@dataclass(frozen=True)
class Home:
    """An account with one video that is ready and one that failed."""

    email: str
    ready: str
    failed: str


@pytest.fixture(scope="module")
def home(site: Site, browser: Browser, bunny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    context = browser.new_context(base_url=site.url)
    context.set_default_timeout(40_000)
    page = context.new_page()
    email = sign_up(page)
    notes = tmp_path_factory.mktemp("notes") / "notes.mp4"
    notes.write_text("These are notes, not a film.\n")
    choose(page, bunny, notes)
    expect(row(page, bunny.name)).to_have_attribute("data-state", "done")
    expect(row(page, notes.name)).to_have_attribute("data-state", "failed")
    addresses = {name: page.locator(".card", has_text=name).get_attribute("href") or "" for name in ("Bunny", "notes")}
    context.close()
    yield Home(email=email, ready=addresses["Bunny"], failed=addresses["notes"])


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_before_the_door(new_context: Callable[..., BrowserContext], width: int) -> None:
    page = _page(new_context, width)
    for name, address in (
        ("sign-in", "/sign-in?error=wrong_credentials&email=ada@example.com"),
        ("register", "/register"),
        ("not-found", "/nowhere"),
    ):
        page.goto(address)
        expect(page.get_by_role("heading")).to_be_visible()
        _look(page, f"{name}-{width}")
    register(page)
    _look(page, f"empty-{width}")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_behind_the_door(new_context: Callable[..., BrowserContext], home: Home, width: int) -> None:
    page = _page(new_context, width)
    page.goto("/sign-in")
    fill_door(page, home.email, PASSWORD, "Sign in")
    expect(page.locator(".card")).to_have_count(2)
    _look(page, f"library-{width}")
    page.goto(home.ready)
    expect(page.locator("hls-video")).to_be_visible()
    _look(page, f"video-{width}")
    page.goto(home.failed)
    expect(page.get_by_role("alert")).to_be_visible()
    _look(page, f"failed-{width}")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    _look(page, f"delete-{width}")


def test_a_narrow_phone_has_no_sideways_scroll(new_context: Callable[..., BrowserContext], home: Home) -> None:
    page = _page(new_context, 360)
    page.goto("/sign-in")
    fill_door(page, home.email, PASSWORD, "Sign in")
    expect(page.locator(".card")).to_have_count(2)
    _assert_fits(page)
    page.goto(home.ready)
    expect(page.locator("hls-video")).to_be_visible()
    _assert_fits(page)


def test_a_search_from_a_video_leads_to_the_library(new_context: Callable[..., BrowserContext], home: Home) -> None:
    page = _page(new_context, 1280)
    page.goto(f"/sign-in?next={home.ready}")
    fill_door(page, home.email, PASSWORD, "Sign in")
    page.get_by_label("Search videos").fill("note")
    page.get_by_label("Search videos").press("Enter")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("notes")
    expect(page.get_by_label("Search videos")).to_have_value("note")


def test_the_title_of_the_tab_names_the_video(new_context: Callable[..., BrowserContext], home: Home) -> None:
    page = _page(new_context, 1280)
    page.goto(f"/sign-in?next={home.ready}")
    fill_door(page, home.email, PASSWORD, "Sign in")
    expect(page).to_have_title("Big Buck Bunny · Mediaproc")


def test_the_keys(page: Page) -> None:
    page.locator("dialog[aria-labelledby=keys-title]").wait_for(state="attached")
    page.keyboard.press("/")
    expect(page.get_by_label("Search videos")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past the choice of a preset, where keys choose
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_the_theme_can_be_chosen(page: Page) -> None:
    page.get_by_role("button", name="Switch to dark").click()
    expect(page.locator("html")).to_have_class("dark")
    page.reload()
    expect(page.locator("html")).to_have_class("dark")


def test_the_live_line_tells_that_it_is_down_and_mends_itself(new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    context.add_init_script(_LINES_THAT_CAN_BE_CUT)
    page = context.new_page()
    sign_up(page)
    page.evaluate("() => { window.down = true; window.lines.at(-1).close() }")
    expect(page.get_by_text("Connection lost")).to_be_visible()
    page.evaluate("() => { window.down = false }")
    expect(page.get_by_text("Connection lost")).to_be_hidden()
    page.get_by_label("Search videos").fill("anything")
    expect(page.get_by_text("No video is called “anything”")).to_be_visible()


def _page(new_context: Callable[..., BrowserContext], width: int) -> Page:
    return new_context(viewport={"width": width, "height": HEIGHTS[width]}, reduced_motion="reduce").new_page()


def _look(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    for scheme in in_each_scheme(page):
        screenshot(page, f"{name}-{scheme}")
        assert_accessible(page, scheme)
    _assert_fits(page)


def _assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
