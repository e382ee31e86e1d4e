"""The main job in Firefox and WebKit: sign in, upload, watch it being processed, play, download."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from testing import clips
from testing.site import PASSWORD, Site, new_account
from tests.browsers.remote import PATIENCE_SECONDS, Remote, until

pytestmark = pytest.mark.timeout(900)  # with the build of the page, perhaps on a busy machine

_TEXT = "(document.querySelector({selector!r})?.innerText ?? '')"
_VIDEO = "document.querySelector('hls-video')?.nativeEl"
_HYDRATED = (
    "['email', 'password'].map((name) => document.querySelector(`input[name=${name}]`))"
    ".every((input) => Object.keys(input ?? {}).some((key) => key.startsWith('__reactProps')))"
)
_ORIGINAL = "document.querySelector('a[href$=\"rendition=source\"]')?.href"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """The real clip, small enough to be encoded in a second or two."""
    path = tmp_path / "Big Buck Bunny.mp4"
    clips.ffmpeg("-i", str(clips.bunny()), "-s", "320x180", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", str(path))
    return path


def test_a_clip_is_uploaded_watched_played_and_downloaded(site: Site, window: Remote, clip: Path) -> None:
    _sign_in(site, window)
    window.choose_file("#file-picker", clip)
    until(lambda: "Big Buck Bunny" in _text(window, ".card"), "the card in the library")
    until(lambda: "0:05" in _text(window, ".card .length"), "the length on the card")
    _follow(window, ".card", "/videos/")
    until(lambda: window.evaluate(f"!!{_VIDEO}"), "the player")
    until(lambda: window.evaluate(f"{_VIDEO}.readyState >= 1"), "a video that can be played")
    _press_play(window)
    until(lambda: window.evaluate(f"{_VIDEO}.currentTime > 1 && {_VIDEO}.videoWidth > 0"), "the video plays")
    until(lambda: window.evaluate(f"{_VIDEO}.ended || {_VIDEO}.currentTime > 4"), "it plays to its end")
    assert window.evaluate(f"{_VIDEO}.error?.message ?? null") is None
    until(lambda: window.evaluate(_ORIGINAL), "a link to download the original")
    assert window.evaluate(f"fetch({_ORIGINAL}).then((answer) => answer.blob()).then((all) => all.size)") == (
        clip.stat().st_size
    )


def _sign_in(site: Site, window: Remote) -> None:
    email, _ = new_account(site)
    window.open(f"{site.url}/sign-in")
    until(lambda: window.evaluate(_HYDRATED), "the form, in React's hands: it empties fields as it takes them over")
    window.type("input[name=email]", email)
    window.type("input[name=password]", PASSWORD)
    window.click("button[type=submit]")
    until(lambda: "Upload your first video" in window.evaluate("document.body?.innerText ?? ''"), "the library")


def _press_play(window: Remote) -> None:
    """As a viewer does: browsers let nothing play with sound unasked. A press can be lost as the player is replaced."""
    for seconds in (15, 30, PATIENCE_SECONDS):
        if window.evaluate(f"{_VIDEO}.paused"):
            window.click("media-play-button")
        with suppress(AssertionError):
            until(lambda: window.evaluate(f"{_VIDEO}.currentTime > 0"), "the video begins", seconds=seconds)
            return
    state = window.evaluate(f"(({{paused, readyState, currentTime}}) => [paused, readyState, currentTime])({_VIDEO})")
    raise AssertionError(f"it does not play: {state}")


def _follow(window: Remote, selector: str, path: str) -> None:
    """Click a link until its page is shown: the library may move it away under the pointer."""
    for seconds in (15, 30, PATIENCE_SECONDS):
        window.click(selector)
        with suppress(AssertionError):
            until(lambda: path in window.evaluate("location.pathname"), path, seconds=seconds)
            return
    raise AssertionError(f"{selector} leads to {window.evaluate('location.pathname')}")


def _text(window: Remote, selector: str) -> str:
    return str(window.evaluate(_TEXT.format(selector=selector)))
