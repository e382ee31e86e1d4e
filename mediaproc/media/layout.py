"""Names in the workspace of an attempt, relative to it. FFmpeg runs with the workspace as its directory."""

from __future__ import annotations

AUDIO = "audio"
"""The rendition that holds the sound of all rungs; other sound tracks are numbered on from it."""

SUBTITLES = "subtitles"
"""The rendition that holds the first text track; the others are numbered on from it."""

INSTANT = "instant"
"""The source's own picture, not encoded: played until the rungs are made, and no result itself."""

POSTER = "poster.jpg"

WATERMARK = "watermark.png"
"""What a preset lays over the picture."""

BURNT = "burnt.ass"
"""The subtitles that are burnt in."""

FONTS = "fonts"
"""The folder of the font that they are drawn with."""

LOUDNESS = "loudness.json"
"""What measuring the loudness found."""

STILLS = "stills.cmaf"
"""The frames that a storyboard is made of."""

STORYBOARD_SHEETS = "storyboard-%03d.jpg"
PREVIEW = "preview.jpg"


def sample(number: int) -> str:
    """A few seconds of the source, edited but not yet made worse by an encoder."""
    return f"sample-{number}.mp4"


def vmaf(rendition: str) -> str:
    """Report of libvmaf about a rendition."""
    return f"{rendition}.vmaf.json"


def whole(rendition: str) -> str:
    """A rendition's init segment and segments, one after another: the fragmented MP4 that FFmpeg writes."""
    return f"{rendition}.cmaf"


def numbered(rendition: str, place: int) -> str:
    """The name of one of several renditions of a sort, by its place from 0: `audio`, `audio-2`."""
    return f"{rendition}-{place + 1}" if place else rendition


def download(rendition: str) -> str:
    """A rung with its sound, as the MP4 to download."""
    return f"{rendition}.mp4"


def file(name: str, suffix: str) -> str:
    """A file of a preset that makes files alone."""
    return f"{name}.{suffix}"
