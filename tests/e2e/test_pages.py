"""Every page in light and dark, on a desk and on a phone: accessible, without overflow, and a picture to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Page, Route, expect

from mediaproc.client import Client
from testing import clips
from testing.browser import (
    assert_accessible,
    assert_fits,
    fill_sign_in_form,
    in_each_look,
    register,
    screenshot,
    sign_in,
    sign_up,
    wait_until,
)
from testing.site import PASSWORD, Site, new_account

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


@dataclass(frozen=True)
class Home:
    """An account with one video that is ready and one that failed."""

    email: str
    ready: str
    failed: str


@pytest.fixture(scope="module")
def home(site: Site, small_bunny: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    notes = tmp_path_factory.mktemp("notes") / "notes.mp4"
    notes.write_text("These are notes, not a film.\n")
    email, token = new_account(site)
    with Client(site.url, token) as client:
        ready, failed = (client.wait(client.upload(each).id) for each in (small_bunny, notes))
    assert (ready.status, failed.status) == ("completed", "failed")
    return Home(email=email, ready=f"/videos/{ready.id}", failed=f"/videos/{failed.id}")


@pytest.mark.console_errors(r"status of 404 .*/nowhere\)$")
def test_the_pages_before_the_door(blank: Page) -> None:
    blank.emulate_media(reduced_motion="reduce")
    for name, address in (
        ("sign-in", "/sign-in?error=wrong_credentials&email=ada@example.com"),
        ("register", "/register"),
        ("not-found", "/nowhere"),
    ):
        blank.goto(address)
        expect(blank.get_by_role("heading")).to_be_visible()
        _look(blank, name)
    register(blank)
    _look(blank, "empty")


def test_the_pages_behind_the_door(home: Home, blank: Page) -> None:
    blank.emulate_media(reduced_motion="reduce")
    blank.goto("/sign-in")
    fill_sign_in_form(blank, home.email, PASSWORD, "Sign in")
    expect(blank.locator(".card")).to_have_count(2)
    _look(blank, "library")
    blank.goto(home.ready)
    expect(blank.locator("hls-video")).to_be_visible()
    _look(blank, "video")
    blank.goto(home.failed)
    expect(blank.get_by_role("alert")).to_be_visible()
    _look(blank, "failed")
    blank.goto("/jobs")
    blank.get_by_role("button", name="Failed").click()
    expect(blank.locator(".job")).to_contain_text(["This file is not a video"])
    _look(blank, "jobs")


@pytest.mark.console_errors(r"net::ERR_.*/auth/refresh\)$")
def test_the_page_that_is_seen_while_a_sign_in_is_renewed(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    held: list[Route] = []
    page.route("**/api/v1/auth/refresh", lambda route: held.append(route))
    page.goto("/renew")
    expect(page.get_by_role("status")).to_contain_text("Renewing your session")
    for width, scheme in in_each_look(page):
        screenshot(page, f"renew-{width}-{scheme}")
        assert_accessible(page, scheme)
    wait_until(page, lambda: bool(held))
    *given_up, last = held  # a browser that waits long asks again, and a token is good once
    for each in given_up:
        each.abort()
    last.continue_()
    expect(page.get_by_text("Upload your first video")).to_be_visible()


def test_at_200_percent_nothing_has_to_be_scrolled_sideways(home: Home, blank: Page) -> None:
    """A desk's window, zoomed, has half as many CSS pixels each way."""
    blank.set_viewport_size({"width": 640, "height": 400})
    sign_in(blank, home.email, then="/")
    expect(blank.locator(".card")).to_have_count(2)
    assert_fits(blank)
    blank.goto(home.ready)
    expect(blank.locator("hls-video")).to_be_visible()
    expect(blank.get_by_role("link", name="Download original")).to_be_visible()
    assert_fits(blank)


def test_a_narrow_phone_has_no_sideways_scroll(home: Home, blank: Page) -> None:
    blank.set_viewport_size({"width": 360, "height": 720})
    sign_in(blank, home.email, then="/")
    expect(blank.locator(".card")).to_have_count(2)
    assert_fits(blank)
    assert _box(blank, "#search")["width"] >= 136, "“Search videos” can be read"
    blank.goto(home.ready)
    expect(blank.locator("hls-video")).to_be_visible()
    assert_fits(blank)
    assert _box(blank, ".video-cols aside")["y"] < _box(blank, ".activity")["y"], "downloads come before the log"
    blank.goto("/jobs")
    blank.get_by_role("button", name="Completed").click()
    expect(blank.locator(".job")).to_contain_text(["Big Buck Bunny"])
    assert_fits(blank)


def _box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found


def test_a_search_from_a_video_leads_to_the_library(home: Home, blank: Page) -> None:
    sign_in(blank, home.email, then=home.ready)
    expect(blank).to_have_title("Big Buck Bunny · Mediaproc")
    blank.get_by_label("Search videos").fill("note")
    blank.get_by_label("Search videos").press("Enter")
    expect(blank.locator(".card")).to_have_count(1)
    expect(blank.locator(".card")).to_contain_text("notes")
    expect(blank.get_by_label("Search videos")).to_have_value("note")


def test_a_job_that_was_cancelled_is_tried_again_where_it_is_listed(
    site: Site, blank: Page, small_bunny: Path, tmp_path: Path
) -> None:
    email, token = new_account(site)
    longer = tmp_path / "longer.mp4"
    clips.ffmpeg("-stream_loop", "40", "-i", str(small_bunny), "-c", "copy", str(longer))
    with Client(site.url, token) as client:
        video = client.upload(longer)
        assert client.cancel(video.id).status == "cancelled"
        sign_in(blank, email, then="/jobs")
        expect(blank.get_by_text("No active jobs")).to_be_visible()
        blank.get_by_role("button", name="Cancelled").click()
        blank.get_by_label("Select all").click()
        blank.get_by_role("group", name="Selected jobs").get_by_role("button", name="Retry").click()
        expect(blank.get_by_text("No cancelled jobs")).to_be_visible()
        client.cancel(video.id)
        blank.get_by_role("button", name="Retry longer").click()
        expect(blank.get_by_text("No cancelled jobs")).to_be_visible()
        assert len([each for each in client.jobs(video.id) if each.parent_id is None]) == 3
        client.delete(video.id)


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
    page.get_by_role("button", name="Switch to dark theme").click()
    expect(page.locator("html")).to_have_class("dark")
    page.reload()
    expect(page.locator("html")).to_have_class("dark")


@pytest.mark.console_errors(r"^Connecting to 'ws://127\.0\.0\.1:9/' violates")
def test_the_live_line_tells_that_it_is_down_and_mends_itself(new_context: Callable[[], BrowserContext]) -> None:
    context = new_context()
    context.add_init_script(_LINES_THAT_CAN_BE_CUT)
    page = context.new_page()
    sign_up(page)
    page.evaluate("() => { window.down = true; window.lines.at(-1).close() }")
    expect(page.get_by_text("Connection lost")).to_be_visible()
    page.evaluate("() => { window.down = false }")
    expect(page.get_by_text("Connection lost")).to_be_hidden()
    page.get_by_label("Search videos").fill("anything")
    expect(page.get_by_text("No results for “anything”")).to_be_visible()


def _look(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    for width, scheme in in_each_look(page):
        screenshot(page, f"{name}-{width}-{scheme}")
        assert_accessible(page, scheme)
