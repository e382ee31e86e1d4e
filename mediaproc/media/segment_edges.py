"""Segment edges: the times at which segments begin, early at first for a quick start, then every few seconds.

Edges depend only on the time in the video, so all rungs and the audio share them, and chunks begin on one.
"""

from __future__ import annotations

import math

FIRST_EDGES_SECONDS = (1, 2)
"""Segments that begin before the first regular one: playable after one second of encoded video instead of four."""

EARLY_SECONDS = 0.0004
"""A segment begins so much before its edge: rounding must not put a frame that is due on the edge before it."""


def edges_up_to(at_seconds: float, segment_seconds: int) -> int:
    """How many edges there are after the beginning and up to a time: the number of the segment that begins there."""
    return sum(at_seconds >= edge for edge in FIRST_EDGES_SECONDS) + math.floor(at_seconds / segment_seconds)


def next_edge(at_seconds: float, segment_seconds: int) -> float:
    """The first edge after a time."""
    regular = (math.floor(at_seconds / segment_seconds) + 1) * segment_seconds
    return float(min(edge for edge in (*FIRST_EDGES_SECONDS, regular) if edge > at_seconds))


def keyframe_expression(segment_seconds: int, *, from_start: bool = True) -> str:
    """For `-force_key_frames expr:`: true at the first frame at or after each edge, however far apart frames are.

    FFmpeg's `t` counts from the first frame that it encodes. A chunk begins on a regular edge, so it has only those.
    It counts the edges up to a frame and up to the last keyframe: if there are more, the frame is one.
    """
    first = FIRST_EDGES_SECONDS if from_start else ()
    now, before = (_edges_up_to(time, first, segment_seconds) for time in ("t", "prev_forced_t"))
    return f"if(isnan(prev_forced_t),1,gt({now},{before}))"


def _edges_up_to(time: str, first: tuple[int, ...], segment_seconds: int) -> str:
    time = f"({time}+{EARLY_SECONDS})"
    return "+".join([*(f"gte({time},{edge})" for edge in first), f"floor({time}/{segment_seconds})"])
