"""Audio segmenter: cuts a growing fragmented MP4 of audio where the video's segments end, between two audio frames.

Audio has no keyframes that would say where to cut, and FFmpeg's fragments of about a second end anywhere. So segments
are put together from the samples: one `moof` and `mdat` each (ISO/IEC 14496-12, 8.8), with the bytes that were encoded.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from mediaproc.media import segment_edges
from mediaproc.media.mp4 import boxes, trun
from mediaproc.media.mp4.boxes import Box, Read
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.mp4.trun import TrackRun

Cuts = Callable[[float], float | None]
"""When a segment that begins at a time is to end, both in seconds; None while that is not known."""

_TAIL_SECONDS = 0.1
"""Audio that goes on for less behind a cut stays in the segment: an encoder's last frames are padding."""

_DEFAULT_BASE_IS_MOOF = 0x020000


@dataclass(frozen=True)
class AudioSample:
    """One audio frame in the file: its bytes, its decode time and its duration in ticks."""

    offset: int
    size: int
    start: int
    ticks: int

    @property
    def end(self) -> int:
        """When the next frame is due."""
        return self.start + self.ticks


@dataclass(frozen=True)
class AudioSegment:
    """A segment whose frames are all in the file. It has to be built before it is stored."""

    number: int
    duration_seconds: float
    frames: tuple[AudioSample, ...]

    @property
    def samples(self) -> int:
        """The number of audio frames."""
        return len(self.frames)

    def built(self, read: Read) -> bytes:
        """Return the segment's bytes, read from the file."""
        body = b"".join(read(offset, size) for offset, size in _spans(self.frames))
        moof = _moof(self.number + 1, self.frames, data_offset=0)
        moof = _moof(self.number + 1, self.frames, data_offset=len(moof) + 8)
        return moof + struct.pack(">I4s", 8 + len(body), b"mdat") + body


class AudioSegmenter:
    """Follows one growing file of audio. `init_bytes`, `ended` and `timescale` are as those of `Segmenter`.

    `end_seconds` is when its last frame so far ends.
    """

    def __init__(self, cuts: Cuts) -> None:
        self._cuts = cuts
        self.init_bytes = 0
        self.ended = False
        self.timescale = 0
        self.end_seconds = 0.0
        self._default_duration = 0
        self._lag = 0
        self._at = 0
        self._count = 0
        self._parsed: list[AudioSample] = []
        self._waiting: list[AudioSample] = []

    def closed_segments(self, read: Read, available: int) -> list[AudioSegment]:
        """Return the segments closed since the last call, of a file that has `available` bytes so far."""
        while (box := boxes.box_at(read, self._at)) is not None and box.end <= available:
            self._at = box.end
            self._take(box, read)
        return list(self._closed())

    def _take(self, box: Box, read: Read) -> None:
        if box.kind == "moov":
            moov = read(box.offset, box.size)
            self.timescale, self._default_duration = boxes.timescale_of(moov), boxes.default_duration_of(moov)
            self._lag = boxes.media_time_of(moov)
            self.init_bytes = box.end
        elif box.kind == "moof":
            self._parsed = list(_samples(read(box.offset, box.size), box.offset, self._default_duration))
        elif box.kind == "mdat":
            self._append(self._parsed)
            self._parsed = []
        elif box.kind == "mfra":
            self.ended = True

    def _append(self, samples: list[AudioSample]) -> None:
        """Add a fragment's frames; the last one before lasts until the first of them."""
        if self._waiting and samples and samples[0].start > self._waiting[-1].start:
            last = self._waiting[-1]
            self._waiting[-1] = AudioSample(last.offset, last.size, last.start, samples[0].start - last.start)
        self._waiting.extend(samples)
        self.end_seconds = self._seconds(self._waiting[-1].end) if self._waiting else 0.0

    def _closed(self) -> Iterator[AudioSegment]:
        while self._waiting and (cut := self._cuts(self._seconds(self._waiting[0].start))) is not None:
            ticks = cut * self.timescale + self._lag
            if self._waiting[-1].end >= ticks + _TAIL_SECONDS * self.timescale:
                middles = [each.start + each.ticks / 2 for each in self._waiting]
                yield self._close(max(1, bisect_right(middles, ticks)))
            elif self.ended:
                yield self._close(len(self._waiting))
            else:
                return

    def _seconds(self, ticks: int) -> float:
        return max(0.0, (ticks - self._lag) / self.timescale)

    def _close(self, count: int) -> AudioSegment:
        frames, self._waiting = tuple(self._waiting[:count]), self._waiting[count:]
        closed = AudioSegment(self._count, (frames[-1].end - frames[0].start) / self.timescale, frames)
        self._count += 1
        return closed


def at_edges(segment_seconds: int, *, frame_rate: Fraction = Fraction(0), start_seconds: float = 0.0) -> Cuts:
    """Return cuts at the segment edges: where the video has its first frame at or after each of them.

    `frame_rate` is the video's and `start_seconds` the time of its first frame; without a rate the edges themselves.
    """

    def cut(begin: float) -> float:
        edge = segment_edges.next_edge(begin + _TAIL_SECONDS, segment_seconds)
        return segment_edges.first_frame_from(edge, frame_rate, start_seconds)

    return cut


def following(video: Segmenter, segment_seconds: int) -> Cuts:
    """Return cuts where the segments of a video end that is written beside the audio, and at edges after its end."""

    def cut(begin: float) -> float | None:
        ends = video.ends_seconds[:-1] if video.ended else video.ends_seconds
        found = next((end for end in ends if end > begin + _TAIL_SECONDS), None)
        if found is None and video.ended:
            after = max(begin, video.ends_seconds[-1] + 1) if video.ends_seconds else begin
            return segment_edges.next_edge(after + _TAIL_SECONDS, segment_seconds)
        return found

    return cut


def _samples(moof: bytes, offset: int, default_duration: int) -> Iterator[AudioSample]:
    run, defaults = trun.run_of(moof), trun.defaults_of(moof)
    lasting = trun.durations(run, trun.default_duration(moof, default_duration))
    at, time = offset + (run.data_offset or 0), boxes.decode_time_of(moof)
    for sample, ticks in zip(run.samples, lasting, strict=True):
        size = sample.size if sample.size is not None else defaults.size or 0
        yield AudioSample(at, size, time, ticks)
        at, time = at + size, time + ticks


def _spans(frames: Sequence[AudioSample]) -> Iterator[tuple[int, int]]:
    """Return the byte ranges of frames, those that follow each other as one."""
    before, placed = 0, list[tuple[int, AudioSample]]()
    for each in frames:
        placed.append((each.offset - before, each))
        before += each.size
    for _, run in groupby(placed, key=lambda pair: pair[0]):
        found = [each for _, each in run]
        yield found[0].offset, sum(each.size for each in found)


def _moof(sequence: int, frames: Sequence[AudioSample], *, data_offset: int) -> bytes:
    rows = tuple(trun.Sample(duration=each.ticks, size=each.size) for each in frames)
    traf = (
        _box("tfhd", struct.pack(">II", _DEFAULT_BASE_IS_MOOF, 1))
        + _box("tfdt", struct.pack(">IQ", 1 << 24, frames[0].start))
        + TrackRun(version=0, data_offset=data_offset, first_sample_flags=None, samples=rows).to_box()
    )
    return _box("moof", _box("mfhd", struct.pack(">II", 0, sequence)) + _box("traf", traf))


def _box(kind: str, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body
