"""Truth of the page: what waits, what is ready, what is uploaded; and what was done can be undone."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from mediaproc.client import Client
from testing import clips
from testing.browser import (
    PATIENCE_SECONDS,
    assert_accessible,
    assert_fits,
    choose,
    in_each_look,
    row,
    screenshot,
    sign_in,
    wait_until,
)
from testing.site import Site, new_account
from tests.e2e.test_uploads import MEBIBYTE, slow_line


@contextmanager
def all_workers_busy(site: Site) -> Generator[None]:
    """No worker of the site claims a job meanwhile."""
    stopped = site.processes("mediaproc_worker.consumer")
    assert stopped
    for each in stopped:
        each.suspend()
    try:
        yield
    finally:
        for each in stopped:
            each.resume()


def test_what_waits_says_so_with_its_place_and_a_priority_moves_it(
    site: Site, blank: Page, small_bunny: Path, tmp_path: Path
) -> None:
    email, token = new_account(site)
    with Client(site.url, token) as client, all_workers_busy(site):
        for name in ("one", "two", "three"):
            client.upload(Path(shutil.copy(small_bunny, tmp_path / f"{name}.mp4")))
        sign_in(blank, email, then="/")
        expect(_card(blank, "two")).to_contain_text("Waiting, 2nd of 3")
        blank.goto("/jobs")
        expect(blank.locator(".job .pill")).to_have_text([f"Waiting, {place} of 3" for place in ("1st", "2nd", "3rd")])
        expect(blank.locator(".job-title")).to_have_text(["one", "two", "three"])
        blank.get_by_label("Priority of three").select_option("High")
        expect(blank.locator(".job-title")).to_have_text(["three", "one", "two"])
        blank.get_by_label("Select “one”").click()
        assert blank.get_by_label("1 selected").evaluate("(box) => box.indeterminate")
        _look(blank, "waiting")
        blank.get_by_role("button", name="Running").click()
        expect(blank.get_by_text("No running jobs")).to_be_visible()
        blank.get_by_role("button", name="Waiting").click()
        blank.get_by_role("button", name="Cancel two").click()
        expect(blank.locator(".notice")).to_contain_text("Processing of “two” cancelled")
        blank.get_by_role("button", name="Failed").click()
        expect(blank.get_by_text("No failed jobs")).to_be_visible()
        blank.get_by_role("button", name="Cancelled").click()
        expect(blank.locator(".job-title")).to_have_text(["two"])
        blank.get_by_role("button", name="Undo").click()
        expect(blank.get_by_text("No cancelled jobs")).to_be_visible()
        blank.goto("/")
        _card(blank, "two").click()
        expect(blank.locator(".processing")).to_contain_text("Waiting, 3rd of 3")
    expect(blank.locator(".facts")).to_contain_text("Ready", timeout=3 * PATIENCE_SECONDS * 1000)


def test_a_ready_video_stays_ready_and_what_is_deleted_comes_back(site: Site, blank: Page, tmp_path: Path) -> None:
    title = "A long title about a silent film that nobody can read in one line of a card"
    silent = clips.make(tmp_path / f"{title}.mp4", audio=None)
    email, token = new_account(site)
    with Client(site.url, token) as client:
        video = client.wait(client.upload(silent).id)
        sign_in(blank, email, then=f"/videos/{video.id}")
        blank.get_by_role("button", name="Reprocess").click()
        audio_only = blank.get_by_role("button", name="Audio only")
        expect(audio_only).to_be_disabled()
        expect(audio_only).to_contain_text("it has no audio")
        _look(blank, "reprocess-menu")
        blank.keyboard.press("Escape")
        client.reprocess(video.id, "audio")
        told = blank.get_by_role("status").filter(has_text="Reprocessing")
        expect(told).to_contain_text("Reprocessing with “Audio only” failed: This video has no audio")
        expect(blank.locator(".facts")).to_contain_text("Ready")
        expect(blank.locator(".details")).to_contain_text("Web, version 1")
        expect(blank.get_by_role("link", name=f"Download {video.renditions[0].name}")).to_be_visible()
        expect(blank.get_by_role("button", name="Retry")).to_have_count(0)
        found = client.video(video.id)
        assert (found.status, found.error, found.job and found.job.status) == ("completed", None, "failed")
        _look(blank, "failed-beside")
        blank.get_by_role("button", name="Delete").click()
        expect(blank.get_by_text("Upload your first video")).to_be_visible()
        _look(blank, "deleted")
        blank.get_by_role("button", name="Undo").click()
        expect(_card(blank, title)).to_be_visible()
        _look(blank, "restored")
        assert client.video(video.id).status == "completed"


def test_figures_of_an_upload_are_what_storage_has(page: Page, tmp_path: Path) -> None:
    big = tmp_path / "holiday.mp4"
    big.write_bytes(os.urandom(41 * MEBIBYTE))
    with slow_line(page, bytes_per_second=4_000_000):
        choose(page, big)
        bar = row(page, big.name).get_by_role("progressbar")
        wait_until(page, lambda: bar.evaluate("(bar) => bar.value") > 10)
        page.get_by_role("button", name=f"Pause {big.name}").click()
        expect(page.locator(".tray-head")).to_contain_text("Paused 1 file")
        expect(row(page, big.name)).to_have_attribute("data-finishing", "false")
    stored = _stored_bytes(page)
    assert stored >= 8 * MEBIBYTE
    figures = f"{stored / 1e6:.1f} MB of 43.0 MB"
    expect(row(page, big.name)).to_contain_text(f"{figures} · Paused")
    page.reload()
    expect(row(page, big.name)).to_contain_text(f"{figures} · Select the file again to resume")

    shorter, other, renamed = (tmp_path / name for name in ("shorter.mp4", "other.mp4", "renamed.mp4"))
    shorter.write_bytes(big.read_bytes()[:-1_000_000])
    other.write_bytes(os.urandom(41 * MEBIBYTE))
    shutil.copy(big, renamed)
    _select_again(page, big.name, shorter)
    expect(row(page, big.name)).to_contain_text("“shorter.mp4” is another file: 42.0 MB, not 43.0 MB")
    _select_again(page, big.name, other)
    expect(row(page, big.name)).to_contain_text("“other.mp4” is another file of the same size")
    page.set_viewport_size({"width": 390, "height": 844})
    _look(page, "another-file")
    page.get_by_role("button", name=f"Cancel {big.name}").click()
    expect(page.locator(".tray")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    _select_again(page, big.name, renamed)
    expect(row(page, big.name)).to_contain_text("not a video")
    page.get_by_role("button", name="Collapse uploads").click()
    expect(page.locator(".tray")).to_contain_text("1 file failed")
    _assert_nothing_is_covered(page)
    _look(page, "failed-upload")


def _card(page: Page, title: str) -> Locator:
    return page.locator(".card", has_text=title)


def _look(page: Page, name: str) -> None:
    for width, scheme in in_each_look(page):
        screenshot(page, f"{name}-{width}-{scheme}")
        assert_accessible(page, scheme)
        assert_fits(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


def _stored_bytes(page: Page) -> int:
    """Bytes that storage has of the only unfinished upload."""
    (saved,) = page.evaluate("Object.entries(localStorage).filter(([key]) => key.startsWith('mediaproc.uploads.'))")
    (id,) = re.findall(r'"id":"([^"]+)"', saved[1])
    found: dict[str, Any] = page.request.get(f"/api/v1/uploads/{id}").json()
    return sum(part["size_bytes"] for part in found["uploaded_parts"])


def _select_again(page: Page, name: str, path: Path) -> None:
    with page.expect_file_chooser() as opened:
        page.get_by_role("button", name=f"Select {name} again").click()
    opened.value.set_files(path)


def _assert_nothing_is_covered(page: Page) -> None:
    """On a phone the end of the page can be scrolled to above the tray."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    last = page.locator("#content .card").last.bounding_box()
    tray = page.locator(".tray").bounding_box()
    assert last
    assert tray
    assert last["y"] + last["height"] <= tray["y"]


@pytest.mark.console_errors(r"status of 404 .*/nowhere\)$")
def test_an_unknown_page_keeps_its_button_apart(blank: Page) -> None:
    blank.goto("/nowhere")
    text, link = blank.locator(".auth-sub").bounding_box(), blank.locator("a.btn").bounding_box()
    assert text
    assert link
    assert link["y"] - (text["y"] + text["height"]) >= 16
