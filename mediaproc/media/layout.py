"""Layout of an attempt's workspace: file names relative to it. FFmpeg runs with the workspace as its directory."""

from __future__ import annotations

AUDIO = "audio"
"""Name of the rendition of the first audio track; those of further audio tracks are numbered from it."""

SUBTITLES = "subtitles"
"""Name of the rendition of the first text track; the others are numbered from it."""

INSTANT = "instant"
"""Name of the rendition of the source's own video: played until the rungs are complete, then deleted."""

POSTER = "poster.jpg"

WATERMARK = "watermark.png"
"""Image that a preset draws over the video."""

BURNT = "burnt.ass"
"""Subtitles that are burnt in."""

FONTS = "fonts"
"""Folder of the font for burnt-in subtitles."""

LOUDNESS = "loudness.json"
"""Measured loudness, as JSON."""

STILLS = "stills.cmaf"
"""Frames that a storyboard is made of."""

STORYBOARD_SHEETS = "storyboard-%03d.jpg"
PREVIEW = "preview.jpg"


def sample(number: int) -> str:
    """Return the name of a sample of the source, edited and encoded without loss."""
    return f"sample-{number}.mp4"


def vmaf(rendition: str) -> str:
    """Return the name of libvmaf's report about a rendition."""
    return f"{rendition}.vmaf.json"


def whole(rendition: str) -> str:
    """Return the name of a rendition's init segment and segments in one file: the fragmented MP4 that FFmpeg writes."""
    return f"{rendition}.cmaf"


def numbered(rendition: str, place: int) -> str:
    """Return the name of one of several renditions of a kind, by its place from 0: `audio`, `audio-2`."""
    return f"{rendition}-{place + 1}" if place else rendition


def download(rendition: str) -> str:
    """Return the name of a rung's MP4 with audio, for download."""
    return f"{rendition}.mp4"


def file(name: str, suffix: str) -> str:
    """Return the name of a file of a preset without a ladder."""
    return f"{name}.{suffix}"
