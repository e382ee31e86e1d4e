"""How a source is shared out: chunks that begin on a segment's edge, where the source can be entered cheaply."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mediaproc.media import segment_edges
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo

TARGET_SECONDS = 30.0
"""Of a 60 s clip, chunks of 30 s cost nothing, of 12 s 3–6 %, of 6 s 8–20 %. What is left is cut into equal ones of
about this length, so that workers who share a file end together.
"""

_SHORTEST_SECONDS, _LONGEST_SECONDS = 20.0, 44.0
LONGEST_ALONE_SECONDS = 45.0
"""A source up to this long stays one chunk."""

_DISTANCE_WEIGHT = 0.1
"""What a second away from the target costs, in seconds of pictures decoded in vain before the chunk begins."""


@dataclass(frozen=True)
class Chunk:
    """A part of a source, in seconds from its beginning, and the segments it becomes. The last one has no end."""

    number: int
    start_seconds: float
    end_seconds: float | None
    length_seconds: float
    first_segment: int
    segments: int | None
    """How many segments there is room for; None for the last chunk."""


def chunks_for(info: MediaInfo, preset: Preset, keyframes: Sequence[float]) -> tuple[Chunk, ...]:
    """The chunks of a source whose keyframes are known; a single one if it is short or can't be cut."""
    cuts = list(_cuts(info.duration_seconds, preset.segment_seconds, keyframes)) if _divisible(info, preset) else []
    edges = [0.0, *(float(cut * preset.segment_seconds) for cut in cuts), info.duration_seconds]
    return tuple(
        chunk_of(
            number,
            start_seconds=start,
            length_seconds=end - start,
            last=number == len(cuts),
            segment_seconds=preset.segment_seconds,
        )
        for number, (start, end) in enumerate(pairwise(edges))
    )


def chunk_of(number: int, *, start_seconds: float, length_seconds: float, last: bool, segment_seconds: int) -> Chunk:
    """A chunk from what is kept of it."""
    end_seconds = start_seconds + length_seconds
    first = segment_edges.edges_up_to(start_seconds, segment_seconds)
    return Chunk(
        number=number,
        start_seconds=start_seconds,
        end_seconds=None if last else end_seconds,
        length_seconds=length_seconds,
        first_segment=first,
        segments=None if last else segment_edges.edges_up_to(end_seconds, segment_seconds) - first,
    )


def _divisible(info: MediaInfo, preset: Preset) -> bool:
    """Return whether each frame is coded as a frame, not as fields. With edits, the source's keyframes are at other
    times than the segment edges.
    """
    return info.duration_seconds > LONGEST_ALONE_SECONDS and not info.video.interlaced and not preset.edits.trimmed


def _cuts(duration: float, segment_seconds: int, keyframes: Sequence[float]) -> Iterator[int]:
    """Numbers of the segments that chunks begin with."""
    known, position = sorted(keyframes), 0.0
    while known and duration - position > LONGEST_ALONE_SECONDS:
        left = duration - position
        found = _best(position, left / max(2, round(left / TARGET_SECONDS)), segment_seconds, known)
        if found is None:
            return
        yield found
        position = float(found * segment_seconds)


def _best(position: float, target: float, segment_seconds: int, keyframes: Sequence[float]) -> int | None:
    """The segment to begin with, far enough from `position`: about `target` seconds on and just behind a keyframe."""
    first, last = position + _SHORTEST_SECONDS, position + _LONGEST_SECONDS
    numbers = range(-(-int(first) // segment_seconds), int(last) // segment_seconds + 1)
    costs = {number: _cost(number * segment_seconds, position + target, position, keyframes) for number in numbers}
    possible = {number: cost for number, cost in costs.items() if cost is not None}
    return min(possible, key=lambda number: possible[number]) if possible else None


def _cost(at: float, wanted: float, position: float, keyframes: Sequence[float]) -> float | None:
    """Seconds in vain, or None when one of the two sides would have no keyframe of its own."""
    before = bisect_right(keyframes, at)
    if before == 0 or before == len(keyframes) or keyframes[before - 1] <= position:
        return None
    return at - keyframes[before - 1] + _DISTANCE_WEIGHT * abs(at - wanted)
