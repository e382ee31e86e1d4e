"""Settings, presets: a team's own is made, chosen for an upload, changed and deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from mediaproc.domain.errors import Detail
from testing import clips
from testing.browser import assert_accessible, choose, in_each_look, row, screenshot


def _open(page: Page) -> Locator:
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Manage presets").click()
    expect(page.get_by_role("heading", name="New preset")).to_be_visible()
    return page.get_by_role("form", name="Preset")


def _own(page: Page) -> Locator:
    return page.get_by_role("list", name="Team presets").get_by_role("listitem")


def _fill(form: Locator, title: str) -> None:
    """One size, by keyboard alone: the other rows are left out."""
    form.get_by_label("Title", exact=True).fill(title)
    for number in (3, 2):
        form.get_by_role("button", name=f"Remove rendition {number}").press("Enter")
    form.get_by_label("Height of rendition 1").fill("145")
    form.get_by_label("Remove audio").check()
    form.get_by_label("Max frame rate (fps)").fill("0")


def _mark(form: Locator, folder: Path) -> None:
    """A watermark: first by a file that is none, then by a real one."""
    image = form.get_by_label("Watermark, PNG")
    (folder / "notes.png").write_text("no image")
    image.set_input_files(folder / "notes.png")
    expect(form.get_by_role("alert")).to_have_text(Detail.IMAGE_NOT_PNG)
    clips.ffmpeg("-f", "lavfi", "-i", "color=red:s=60x30", "-frames:v", "1", str(folder / "logo.png"))
    image.set_input_files(folder / "logo.png")
    expect(form.get_by_alt_text("Watermark", exact=True)).to_be_visible()
    expect(form.get_by_role("alert")).to_have_count(0)
    form.get_by_label("Watermark corner").select_option("top-left")


@pytest.mark.console_errors(r"status of 422 .*/api/v1/images\)$")
def test_a_preset_is_made_used_changed_and_deleted(page: Page, tmp_path: Path) -> None:
    form = _open(page)
    _fill(form, "For the hallway")
    form.get_by_role("button", name="Create preset").click()
    expect(form.get_by_role("alert")).to_have_text(["A height must be an even number", "At least 1"])
    expect(form.get_by_label("Height of rendition 1")).to_be_focused()
    expect(form.get_by_role("alert").first).to_be_in_viewport()
    assert_accessible(page)
    form.get_by_label("Height of rendition 1").fill("144")
    form.get_by_label("Max frame rate (fps)").fill("12")
    form.get_by_role("button", name="Create preset").press("Enter")
    expect(_own(page)).to_contain_text("H.264 · 144p · max 12 fps · no audioversion 1")
    expect(form.get_by_label("Title", exact=True)).to_have_value("")
    page.get_by_label("Preset for new uploads").select_option(label="For the hallway")
    clip = clips.make(tmp_path / "A walk.mp4", seconds=1, size="320x180")
    choose(page, clip)
    expect(row(page, clip.name)).to_have_attribute("data-state", "done")

    _own(page).get_by_role("button", name="Edit For the hallway").click()
    expect(form.get_by_label("Title", exact=True)).to_be_focused()
    expect(form.get_by_label("Height of rendition 1")).to_have_value("144")
    expect(form.get_by_label("Remove audio")).to_be_checked()
    form.get_by_label("Rotation").select_option("90")
    form.get_by_label("Target VMAF").fill("90")
    form.get_by_label("Max bitrate of rendition 1").fill("400")
    form.get_by_label("Subtitles", exact=True).select_option("burn-in")
    _mark(form, tmp_path)
    form.get_by_role("button", name="Save changes").click()
    expect(_own(page)).to_contain_text("H.264 · 144p · VMAF 90 · max 12 fps")
    expect(_own(page)).to_contain_text("rotated 90° · no audio · burned-in subtitles · watermarkversion 2")
    _own(page).get_by_role("button", name="Delete For the hallway").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Delete preset").click()
    expect(page.get_by_text("No presets yet")).to_be_visible()
    expect(page.get_by_label("Preset for new uploads")).to_have_value("web")

    page.goto("/")
    page.goto(page.locator(".card").first.get_attribute("href") or "")
    expect(page.locator(".details")).to_contain_text("For the hallway, version 1")
    expect(page.get_by_role("cell", name="144p", exact=True)).to_be_visible()


@pytest.mark.console_errors(r"status of 422 .*/api/v1/images\)$")
def test_a_refused_watermark_makes_no_preset_without_one(page: Page, tmp_path: Path) -> None:
    form = _open(page)
    form.get_by_label("Title", exact=True).fill("Marked")
    (tmp_path / "notes.png").write_text("no image")
    form.get_by_label("Watermark, PNG").set_input_files(tmp_path / "notes.png")
    expect(form.get_by_role("alert")).to_have_text(Detail.IMAGE_NOT_PNG)
    form.get_by_role("button", name="Create preset").click()
    expect(form.get_by_label("Watermark, PNG")).to_be_focused()
    expect(page.get_by_text("No presets yet")).to_be_visible()
    form.get_by_role("button", name="No watermark").click()
    form.get_by_role("button", name="Create preset").click()
    expect(_own(page)).to_contain_text("Marked")


def test_the_page_in_every_look(page: Page) -> None:
    form = _open(page)
    _fill(form, "Trailer")
    form.get_by_label("Height of rendition 1").fill("720")
    form.get_by_label("Max frame rate (fps)").fill("30")
    form.get_by_role("button", name="Create preset").click()
    expect(_own(page)).to_be_visible()
    _fill(form, "Another")
    form.get_by_role("button", name="Create preset").click()
    expect(form.get_by_role("alert")).to_have_count(2)
    page.evaluate("window.scrollTo(0, 0)")
    for width, scheme in in_each_look(page, height=1400):
        assert_accessible(page, scheme)
        screenshot(page, f"presets-{width}-{scheme}")
