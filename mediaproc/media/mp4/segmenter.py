"""Segmenter: finds the CMAF segments of a fragmented MP4 while FFmpeg is still writing it.

FFmpeg writes one file per rendition. The bytes before the first `moof` are the init segment; each `moof` with the
`mdat` behind it is a fragment, for video one closed GOP (ISO/IEC 14496-12 for the boxes, 23000-19 for CMAF).
FFmpeg's own HLS muxer is not used: it moves the first frame of a segment when frames are unevenly spaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc.media import segment_edges
from mediaproc.media.mp4 import boxes, trun
from mediaproc.media.mp4.boxes import Box, Read


@dataclass(frozen=True)
class ClosedSegment:
    """A segment that is complete in the file: its byte range, its duration by decode times, and its frames."""

    number: int
    offset: int
    size_bytes: int
    duration_seconds: float
    samples: int


class Segmenter:
    """Follows one growing file.

    `init_bytes` is the size of the init segment once that is complete. `ended` is True once the last box, the index
    of fragments (`mfra`), has been written. `timescale` (ticks per second) and `default_duration` are the track's.

    Without `segment_seconds` each fragment is a segment. With it a segment is as many fragments as reach the next of
    the `segment_edges`: audio has no keyframes that would say where to cut.
    """

    def __init__(self, *, segment_seconds: int | None = None) -> None:
        self._segment_seconds = segment_seconds
        self.init_bytes = 0
        self.ended = False
        self.timescale = 0
        self.default_duration = 0
        self._at = 0
        self._count = 0
        self._offset = 0
        self._start_ticks = 0
        self._ticks = 0
        self._samples = 0

    def closed_segments(self, read: Read, available: int) -> list[ClosedSegment]:
        """Return the segments closed since the last call, of a file that has `available` bytes so far."""
        closed: list[ClosedSegment] = []
        while (box := boxes.box_at(read, self._at)) is not None and box.end <= available:
            self._at = box.end
            closed.extend(self._take(box, read))
        return closed

    def _take(self, box: Box, read: Read) -> Iterator[ClosedSegment]:
        if box.kind == "moov":
            moov = read(box.offset, box.size)
            self.timescale, self.default_duration = boxes.timescale_of(moov), boxes.default_duration_of(moov)
            self.init_bytes = self._offset = box.end
        elif box.kind == "moof":
            lasting = _sample_ticks(read(box.offset, box.size), self.default_duration)
            self._ticks, self._samples = self._ticks + sum(lasting), self._samples + len(lasting)
        elif box.kind == "mdat" and self._reaches_an_edge():
            yield self._close(box.end)
        elif box.kind == "mfra":
            self.ended = True
            if self._samples:
                yield self._close(box.offset)

    def _reaches_an_edge(self) -> bool:
        if self._segment_seconds is None:
            return True
        edge = segment_edges.next_edge(self._start_ticks / self.timescale, self._segment_seconds)
        return self._start_ticks + self._ticks >= edge * self.timescale

    def _close(self, end: int) -> ClosedSegment:
        seconds = self._ticks / self.timescale
        closed = ClosedSegment(self._count, self._offset, end - self._offset, seconds, self._samples)
        self._count, self._offset = self._count + 1, end
        self._start_ticks, self._ticks, self._samples = self._start_ticks + self._ticks, 0, 0
        return closed


def _sample_ticks(moof: bytes, default_duration: int) -> list[int]:
    """Return the duration in ticks of each sample of a fragment of one track."""
    default = trun.defaults_of(moof).duration
    return trun.durations(trun.run_of(moof), default_duration if default is None else default)
