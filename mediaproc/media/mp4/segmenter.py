"""Segmenter: finds the CMAF segments of a fragmented MP4 while FFmpeg is still writing it.

FFmpeg writes one file per rendition. The bytes before the first `moof` are the init segment; each `moof` with the
`mdat` behind it is a fragment, for video one GOP (ISO/IEC 14496-12 for the boxes, 23000-19 for CMAF).
FFmpeg's own HLS muxer is not used: it moves the first frame of a segment when frames are unevenly spaced.

A fragment lasts until the first frame of the next one is shown, however far away that is. An encode says so beside
each fragment, in a `sidx` that is not stored, so that a segment can be played as soon as it is closed; where there is
none the next fragment is waited for. Audio is cut by `audio_segmenter`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mediaproc.media import segment_edges
from mediaproc.media.mp4 import boxes, trun
from mediaproc.media.mp4.boxes import Box, Read
from mediaproc.media.mp4.retime import SHORTEST_HOLD_SECONDS


@dataclass(frozen=True)
class Fragment:
    """One fragment: its byte range, its number of frames, and when its first frame is shown and its last one ends.

    Times are in ticks of the file, before its edit list is applied.
    """

    offset: int
    size_bytes: int
    samples: int
    start: int
    end: int


@dataclass(frozen=True)
class ClosedSegment:
    """A segment that is complete in the file: its byte range, its duration, its frames, and its fragments."""

    number: int
    offset: int
    size_bytes: int
    duration_seconds: float
    samples: int
    fragments: tuple[Fragment, ...]


class Segmenter:
    """Follows one growing file of video.

    `init_bytes` is the size of the init segment once that is complete. `ended` is True once the last box, the index
    of fragments (`mfra`), has been written. `timescale` (ticks per second) and `default_duration` are the track's, and
    `ends_seconds` are the times at which its segments end, so far. `lag` is what the edit list takes off its times, in
    ticks, and `held` the last fragment if its last frame is held.

    Without `segment_seconds` each fragment is a segment. With it a segment is as many fragments as reach the next of
    the `segment_edges`: a source that is copied has the GOPs that it has. `holds`: the last segment is not closed with
    the file, but by `last_segment`, which takes how long its last frame is held. `source_end_seconds` is when the
    source ends, 0 if unknown: FFmpeg takes what a frame lasts from the source, where with B-frames it may stand with
    another frame.
    """

    def __init__(
        self, *, segment_seconds: int | None = None, holds: bool = False, source_end_seconds: float = 0.0
    ) -> None:
        self._segment_seconds = segment_seconds
        self._holds = holds
        self._source_end_seconds = source_end_seconds
        self.init_bytes = 0
        self.ended = False
        self.timescale = 0
        self.default_duration = 0
        self.ends_seconds: list[float] = []
        self.lag = 0
        self.held: Fragment | None = None
        self._at = 0
        self._count = 0
        self._length: int | None = None
        self._open: Fragment | None = None
        self._end_known = False
        self._fragments: list[Fragment] = []

    def closed_segments(self, read: Read, available: int) -> list[ClosedSegment]:
        """Return the segments closed since the last call, of a file that has `available` bytes so far."""
        closed: list[ClosedSegment] = []
        while (box := boxes.box_at(read, self._at)) is not None and box.end <= available:
            self._at = box.end
            closed.extend(self._take(box, read))
        return closed

    def last_segment(self, until_seconds: float) -> list[ClosedSegment]:
        """Return the segment that is left at the end, whose last frame is held until then if it ends before."""
        if not self.ended or not self._fragments:
            return []
        *_, last = self._fragments
        if until_seconds > self._seconds(last.end) + SHORTEST_HOLD_SECONDS:
            self.held = replace(last, end=round(until_seconds * self.timescale) + self.lag)
            self._fragments[-1] = self.held
        self.ends_seconds.pop()
        return [self._close()]

    def _take(self, box: Box, read: Read) -> Iterator[ClosedSegment]:
        if box.kind == "moov":
            moov = read(box.offset, box.size)
            self.timescale, self.default_duration = boxes.timescale_of(moov), boxes.default_duration_of(moov)
            self.lag = boxes.media_time_of(moov)
            self.init_bytes = box.end
        elif box.kind == "sidx":
            self._length = _length_ticks(read(box.offset, box.size))
        elif box.kind == "moof":
            yield from self._begin(box, read(box.offset, box.size))
        elif box.kind == "mdat" and self._open is not None:
            self._open = replace(self._open, size_bytes=box.end - self._open.offset)
            if self._end_known:
                yield from self._finish(self._open)
        elif box.kind == "mfra":
            self.ended = True
            if self._open is not None:
                self._fragments.append(self._open)
            if self._fragments and not self._holds:
                yield self._close()
            elif self._fragments:
                self.ends_seconds.append(self._seconds(self._fragments[-1].end))

    def _begin(self, box: Box, moof: bytes) -> Iterator[ClosedSegment]:
        """Take a fragment's times; where the one before does not know its end, it ends where this one begins."""
        run = trun.run_of(moof)
        lasting = trun.durations(run, trun.default_duration(moof, self.default_duration))
        shown = trun.presentation_times(run.samples, lasting, boxes.decode_time_of(moof))
        if self._open is not None:
            yield from self._finish(replace(self._open, end=min(shown)))
        end = shown[0] + self._length if self._length is not None else max(shown) + lasting[-1]
        self._open = Fragment(box.offset, box.size, len(shown), min(shown), self._within_source(shown, end))
        self._end_known, self._length = self._length is not None, None

    def _within_source(self, shown: list[int], end: int) -> int:
        """Return the end of a fragment, unless its last frame would be held for long beyond the source's end."""
        *before, last = sorted(shown)
        usual = last - before[-1] if before else self.timescale // 25
        source_end = round(self._source_end_seconds * self.timescale) + self.lag
        long = end - last > max(2 * usual, SHORTEST_HOLD_SECONDS * self.timescale)
        beyond = end > source_end + SHORTEST_HOLD_SECONDS * self.timescale
        return max(source_end, last + usual) if self._source_end_seconds and long and beyond else end

    def _finish(self, fragment: Fragment) -> Iterator[ClosedSegment]:
        self._open = None
        self._fragments.append(fragment)
        if self._reaches_an_edge():
            yield self._close()

    def _reaches_an_edge(self) -> bool:
        if self._segment_seconds is None:
            return True
        edge = segment_edges.next_edge(self._seconds(self._fragments[0].start), self._segment_seconds)
        return self._seconds(self._fragments[-1].end) + segment_edges.EARLY_SECONDS >= edge

    def _close(self) -> ClosedSegment:
        first, last = self._fragments[0], self._fragments[-1]
        closed = ClosedSegment(
            number=self._count,
            offset=first.offset,
            size_bytes=sum(each.size_bytes for each in self._fragments),
            duration_seconds=(last.end - first.start) / self.timescale,
            samples=sum(each.samples for each in self._fragments),
            fragments=tuple(self._fragments),
        )
        self._count, self._fragments = self._count + 1, []
        self.ends_seconds.append(self._seconds(last.end))
        return closed

    def _seconds(self, ticks: int) -> float:
        return max(0.0, (ticks - self.lag) / self.timescale)


def _length_ticks(sidx: bytes) -> int:
    """Return how long the fragment behind a `sidx` is shown (`subsegment_duration`, ISO/IEC 14496-12, 8.16.3)."""
    version = sidx[8]
    return int(struct.unpack_from(">I", sidx, (32 if version == 0 else 40) + 4)[0])
