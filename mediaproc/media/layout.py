"""Names in the workspace of an attempt, relative to it. FFmpeg runs with the workspace as its directory."""

from __future__ import annotations

AUDIO = "audio"
"""The rendition that holds the sound of all rungs."""

POSTER = "poster.jpg"
INIT_SEGMENT = "init.mp4"


def playlist(rendition: str) -> str:
    """FFmpeg's own playlist of a rendition."""
    return f"{rendition}/index.m3u8"


def segment_pattern(rendition: str) -> str:
    """Segments as FFmpeg numbers them, from 0."""
    return f"{rendition}/%06d.m4s"


def init_segment(rendition: str) -> str:
    """A rendition's CMAF header."""
    return f"{rendition}/{INIT_SEGMENT}"


def whole(rendition: str) -> str:
    """A rendition's header and segments, one after another: one fragmented MP4."""
    return f"{rendition}.cmaf"


def download(rendition: str) -> str:
    """A rung with its sound, as the MP4 to download."""
    return f"{rendition}.mp4"
