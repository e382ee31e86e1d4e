"""Snippets of a video's page, run as a user pastes them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from testing import clips
from testing.browser import assert_accessible, choose, in_each_look, row, screenshot


@pytest.fixture
def panel(page: Page, tmp_path: Path) -> Locator:
    """The panel of a video that is ready, unfolded."""
    clip = clips.make(tmp_path / "A walk.mp4", seconds=1, size="320x180")
    choose(page, clip)
    expect(row(page, clip.name)).to_have_attribute("data-state", "done")
    page.goto(page.locator(".card").first.get_attribute("href") or "")
    panel = page.locator("details", has=page.get_by_role("heading", name="For developers"))
    panel.locator("summary").click()
    expect(panel.get_by_role("heading", name="Update")).to_be_visible()
    return panel


def _lines(panel: Locator, chapter: str) -> list[str]:
    return (
        panel.locator("section", has=panel.page.get_by_role("heading", name=chapter)).locator("pre").all_inner_texts()
    )


def _key(page: Page) -> str:
    """A key made where the panel says that one is."""
    form = page.get_by_role("form", name="New API key")
    form.get_by_role("textbox", name="Name").fill("a stranger")
    form.get_by_role("button", name="Create API key").click()
    shown = page.locator(".secret pre")
    expect(shown).to_have_text(re.compile("^mp_"))
    return shown.inner_text()


def _run(line: str, key: str, folder: Path) -> str:
    folder.mkdir()
    environment = {**os.environ, "MEDIAPROC_API_KEY": key}
    done = subprocess.run(
        ["sh", "-euc", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="the lines take curl")
def test_each_line_does_what_it_says(page: Page, panel: Locator, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    (look, jobs), (in_shell, in_page), (hls, dash), downloads, (again, retry, cancel, delete) = (
        _lines(panel, chapter) for chapter in ("Retrieve", "Follow", "Play", "Download", "Update")
    )
    panel.get_by_role("button", name="Copy Shell").click()
    assert page.evaluate("navigator.clipboard.readText()") == in_shell
    with page.expect_console_message(lambda message: '"status": "completed"' in message.text):
        page.evaluate(f"() => {{ {in_page} }}")
    panel.get_by_role("link", name="Settings → API keys").click()
    key = _key(page)
    assert '"title":"A walk"' in _run(look, key, tmp_path / "look")
    assert '"attempts"' in _run(jobs, key, tmp_path / "jobs")
    assert '"status": "completed"' in _run(in_shell, key, tmp_path / "follow")
    assert {each["codec_name"] for each in clips.ffprobe(hls)["streams"]} == {"h264", "aac"}
    with urllib.request.urlopen(dash, timeout=20) as answer:
        assert b"<MPD" in answer.read()
    for at, line in enumerate(downloads):
        _run(line, key, tmp_path / f"download-{at}")
    saved = [path.name for path in sorted(tmp_path.glob("download-*/*"))]
    assert saved == ["A walk-180p.mp4", "A walk-180p.mp4", "A walk.mp4"]
    another = again.replace('"preset": "web"', '"preset": "web-av1"')
    assert '"preset":"web-av1"' in _run(another, key, tmp_path / "again")
    assert '"status":"cancelled"' in _run(cancel, key, tmp_path / "cancel")
    assert '"status":"queued"' in _run(retry, key, tmp_path / "retry")
    assert _run(delete, key, tmp_path / "delete") == ""


def test_the_panel_in_every_look(page: Page, panel: Locator) -> None:
    for width, scheme in in_each_look(page, height=1400):
        panel.evaluate("each => each.scrollIntoView()")
        screenshot(page, f"developers-{width}-{scheme}")
        assert_accessible(page, scheme)
