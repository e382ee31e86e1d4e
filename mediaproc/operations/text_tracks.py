"""Text tracks as players load them: cut into segments as long as those of the video, from one stored WebVTT.

A film has thousands of segments and dozens of text tracks, and most segments of text are empty, so they are not stored.
"""

from __future__ import annotations

import math
from functools import lru_cache

from mediaproc.domain.tables import Rendition, Video
from mediaproc.media.hls import MediaSegment
from mediaproc.media.webvtt import cues
from mediaproc.media.webvtt.cues import Cue
from mediaproc.storage import objects

_SHORTEST_SECONDS = 0.001
"""A rest shorter than this is rounding, not a segment."""

_KEPT_TRACKS = 64
"""Tracks that are kept parsed: viewers of one video ask for the same ones, every few seconds."""


def segments(
    video: Video, rendition: Rendition, *, stored_seconds: float, segment_seconds: int, query: str = ""
) -> list[MediaSegment]:
    """Return the segments of a text track, which together last as long as the video.

    Addresses are relative to its playlist. `stored_seconds` is the length that its row gives, for a video whose own
    length is unknown.
    """
    total = video.duration_seconds or stored_seconds
    count = max(1, math.ceil((total - _SHORTEST_SECONDS) / segment_seconds))
    durations = [min(segment_seconds, total - place * segment_seconds) for place in range(count)]
    return [MediaSegment(f"{rendition.name}/{place}.vtt{query}", seconds) for place, seconds in enumerate(durations)]


def segment_text(object_key: str, place: int, *, segment_seconds: int) -> str:
    """Return the segment of a stored track at a place from 0, as WebVTT. Raises StorageFailed."""
    start = place * segment_seconds
    return cues.segment_text(_cues(object_key), start, start + segment_seconds)


@lru_cache(maxsize=_KEPT_TRACKS)
def _cues(object_key: str) -> tuple[Cue, ...]:
    """The cues of a stored track. Objects never change."""
    return tuple(cues.parse(objects.get_bytes(object_key).decode(errors="replace")))
