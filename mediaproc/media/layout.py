"""Names in the workspace of an attempt, relative to it. FFmpeg runs with the workspace as its directory."""

from __future__ import annotations

AUDIO = "audio"
"""The rendition that holds the sound of all rungs."""

INSTANT = "instant"
"""The source's own picture, not encoded: played until the rungs are made, and no result itself."""

POSTER = "poster.jpg"

LOUDNESS = "loudness.json"
"""What measuring the loudness found."""

STILLS = "stills.cmaf"
"""The frames that a storyboard is made of."""

STORYBOARD_SHEETS = "storyboard-%03d.jpg"
PREVIEW = "preview.jpg"


def whole(rendition: str) -> str:
    """A rendition's init segment and segments, one after another: the fragmented MP4 that FFmpeg writes."""
    return f"{rendition}.cmaf"


def download(rendition: str) -> str:
    """A rung with its sound, as the MP4 to download."""
    return f"{rendition}.mp4"


def file(name: str, suffix: str) -> str:
    """A file of a preset that makes files alone."""
    return f"{name}.{suffix}"
