"""Segment edges: the times at which segments begin, early at first for a quick start, then every few seconds.

Edges depend only on the time in the video, so all rungs and the audio share them, and chunks begin on one. Everything
that depends on the length of a segment is derived here from `Preset.segment_seconds`.
"""

from __future__ import annotations

import math
from fractions import Fraction

SEGMENT_SECONDS = 4
"""Default length. Apple's authoring specification asks for 6 s; 4 s start sooner and cost about 1 % more bits."""

_FIRST_EDGES_SECONDS = (1, 2)
"""Edges before the first regular one: a video is playable after one second of it is encoded instead of four."""

EARLY_SECONDS = 0.0004
"""A segment begins this much before its edge: rounding must not put a frame that is due on the edge before it."""


def edges_up_to(at_seconds: float, segment_seconds: int) -> int:
    """Return the number of edges after the beginning and up to a time: the number of the segment that begins there."""
    first = sum(at_seconds >= edge for edge in _first_edges(segment_seconds))
    return first + math.floor(at_seconds / segment_seconds)


def next_edge(at_seconds: float, segment_seconds: int) -> float:
    """Return the first edge after a time, in seconds."""
    regular = (math.floor(at_seconds / segment_seconds) + 1) * segment_seconds
    return float(min(edge for edge in (*_first_edges(segment_seconds), regular) if edge > at_seconds))


def first_frame_from(edge: float, frame_rate: Fraction, start_seconds: float = 0.0) -> float:
    """Return when the first frame at or after an edge is shown, of video that begins at `start_seconds`.

    Without a constant `frame_rate` (0) that is not known, and it is the edge itself.
    """
    if not frame_rate:
        return edge
    return start_seconds + float(max(0, math.ceil((edge - EARLY_SECONDS - start_seconds) * frame_rate)) / frame_rate)


def keyframe_expression(segment_seconds: int, *, from_start: bool = True, start_seconds: float = 0.0) -> str:
    """Return the expression for `-force_key_frames expr:`: true at the first frame at or after each edge.

    It counts the edges up to a frame and up to the last keyframe: if there are more, the frame is a keyframe, however
    far apart frames are. FFmpeg's `t` counts from the first frame that it encodes, which is shown at `start_seconds`;
    a chunk begins on a regular edge, so that it has only those.
    """
    first = _first_edges(segment_seconds) if from_start else ()
    late = f"+{start_seconds:.6f}" if start_seconds > EARLY_SECONDS else ""
    now, before = (_edges_up_to(f"{time}{late}", first, segment_seconds) for time in ("t", "prev_forced_t"))
    return f"if(isnan(prev_forced_t),1,gt({now},{before}))"


def _first_edges(segment_seconds: int) -> tuple[int, ...]:
    return tuple(edge for edge in _FIRST_EDGES_SECONDS if edge < segment_seconds)


def _edges_up_to(time: str, first: tuple[int, ...], segment_seconds: int) -> str:
    time = f"({time}+{EARLY_SECONDS})"
    return "+".join([*(f"gte({time},{edge})" for edge in first), f"floor({time}/{segment_seconds})"])
