"""Chunks: the parts that a source is encoded in, cut at segment edges just behind the source's keyframes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mediaproc.media import segment_edges
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo

TARGET_SECONDS = 30.0
"""Target length. Of a 60 s clip, chunks of 30 s cost nothing, of 12 s 3–6 %, of 6 s 8–20 %. The rest of a source is
always cut into equal chunks of about this length, so that the workers of a file finish together.
"""

_SHORTEST_SECONDS, _LONGEST_SECONDS = 20.0, 44.0
LONGEST_ALONE_SECONDS = 45.0
"""Longest source that stays one chunk."""

_DISTANCE_WEIGHT = 0.1
"""Cost of a second away from the target length, in seconds of video decoded and dropped before the chunk begins."""


@dataclass(frozen=True)
class Chunk:
    """Part of a source, in seconds from its beginning, and the segments that it becomes. The last chunk has no end."""

    number: int
    start_seconds: float
    end_seconds: float | None
    length_seconds: float
    first_segment: int
    segments: int | None
    """Number of segments up to the next chunk; None for the last chunk."""


def chunks_for(info: MediaInfo, preset: Preset, keyframes: Sequence[float]) -> tuple[Chunk, ...]:
    """Return the chunks of a source with these keyframes, in seconds; one chunk if it is short or can't be cut."""
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
    """Return a chunk from its stored fields."""
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
    """Return whether a source may be cut: not if it is short or interlaced, nor if edits shift its keyframes."""
    return info.duration_seconds > LONGEST_ALONE_SECONDS and not info.video.interlaced and not preset.edits.trimmed


def _cuts(duration: float, segment_seconds: int, keyframes: Sequence[float]) -> Iterator[int]:
    """Yield the numbers of the segments that chunks begin with."""
    known, position = sorted(keyframes), 0.0
    while known and duration - position > LONGEST_ALONE_SECONDS:
        left = duration - position
        found = _best(position, left / max(2, round(left / TARGET_SECONDS)), segment_seconds, known)
        if found is None:
            return
        yield found
        position = float(found * segment_seconds)


def _best(position: float, target: float, segment_seconds: int, keyframes: Sequence[float]) -> int | None:
    """Return the first segment of the next chunk: about `target` seconds after `position`, just behind a keyframe."""
    first, last = position + _SHORTEST_SECONDS, position + _LONGEST_SECONDS
    numbers = range(-(-int(first) // segment_seconds), int(last) // segment_seconds + 1)
    costs = {number: _cost(number * segment_seconds, position + target, position, keyframes) for number in numbers}
    possible = {number: cost for number, cost in costs.items() if cost is not None}
    return min(possible, key=lambda number: possible[number]) if possible else None


def _cost(at: float, wanted: float, position: float, keyframes: Sequence[float]) -> float | None:
    """Return the cost of a cut in seconds, or None if one of the two sides would have no keyframe of its own."""
    before = bisect_right(keyframes, at)
    if before == 0 or before == len(keyframes) or keyframes[before - 1] <= position:
        return None
    return at - keyframes[before - 1] + _DISTANCE_WEIGHT * abs(at - wanted)
