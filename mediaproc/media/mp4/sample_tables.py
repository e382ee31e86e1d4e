"""What the `moov` of an MP4 or MOV says of its tracks (ISO/IEC 14496-12, 8.3 to 8.7): rows of numbers."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediaproc.media.mp4 import boxes
from mediaproc.media.mp4.boxes import Box, Read

LARGEST_INDEX_BYTES = 64 * 1024**2
"""A larger `moov` is not looked at."""

BROKEN = (ValueError, IndexError, struct.error, ZeroDivisionError)
"""What reading the tables of a damaged file raises."""

_MOST_BOXES = 64
_MOST_ROWS = 1_000_000
"""A longer table is not read: each of its rows takes a hundred bytes of this process, which has no limit of its own."""


def find_index(read: Read, size_bytes: int) -> Box | None:
    """The `moov` of a file of so many bytes, wherever it stands, or None if there is none to be had."""
    offset = 0
    for _ in range(_MOST_BOXES):
        if offset >= size_bytes:
            return None
        try:
            box = boxes.box_at(read, offset)
        except ValueError:
            return None
        if box is None or box.end > size_bytes:
            return None
        if box.kind == "moov":
            return box if box.size <= LARGEST_INDEX_BYTES else None
        offset = box.end
    return None


def track(moov: bytes, number: int, *, handler: bytes) -> bytes:
    """The `trak` that stands there, if it is of this kind: `vide` or `soun`."""
    tracks = [moov[box.offset : box.end] for box in _inside(moov) if box.kind == "trak"]
    if number >= len(tracks) or boxes.find(tracks[number], "trak", "mdia", "hdlr")[8:12] != handler:
        raise ValueError(f"no such track of {handler.decode()}")
    return tracks[number]


def sample_table(trak: bytes) -> bytes:
    """The `stbl` of a track."""
    box = boxes.locate(trak, "trak", "mdia", "minf", "stbl")
    return trak[box.offset : box.end]


def timescale(trak: bytes) -> int:
    """Ticks a second of a track."""
    return boxes.timescale_in(boxes.find(trak, "trak", "mdia", "mdhd"))


def has(moov: bytes, kind: str) -> bool:
    """Whether such a box stands in it."""
    return any(box.kind == kind for box in _inside(moov))


def durations(table: bytes) -> list[tuple[int, ...]]:
    """Runs of samples that last equally long: how many, and how many ticks each (`stts`)."""
    return rows(boxes.find(table, "stbl", "stts"), ">II")


def edits(trak: bytes) -> list[tuple[int, ...]]:
    """The edit list: duration, time in the media (below 0 where nothing is shown yet), rate (`elst`)."""
    try:
        elst = boxes.find(trak, "trak", "edts", "elst")
    except ValueError:
        return []
    return rows(elst, ">QqI" if elst[0] else ">IiI")


def kinds_of_samples(table: bytes) -> int:
    """How many descriptions its samples have (`stsd`): more than one where the format changes on the way."""
    return int(struct.unpack_from(">I", boxes.find(table, "stbl", "stsd"), 4)[0])


def rows(body: bytes, code: str) -> list[tuple[int, ...]]:
    """The rows of a table, each as `struct` reads it."""
    count = int(struct.unpack_from(">I", body, 4)[0])
    size = struct.calcsize(code)
    if count > _MOST_ROWS:
        raise ValueError("too many rows")
    if 8 + count * size > len(body):
        raise ValueError("a table longer than its box")
    return list(struct.iter_unpack(code, body[8 : 8 + count * size]))


def _inside(moov: bytes) -> Iterator[Box]:
    yield from boxes.boxes(moov, 8, len(moov))
