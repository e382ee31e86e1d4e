"""Frame holds: how long the last frame of a chunk lasts is known once the next chunk is there, and that of the last
one once the audio is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from mediaproc.media.mp4 import boxes, retime, trun
from mediaproc.media.mp4.retime import Retimed
from mediaproc.media.mp4.segmenter import Segmenter


@dataclass(frozen=True)
class Joint:
    """A stored segment and, where its last frame has to last longer or shorter than it does, its new bytes."""

    place: int
    body: bytes
    seconds: float | None = None


@dataclass(frozen=True)
class Holds:
    """Places of held frames in a rendition: before each segment that begins later than the one before ends, such as
    that of the next chunk, and at its end.

    `end_seconds` is when the audio ends, 0 without audio.
    """

    end_seconds: float

    def joints(self, init: bytes, bodies: Iterable[bytes]) -> Iterator[Joint]:
        """Yield the segments of a rendition in order, each as it has to be stored."""
        timescale, default = boxes.timescale_of(init), boxes.default_duration_of(init)
        for place, (body, after) in enumerate(pairwise(chain(bodies, [None]))):
            assert body is not None
            made = self._held(body, after, timescale, default)
            yield Joint(place, made.data, made.ticks / timescale) if made else Joint(place, body)

    def _held(self, body: bytes, after: bytes | None, timescale: int, default: int) -> Retimed | None:
        if after is None:
            until = round(self.end_seconds * timescale)
            held = until > decoded_end(body, default) + retime.SHORTEST_HOLD_SECONDS * timescale
        else:
            until = boxes.decode_time_of(after)
            held = until != decoded_end(body, default)
        return retime.held(body, default_duration=default, until=until) if held else None


def decoded_end(segment: bytes, default_duration: int) -> int:
    """Return when the last frame of a segment of one fragment ends, in ticks of its decode time."""
    lasting = trun.durations(trun.run_of(segment), trun.default_duration(segment, default_duration))
    return boxes.decode_time_of(segment) + sum(lasting)


def hold_in_file(path: Path, video: Segmenter) -> None:
    """Hold the last frame in the file that the segments of copied video were cut from, if it is held in them."""
    held = video.held
    if held is None:
        return
    with path.open("r+b") as file:
        file.seek(held.offset)
        fragment, until = file.read(held.size_bytes), held.end - video.lag
        made = retime.held(fragment, default_duration=video.default_duration, until=until)
        file.seek(held.offset)
        file.write(made.data)
        file.truncate()
