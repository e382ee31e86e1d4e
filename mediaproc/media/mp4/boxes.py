"""Cutting a fragmented MP4 into CMAF pieces while it is still being written.

FFmpeg writes one file a rendition: what stands before the first `moof` is the init segment, and each `moof` with the
`mdat` behind it is a fragment, for pictures a closed GOP (ISO/IEC 14496-12 for the boxes, 23000-19 for CMAF).
FFmpeg's own HLS muxer is not used: it moves the first picture of a segment when frames are unevenly spaced.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mediaproc.media import segment_edges

_HEADER_BYTES = 16
"""A box's size and type, with the long form of the size."""

Read = Callable[[int, int], bytes]
"""`read(offset, size)`: bytes of the file, fewer at its present end."""


@dataclass(frozen=True)
class Cut:
    """A closed segment: where it stands in the file, how long it lasts by decode times, and its frames."""

    number: int
    offset: int
    size_bytes: int
    duration_seconds: float
    samples: int


@dataclass(frozen=True)
class Box:
    """One box: its four-letter type, and where it and its content stand."""

    kind: str
    offset: int
    size: int
    header: int

    @property
    def end(self) -> int:
        """The offset of what follows."""
        return self.offset + self.size


class Cutter:
    """Follows one growing file. `init_bytes` is the init segment's size once it is whole; `ended` says that the
    last box, the index of fragments, has been written. `timescale` and `default_duration` are the track's.

    Each fragment is a segment. With `segment_seconds` a segment is as many fragments as reach the next edge of
    `timing`: sound has no keyframes that would say where to cut.
    """

    def __init__(self, *, segment_seconds: int | None = None) -> None:
        self._segment_seconds = segment_seconds
        self.init_bytes = 0
        self.ended = False
        self.timescale = 0
        self.default_duration = 0
        self._at = 0
        self._count = 0
        self._start = 0
        self._begun_ticks = 0
        self._ticks = 0
        self._samples = 0

    def cut(self, read: Read, available: int) -> list[Cut]:
        """The segments that have been closed since the last call, of a file of `available` bytes."""
        cuts: list[Cut] = []
        while (box := box_at(read, self._at)) is not None and box.end <= available:
            self._at = box.end
            cuts.extend(self._take(box, read))
        return cuts

    def _take(self, box: Box, read: Read) -> Iterator[Cut]:
        if box.kind == "moov":
            moov = read(box.offset, box.size)
            self.timescale, self.default_duration = timescale_of(moov), default_duration_of(moov)
            self.init_bytes = self._start = box.end
        elif box.kind == "moof":
            ticks, samples = timing_of(read(box.offset, box.size), default_duration=self.default_duration)
            self._ticks, self._samples = self._ticks + ticks, self._samples + samples
        elif box.kind == "mdat" and self._reaches_an_edge():
            yield self._cut(box.end)
        elif box.kind == "mfra":
            self.ended = True
            if self._samples:
                yield self._cut(box.offset)

    def _reaches_an_edge(self) -> bool:
        if self._segment_seconds is None:
            return True
        edge = segment_edges.next_edge(self._begun_ticks / self.timescale, self._segment_seconds)
        return self._begun_ticks + self._ticks >= edge * self.timescale

    def _cut(self, end: int) -> Cut:
        cut = Cut(self._count, self._start, end - self._start, self._ticks / self.timescale, self._samples)
        self._count, self._start = self._count + 1, end
        self._begun_ticks, self._ticks, self._samples = self._begun_ticks + self._ticks, 0, 0
        return cut


def box_at(read: Read, offset: int) -> Box | None:
    """The box that begins there, or None if its header is not written yet. Raises ValueError if it can't be one."""
    head = read(offset, _HEADER_BYTES)
    if len(head) < 8:
        return None
    size, kind = struct.unpack(">I4s", head[:8])
    header = 8
    if size == 1:
        if len(head) < _HEADER_BYTES:
            return None
        size, header = struct.unpack(">Q", head[8:16])[0], 16
    if size < header:
        raise ValueError(f"not a box at {offset}")
    return Box(kind.decode("latin-1"), offset, size, header)


def timescale_of(moov: bytes) -> int:
    """Ticks a second of the first track (`mdhd`)."""
    return timescale_in(find(moov, "moov", "trak", "mdia", "mdhd"))


def timescale_in(mdhd: bytes) -> int:
    """Ticks a second, by the content of a `mdhd`: its second version has times of twice the length before them.

    Raises struct.error where that is too short.
    """
    return int(struct.unpack_from(">I", mdhd, 20 if mdhd[:1] > b"\0" else 12)[0])


def default_duration_of(moov: bytes) -> int:
    """Ticks of a frame that says nothing else (`trex`)."""
    return int(struct.unpack_from(">I", find(moov, "moov", "mvex", "trex"), 12)[0])


def timing_of(moof: bytes, *, default_duration: int) -> tuple[int, int]:
    """The ticks and the frames of a fragment of one track (`tfhd`, `trun`)."""
    default = duration_default(moof, default_duration)
    trun = find(moof, "moof", "traf", "trun")
    flags, count = struct.unpack_from(">II", trun)
    if not flags & 0x100:  # no durations of their own
        return default * count, count
    at = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)  # behind data offset and first sample's flags
    width = 4 * sum(bool(flags & field) for field in (0x100, 0x200, 0x400, 0x800))
    return sum(struct.unpack_from(">I", trun, at + width * number)[0] for number in range(count)), count


def start_of(segment: bytes) -> int:
    """The ticks at which its first frame is decoded (`tfdt`). The beginning of a segment is enough."""
    tfdt = find(segment, "moof", "traf", "tfdt")
    return int(struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)[0])


def find(data: bytes, *path: str) -> bytes:
    """The content of the first box along a path of types. Raises ValueError if there is none."""
    box = locate(data, *path)
    return data[box.offset + box.header : box.end]


def locate(data: bytes, *path: str) -> Box:
    """The first box along a path of types. Raises ValueError if there is none."""
    offset, end, found = 0, len(data), None
    for depth, kind in enumerate(path, start=1):
        found = next((box for box in boxes(data, offset, end) if box.kind == kind), None)
        if found is None:
            raise ValueError(f"no {'/'.join(path[:depth])}")
        offset, end = found.offset + found.header, found.end
    assert found is not None
    return found


def duration_default(moof: bytes, default_duration: int) -> int:
    """Ticks of a frame of this fragment that says nothing else (`tfhd`, else what `trex` says)."""
    return _default_of_fragment(find(moof, "moof", "traf", "tfhd"), default_duration)


def boxes(data: bytes, offset: int, end: int) -> Iterator[Box]:
    """The boxes that stand one after another between two offsets."""
    while offset < end:
        box = box_at(lambda at, size: data[at : at + size], offset)
        if box is None:
            return
        yield box
        offset = box.end


def _default_of_fragment(tfhd: bytes, default_duration: int) -> int:
    flags = struct.unpack_from(">I", tfhd)[0]
    if not flags & 0x8:
        return default_duration
    return int(struct.unpack_from(">I", tfhd, 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2))[0])
