"""The main job, by hand: upload in the browser, watch it being processed, play it, download it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from testing import clips
from testing.browser import PATIENCE_SECONDS, assert_accessible, choose, row, wait_until
from testing.ffmpeg_gate import FfmpegGate

_SIZES = "[...document.querySelector('hls-video').videoRenditions].map((each) => each.height)"

_TEXTS = """[...document.querySelector('hls-video').nativeEl.textTracks]
    .filter((each) => each.kind === 'subtitles').map((each) => each.mode)"""

_FEW_FRAMES = ("-r", "8", "-c:v", "libx264", "-preset", "ultrafast", "-g", "16", "-c:a", "aac", "-ac", "2")
"""For clips that need two sizes, so 720 lines, but no smooth motion: a third of the work for encoder and browser."""

_NOTE_HITCHES = """() => {
    window.hitches = [];
    const video = document.querySelector("hls-video").nativeEl;
    const note = (name) => window.hitches.push(`${name} at ${video.currentTime}`);
    for (const name of ["pause", "seeking", "emptied", "error"])
        video.addEventListener(name, () => note(name));
    const isBuffered = (at) => [...Array(video.buffered.length).keys()]
        .some((i) => video.buffered.start(i) <= at && at + 0.5 <= video.buffered.end(i));
    video.addEventListener("waiting", () => isBuffered(video.currentTime) || note("waiting"));
    let before = video.currentTime;
    setInterval(() => {
        if (video.currentTime < before) window.hitches.push(`from ${before} back to ${video.currentTime}`);
        before = video.currentTime;
    }, 20);
}"""
"""A list of whatever disturbs a viewer from then on; it goes with the page. A browser that has the next half second,
but finds no time to decode it on a busy machine, is not counted as waiting."""


@pytest.fixture
def long_clip(tmp_path: Path, bunny: Path) -> Path:
    """The real clip eight times in a row: long enough to be looked at while it is encoded."""
    path = tmp_path / "Long Bunny.mp4"
    clips.ffmpeg("-stream_loop", "7", "-i", str(bunny), "-c", "copy", str(path))
    return path


@pytest.fixture
def subtitled_clip(tmp_path: Path, bunny: Path) -> Path:
    """The real clip three times in a row, with a sentence that stands from its beginning to its end."""
    text = tmp_path / "text.srt"
    text.write_text("1\n00:00:00,000 --> 00:00:15,000\nA rabbit\n")
    path = tmp_path / "Subtitled Bunny.mkv"
    inputs = ("-stream_loop", "2", "-i", str(bunny), "-i", str(text))
    clips.ffmpeg(*inputs, "-map", "0", "-map", "1", *_FEW_FRAMES, "-c:s", "copy", str(path))
    return path


def test_a_clip_is_uploaded_watched_played_and_downloaded(page: Page, bunny: Path) -> None:
    choose(page, bunny)
    card = page.locator(".card", has_text="Big Buck Bunny")
    expect(card).to_be_visible()
    assert len(_values_of_the_bar(page)) >= 2
    expect(row(page, bunny.name)).to_have_attribute("data-state", "done")
    expect(card.locator(".length")).to_have_text("0:05")
    wait_until(page, lambda: card.locator("img").evaluate("(img) => img.complete && img.naturalWidth > 0"))
    expect(card.locator(".preview")).to_be_hidden()
    wait_until(page, lambda: card.locator(".preview").count() == 1)
    card.hover()
    expect(card.locator(".preview")).to_be_visible()
    assert _background_of(page, ".card .preview") > (100, 100)
    card.click()
    _assert_plays(page)
    page.keyboard.press("k")
    page.locator("media-time-range").hover()
    expect(page.locator("media-preview-thumbnail img").first).to_have_attribute("src", re.compile("storyboard/000.jpg"))
    with page.expect_download() as started:
        page.get_by_role("link", name="Download 720p").click()
    assert started.value.suggested_filename == "Big Buck Bunny-720p.mp4"
    _assert_is_video(started.value.path(), height=720, seconds=5.28)


def test_the_original_is_downloaded_under_its_own_name(page: Page, small_bunny: Path) -> None:
    choose(page, small_bunny)
    page.locator(".card", has_text="Big Buck Bunny").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download original").click()
    assert started.value.suggested_filename == small_bunny.name
    assert Path(started.value.path()).read_bytes() == small_bunny.read_bytes()


def test_a_text_file_called_mp4_fails_with_a_sentence(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("These are notes, not a film.\n")
    choose(page, path)
    expect(row(page, path.name)).to_contain_text("This file is not a video (text/plain)")
    card = page.locator(".card", has_text="notes")
    expect(card).to_contain_text("This file is not a video (text/plain)")
    card.click()
    expect(page.get_by_role("alert")).to_contain_text("Upload a file that plays")
    expect(page.locator(".attempt")).to_have_count(1)


@pytest.mark.console_errors(r"status of 404 .*/api/v1/videos/[^/]+/hls/")
def test_a_video_plays_before_it_is_done_and_is_cancelled_and_deleted(
    page: Page, long_clip: Path, held: FfmpegGate
) -> None:
    choose(page, long_clip)
    page.locator(".card", has_text="Long Bunny").click()
    expect(page.locator(".stages [data-state=now]")).to_be_visible()
    assert_accessible(page)
    _assert_plays(page)
    expect(page.locator(".processing")).to_be_visible()
    page.get_by_role("button", name="Cancel processing").click()
    expect(page.locator(".facts")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Upload your first video")).to_be_visible()


def test_the_player_takes_the_renditions_once_they_are_there(
    page: Page, bunny: Path, tmp_path: Path, held: FfmpegGate
) -> None:
    """It plays the source itself at once; it stands, so it changes as soon as the video is done, at the same time."""
    path = tmp_path / "Twice.mp4"
    clips.ffmpeg("-stream_loop", "1", "-i", str(bunny), *_FEW_FRAMES, str(path))
    choose(page, path)
    page.locator(".card", has_text="Twice").click()
    _assert_plays(page)
    page.keyboard.press("k")
    assert page.evaluate(_SIZES) == [720]
    expect(page.locator(".processing")).to_be_visible()
    at = page.evaluate("document.querySelector('hls-video').currentTime")
    held.open()
    wait_until(page, lambda: sorted(page.evaluate(_SIZES)) == [480, 720])
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video').readyState >= 2"))
    assert page.evaluate("document.querySelector('hls-video').currentTime") == pytest.approx(at, abs=0.05)
    page.keyboard.press("k")
    wait_until(page, lambda: page.evaluate(f"document.querySelector('hls-video').currentTime > {at} + 1"))


def test_whoever_watches_steadily_gets_the_renditions_without_a_hitch(
    page: Page, subtitled_clip: Path, held: FfmpegGate
) -> None:
    """Nobody touches the player: the same page, speed and subtitles, no stop and no jump, then all sizes to choose."""
    choose(page, subtitled_clip)
    page.locator(".card", has_text="Subtitled Bunny").click()
    _assert_plays(page)
    page.evaluate("document.querySelector('hls-video').playbackRate = 0.0625")  # it lasts four minutes
    page.keyboard.press("c")
    wait_until(page, lambda: page.evaluate(_TEXTS) == ["showing"])
    page.evaluate(_NOTE_HITCHES)
    assert page.evaluate(_SIZES) == [720]
    held.open()
    wait_until(page, lambda: sorted(page.evaluate(_SIZES)) == [480, 720], seconds=200)
    assert page.evaluate("document.querySelector('hls-video').playbackRate") == 0.0625
    assert page.evaluate("document.querySelector('hls-video').videoHeight") == 720
    page.evaluate("document.querySelector('hls-video').videoRenditions.selectedIndex = 0")
    page.evaluate("document.querySelector('hls-video').playbackRate = 1")
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video').videoHeight") == 480)
    assert page.evaluate(_TEXTS) == ["showing"]
    assert page.evaluate("window.hitches") == []


def test_a_ladder_that_grows_is_climbed_by_whoever_began_early(
    page: Page, tmp_path: Path, bunny: Path, slowed: Callable[[float], None]
) -> None:
    """What browsers can't play as it is begins with its first encoded second, and every size is there from then on."""
    path = tmp_path / "Old Bunny.mp4"
    again = ("-stream_loop", "1", "-i", str(bunny))
    clips.ffmpeg(*again, "-r", "8", "-c:v", "mpeg4", "-q:v", "5", "-c:a", "aac", "-ac", "2", str(path))
    slowed(0.75)
    choose(page, path)
    page.locator(".card", has_text="Old Bunny").click()
    _assert_plays(page)
    page.evaluate(_NOTE_HITCHES)
    expect(page.locator(".processing")).to_be_visible()
    assert sorted(page.evaluate(_SIZES)) == [480, 720]
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video').videoHeight") == 720)
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video').ended"))
    assert page.evaluate("document.querySelector('hls-video').videoHeight") == 720
    assert [each for each in page.evaluate("window.hitches") if not each.startswith(("waiting", "pause"))] == []


def test_keys_act_on_the_player_unless_something_else_uses_them(page: Page, small_bunny: Path) -> None:
    choose(page, small_bunny)
    page.locator(".card", has_text="Big Buck Bunny").click()
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video')?.readyState >= 1"))
    page.keyboard.press("ArrowDown")
    assert _volume(page) == (1, False), "it scrolls the page"
    page.locator("media-controller").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert _volume(page) == (0.9, False)
    page.keyboard.press("m")
    assert _volume(page) == (0.9, True)
    page.keyboard.press("ArrowUp")
    assert _volume(page) == (0.95, False)
    page.get_by_label("Title").press("m")
    page.get_by_label("Title").press("ArrowDown")
    assert _volume(page) == (0.95, False)
    page.get_by_label("Title").press("Escape")
    page.locator("media-controller").click()
    page.locator("hls-video").evaluate("(each) => each.pause()")
    at = page.evaluate("document.querySelector('hls-video').currentTime")
    page.locator("media-volume-range").evaluate("(each) => each.shadowRoot.querySelector('input').focus()")
    page.keyboard.press("ArrowLeft")
    wait_until(page, lambda: _volume(page)[0] < 0.95)
    assert page.evaluate("document.querySelector('hls-video').currentTime") == at, "the slider has the key"


def _volume(page: Page) -> tuple[float, bool]:
    """Volume of the player from 0 to 1, and True if it is muted."""
    volume, muted = page.evaluate(
        "[document.querySelector('hls-video').volume, document.querySelector('hls-video').muted]"
    )
    return volume, muted


@pytest.mark.console_errors(r"status of 404 .*/api/v1/videos/[^/]+/hls/")  # what its player asks for as it goes
def test_a_video_deleted_in_mid_encode_leaves_the_tray_too(page: Page, long_clip: Path, held: FfmpegGate) -> None:
    choose(page, long_clip)
    page.locator(".card", has_text="Long Bunny").click()
    expect(page.locator(".stages [data-state=now]")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    expect(page.locator(".tray")).to_have_count(0)


def test_progress_reaches_a_second_tab_by_itself(
    page: Page, small_bunny: Path, tmp_path: Path, slowed: Callable[[float], None]
) -> None:
    clip = tmp_path / "Long Bunny.mp4"
    clips.ffmpeg("-stream_loop", "7", "-i", str(small_bunny), "-c", "copy", str(clip))
    other = page.context.new_page()
    other.goto("/")
    expect(other.get_by_text("Upload your first video")).to_be_visible()
    slowed(8)
    choose(page, clip)
    expect(other.locator(".card", has_text="Long Bunny")).to_be_visible()
    assert len(_values_of_the_bar(other)) >= 2
    expect(other.locator(".card .length")).to_have_text("0:43")


def test_a_video_is_renamed_in_place(page: Page, small_bunny: Path) -> None:
    choose(page, small_bunny)
    page.locator(".card", has_text="Big Buck Bunny").click()
    title = page.get_by_label("Title")
    title.fill("A mistake")
    title.press("Escape")
    expect(title).to_have_value("Big Buck Bunny")
    expect(title).not_to_be_focused()
    title.fill("A rabbit in the morning")
    title.press("Enter")
    expect(page.get_by_role("heading", name="A rabbit in the morning")).to_be_attached()
    page.get_by_role("link", name="Library").click()
    expect(page.locator(".card", has_text="A rabbit in the morning")).to_be_visible()
    page.get_by_label("Search videos").fill("rabbit")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_label("Search videos").fill("tortoise")
    expect(page.get_by_text("No results for “tortoise”")).to_be_visible()


def _background_of(page: Page, selector: str) -> tuple[int, int]:
    """Width and height of the picture behind something, as the browser decodes it."""
    return tuple(
        page.evaluate(
            """async (selector) => {
                const behind = getComputedStyle(document.querySelector(selector)).backgroundImage
                const image = new Image()
                image.src = behind.match(/url\\("(.+)"\\)/)[1]
                await image.decode()
                return [image.naturalWidth, image.naturalHeight]
            }""",
            selector,
        )
    )


def _values_of_the_bar(page: Page, *, seconds: float = PATIENCE_SECONDS) -> set[float]:
    """Every value above 0 that the first card's bar shows until it is gone."""
    seen: set[float] = set()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = page.evaluate("document.querySelector('.card progress')?.value ?? null")
        if value is None and seen:
            return seen
        if value:
            seen.add(value)
        page.wait_for_timeout(60)
    raise AssertionError(f"the bar is still there; seen: {sorted(seen)}")


def _assert_plays(page: Page) -> None:
    expect(page.locator("hls-video")).to_be_visible()
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video').readyState >= 2"))
    page.keyboard.press("k")
    wait_until(page, lambda: page.evaluate("document.querySelector('hls-video').currentTime > 1"))


def _assert_is_video(path: Path, *, height: int, seconds: float) -> None:
    found = clips.ffprobe(path)
    video = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    assert (video["codec_name"], video["height"], video["pix_fmt"]) == ("h264", height, "yuv420p")
    assert float(found["format"]["duration"]) == pytest.approx(seconds, abs=0.2)
