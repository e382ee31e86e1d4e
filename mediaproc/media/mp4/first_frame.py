"""A segment's first frame as a segment of its own: a keyframe can be read and decoded without all that follows it.

The frame keeps its time. No codec is known here, only boxes (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from mediaproc.media.mp4 import boxes
from mediaproc.media.mp4.boxes import Box

_DATA_OFFSET, _FIRST_FLAGS, _SIZE = 0x1, 0x4, 0x200
_BASE, _DESCRIPTION, _DURATION, _DEFAULT_SIZE = 0x1, 0x2, 0x8, 0x10
_ROW_FIELDS = (0x100, _SIZE, 0x400, 0x800)
_MDAT_HEADER_BYTES = 8


@dataclass(frozen=True)
class FirstFrame:
    """Where a segment's first frame stands in it, and the `moof` that says nothing else."""

    moof: bytes
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """How much of the segment has to be read."""
        return self.offset + self.size_bytes

    def alone(self, segment: bytes) -> bytes:
        """The frame as a segment, of one that was read up to `end`."""
        frame = segment[self.offset : self.end]
        return self.moof + struct.pack(">I4s", _MDAT_HEADER_BYTES + len(frame), b"mdat") + frame


def first_frame(head: bytes) -> FirstFrame:
    """The first frame of a segment of which `head` holds the first `moof`. Raises ValueError if it does not."""
    moof = boxes.locate(head, "moof")
    if moof.end > len(head):
        raise ValueError("moof is cut off")
    trun = boxes.locate(head, "moof", "traf", "trun")
    flags, _ = struct.unpack_from(">II", head, trun.offset + trun.header)
    flags &= 0xFFFFFF
    if not flags & _DATA_OFFSET:
        raise ValueError("trun has no offset")
    start = trun.offset + trun.header + 8
    (data_offset,) = struct.unpack_from(">i", head, start)
    row = start + 4 + 4 * bool(flags & _FIRST_FLAGS)
    return FirstFrame(
        moof=_with_one_row(head, moof, trun, row + 4 * sum(bool(flags & field) for field in _ROW_FIELDS)),
        offset=moof.offset + data_offset,
        size_bytes=_size_of_first(head, flags, row),
    )


def _size_of_first(head: bytes, flags: int, row: int) -> int:
    if flags & _SIZE:
        return int(struct.unpack_from(">I", head, row + 4 * bool(flags & _ROW_FIELDS[0]))[0])
    tfhd = boxes.find(head, "moof", "traf", "tfhd")
    said = struct.unpack_from(">I", tfhd)[0]
    if not said & _DEFAULT_SIZE:
        raise ValueError("no size of a frame")
    before = 8 * bool(said & _BASE) + 4 * bool(said & _DESCRIPTION) + 4 * bool(said & _DURATION)
    return int(struct.unpack_from(">I", tfhd, 8 + before)[0])


def _with_one_row(head: bytes, moof: Box, trun: Box, row_end: int) -> bytes:
    """The `moof` with the rows behind the first taken out of its `trun`."""
    cut = trun.end - row_end
    data = bytearray(head[moof.offset : row_end] + head[trun.end : moof.end])
    for kinds in (("moof",), ("moof", "traf"), ("moof", "traf", "trun")):
        box = boxes.locate(head, *kinds)
        struct.pack_into(">I", data, box.offset - moof.offset, box.size - cut)
    count = trun.offset + trun.header + 4 - moof.offset
    struct.pack_into(">Ii", data, count, 1, moof.size - cut + _MDAT_HEADER_BYTES)
    return bytes(data)
