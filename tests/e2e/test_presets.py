"""Choosing presets on the page: for new uploads, and for a video that is processed again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from testing import clips
from testing.browser import assert_accessible, choose, row, screenshot


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make(tmp_path_factory.mktemp("clip") / "A walk.mp4", seconds=1, size="320x180")


def test_a_preset_is_chosen_for_uploads_and_another_one_afterwards(page: Page, clip: Path) -> None:
    preset = page.get_by_label("Preset for new uploads")
    preset.select_option(label="GIF")
    page.reload()
    expect(preset).to_have_value("gif")
    choose(page, clip)
    expect(row(page, clip.name)).to_have_attribute("data-state", "done")
    page.goto(page.locator(".card").first.get_attribute("href") or "")
    loop = page.locator(".player-frame img[alt='A walk']")
    expect(loop).to_be_visible()
    assert loop.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    expect(page.locator(".details")).to_contain_text("GIF, version 1")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download GIF").click()
    assert downloading.value.suggested_filename == "A walk.gif"
    page.get_by_role("button", name="Reprocess").click()
    assert_accessible(page)
    screenshot(page, "reprocess-1280-light")
    page.get_by_role("button", name="Web, HEVC").click()
    expect(page.locator(".details")).to_contain_text("Web, HEVC, version 1")
    expect(page.locator(".player-frame")).to_contain_text("This browser cannot play HEVC")
