"""What a person in front of the page sees of killed processes: it takes longer, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from testing.browser import choose, row
from testing.clips import ffmpeg
from testing.ffmpeg_gate import FfmpegGate
from testing.site import Site

PATIENCE_MS = 120_000
"""A lease has to run out, a worker to start, and the clip to be encoded twice."""

pytestmark = pytest.mark.console_errors(r"net::ERR_(?!BLOCKED)", "^WebSocket connection to ", r"status of 50[0234] ")
"""What was open when its process was killed, and what is asked before there is another."""


@pytest.fixture
def clip(tmp_path: Path, bunny: Path) -> Path:
    """The real clip four times in a row, in one rung: long enough to be killed in the middle."""
    path = tmp_path / "Long Bunny.mp4"
    half = ("-s", "640x360", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "2")
    ffmpeg("-stream_loop", "3", "-i", str(bunny), *half, str(path))
    return path


def test_a_web_process_killed_in_mid_encode_is_not_missed(
    page: Page, site: Site, clip: Path, slowed: Callable[[float], None]
) -> None:
    slowed(3)
    _choose_and_wait_for_the_encode(page, clip)
    site.kill("mediaproc", "web")
    expect(row(page, clip.name)).to_have_attribute("data-state", "done", timeout=PATIENCE_MS)
    _assert_attempts(page, ["completed"])


def test_worker_valkey_and_web_killed_at_once_cost_an_attempt_of_what_they_did(
    page: Page, site: Site, clip: Path, gate: FfmpegGate, slowed: Callable[[float], None]
) -> None:
    slowed(1)
    _choose_and_wait_for_the_encode(page, clip)
    site.kill("valkey-server")
    site.kill("mediaproc_worker.consumer")
    site.kill("mediaproc", "web")
    gate.speed_up()
    expect(row(page, clip.name)).to_have_attribute("data-state", "done", timeout=PATIENCE_MS)
    _assert_attempts(page, ["completed", "lost"])


def _choose_and_wait_for_the_encode(page: Page, clip: Path) -> None:
    choose(page, clip)
    expect(row(page, clip.name)).to_contain_text("Encoding")


def _assert_attempts(page: Page, outcomes: list[str]) -> None:
    """The card has followed by itself; the video's page tells each attempt."""
    card = page.locator(".card", has_text="Long Bunny")
    expect(card.locator(".length")).to_have_text("0:21", timeout=PATIENCE_MS)
    expect(card).to_contain_text("360p")
    card.click()
    expect(page.locator(".attempt[data-outcome=completed]")).to_have_count(1)
    seen = [each.get_attribute("data-outcome") or "" for each in page.locator(".attempt").all()]
    assert set(seen) == set(outcomes), "the encode, and perhaps another part that ran beside it"
