"""MP4 and MOV boxes: locating them in bytes or in a file that is read by range, and reading the tables of a `moov`.

ISO/IEC 14496-12 (ISO base media file format): chapter 4.2 for boxes, 8.3 to 8.8 for the tables. Sizes and offsets are
in bytes, times in ticks of a track's timescale.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Read = Callable[[int, int], bytes]
"""`read(offset, size)`: bytes of a file, fewer at its current end."""

MAX_MOOV_BYTES = 64 * 1024**2
"""A larger `moov` is not read."""

MALFORMED = (ValueError, IndexError, struct.error, ZeroDivisionError)
"""What reading the tables of a damaged file raises."""

_HEADER_BYTES = 16
"""A box's size and type, with the 64-bit form of the size."""

_MAX_TOP_LEVEL_BOXES = 64
_MAX_ROWS = 1_000_000
"""A longer table is not read: each row costs about a hundred bytes of this process, whose memory is not limited."""


@dataclass(frozen=True)
class Box:
    """Location of one box: its four-character type, its offset and size in bytes, and the size of its header."""

    kind: str
    offset: int
    size: int
    header: int

    @property
    def end(self) -> int:
        """Offset of the first byte behind the box."""
        return self.offset + self.size

    @property
    def body(self) -> int:
        """Offset of the box's content."""
        return self.offset + self.header


# Locating boxes ---------------------------------------------------------------------------------------------


def box_at(read: Read, offset: int) -> Box | None:
    """Return the box at an offset, or None if its header is not written yet. Raises ValueError if it is no box."""
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


def boxes(data: bytes, offset: int, end: int) -> Iterator[Box]:
    """Yield the consecutive boxes between two offsets."""
    while offset < end:
        box = box_at(lambda at, size: data[at : at + size], offset)
        if box is None:
            return
        yield box
        offset = box.end


def locate(data: bytes, *path: str) -> Box:
    """Return the first box along a path of types, such as `"moov", "trak"`. Raises ValueError if there is none."""
    offset, end, found = 0, len(data), None
    for depth, kind in enumerate(path, start=1):
        found = next((box for box in boxes(data, offset, end) if box.kind == kind), None)
        if found is None:
            raise ValueError(f"no {'/'.join(path[:depth])}")
        offset, end = found.body, found.end
    assert found is not None
    return found


def find(data: bytes, *path: str) -> bytes:
    """Return the content of the first box along a path of types. Raises ValueError if there is none."""
    box = locate(data, *path)
    return data[box.body : box.end]


def find_moov(read: Read, size_bytes: int) -> Box | None:
    """Return the `moov` of a file of this size, wherever it is; None if it is missing, cut off or too large."""
    offset = 0
    for _ in range(_MAX_TOP_LEVEL_BOXES):
        if offset >= size_bytes:
            return None
        try:
            box = box_at(read, offset)
        except ValueError:
            return None
        if box is None or box.end > size_bytes:
            return None
        if box.kind == "moov":
            return box if box.size <= MAX_MOOV_BYTES else None
        offset = box.end
    return None


def top_level_boxes(read: Read, size_bytes: int) -> Iterator[Box]:
    """Yield the outermost boxes of a whole file. Raises ValueError if it is cut off or has more than 64 of them."""
    offset = 0
    for _ in range(_MAX_TOP_LEVEL_BOXES):
        if offset == size_bytes:
            return
        box = box_at(read, offset)
        if box is None or box.end > size_bytes:
            break
        yield box
        offset = box.end
    raise ValueError("cut off, or too many boxes")


# Fragmented files -------------------------------------------------------------------------------------------


def timescale_of(moov: bytes) -> int:
    """Return the ticks per second of the first track (`mdhd`)."""
    return timescale_in(find(moov, "moov", "trak", "mdia", "mdhd"))


def timescale_in(mdhd: bytes) -> int:
    """Return the ticks per second from the content of an `mdhd`, whose version 1 has 64-bit times before them.

    Raises struct.error if it is too short.
    """
    return int(struct.unpack_from(">I", mdhd, 20 if mdhd[:1] > b"\0" else 12)[0])


def default_duration_of(moov: bytes) -> int:
    """Return the ticks of a sample whose fragment gives no duration (`trex`)."""
    return int(struct.unpack_from(">I", find(moov, "moov", "mvex", "trex"), 12)[0])


def media_time_of(moov: bytes) -> int:
    """Return what the first track's edit list takes off its times, in ticks; 0 without one."""
    trak = locate(moov, "moov", "trak")
    return next((at for _, at, _ in edit_list(moov[trak.offset : trak.end]) if at >= 0), 0)


def decode_time_of(segment: bytes) -> int:
    """Return the decode time in ticks of a segment's first sample (`tfdt`). The segment's first bytes are enough."""
    tfdt = find(segment, "moof", "traf", "tfdt")
    return int(struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)[0])


# Sample tables ----------------------------------------------------------------------------------------------


def track_box(moov: bytes, number: int, *, handler: bytes) -> bytes:
    """Return the `trak` at a place from 0. `handler` is `vide` or `soun`; raises ValueError if it has another."""
    tracks = [moov[box.offset : box.end] for box in _inside(moov) if box.kind == "trak"]
    if number >= len(tracks) or find(tracks[number], "trak", "mdia", "hdlr")[8:12] != handler:
        raise ValueError(f"no such track of {handler.decode()}")
    return tracks[number]


def has_box(moov: bytes, kind: str) -> bool:
    """True if a box of this type is a direct child of the `moov`."""
    return any(box.kind == kind for box in _inside(moov))


def sample_table(trak: bytes) -> bytes:
    """Return the `stbl` of a track."""
    box = locate(trak, "trak", "mdia", "minf", "stbl")
    return trak[box.offset : box.end]


def track_timescale(trak: bytes) -> int:
    """Return the ticks per second of a track."""
    return timescale_in(find(trak, "trak", "mdia", "mdhd"))


def sample_durations(table: bytes) -> list[tuple[int, ...]]:
    """Return runs of samples of equal duration, as (count, ticks of each) (`stts`)."""
    return rows(find(table, "stbl", "stts"), ">II")


def edit_list(trak: bytes) -> list[tuple[int, ...]]:
    """Return the edit list (`elst`) as (duration, media time, rate); a media time below 0 shows nothing yet."""
    try:
        elst = find(trak, "trak", "edts", "elst")
    except ValueError:
        return []
    return rows(elst, ">QqI" if elst[0] else ">IiI")


def sample_description_count(table: bytes) -> int:
    """Return the number of sample descriptions (`stsd`): more than one if the format changes within the track."""
    return int(struct.unpack_from(">I", find(table, "stbl", "stsd"), 4)[0])


def rows(body: bytes, code: str) -> list[tuple[int, ...]]:
    """Return the rows of a table, each as `struct` unpacks `code`. Raises ValueError if it is longer than its box."""
    count = int(struct.unpack_from(">I", body, 4)[0])
    size = struct.calcsize(code)
    if count > _MAX_ROWS:
        raise ValueError("too many rows")
    if 8 + count * size > len(body):
        raise ValueError("a table longer than its box")
    return list(struct.iter_unpack(code, body[8 : 8 + count * size]))


def _inside(moov: bytes) -> Iterator[Box]:
    yield from boxes(moov, 8, len(moov))
