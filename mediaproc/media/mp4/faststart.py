"""A new head for an MP4 whose media stay as they are: the index first, without what the camera wrote down beside it.

Where everything in a file's `mdat` is kept, the file to download needs no remux: storage copies those bytes by itself,
and only the boxes before them are new (ISO/IEC 14496-12, 8). Samples, times and edit lists are those of the source.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc.media.mp4 import boxes
from mediaproc.media.mp4.boxes import Box, Read
from mediaproc.media.mp4.sample_tables import LARGEST_INDEX_BYTES

_MOST_BOXES = 64
_MOST_CHUNKS = 1_000_000

_KEPT = {
    "moov": ("mvhd", "trak"),
    "trak": ("tkhd", "edts", "mdia"),
    "mdia": ("mdhd", "hdlr", "minf"),
    "minf": ("vmhd", "smhd", "dinf", "stbl"),
    "stbl": ("stsd", "stts", "ctts", "cslg", "stss", "stsc", "stsz", "stz2", "stco", "co64", "sgpd", "sbgp", "sdtp"),
}
"""What stays of each box that holds others; names, places and other people's boxes go."""

_SAMPLES = frozenset({b"avc1", b"hvc1", b"av01", b"mp4a"})
"""Sample entries that players of MP4 take (`avc3` and `hev1` are for streams)."""

_HERE = struct.pack(">I4sI", 28, b"dref", 0) + struct.pack(">I", 1) + struct.pack(">I4sI", 12, b"url ", 1)
"""The media are in this very file, whatever the source says of other ones."""


@dataclass(frozen=True)
class Reheaded:
    """`head` goes before the source's bytes from `start` to `end`."""

    head: bytes
    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """Of the whole file."""
        return len(self.head) + self.end - self.start


def reheaded(read: Read, size_bytes: int, *, tracks: int) -> Reheaded | None:
    """A file of so many tracks with its index in front, or None where it has others or is not one index and one `mdat`.

    Files of QuickTime's own brand are none: players of MP4 don't take all that may stand in their index.
    """
    try:
        index, media = _index_and_media(read, size_bytes)
        moov = read(index.offset, index.size)
        return _with_index(moov, media) if _is_plain(moov, tracks) else None
    except (ValueError, IndexError, struct.error):
        return None


def _index_and_media(read: Read, size_bytes: int) -> tuple[Box, Box]:
    found = list(_outermost(read, size_bytes))
    kinds = [box.kind for box in found]
    if kinds.count("moov") != 1 or kinds.count("mdat") != 1 or kinds[:1] != ["ftyp"]:
        raise ValueError("not one index and one piece of media")
    index, media = found[kinds.index("moov")], found[kinds.index("mdat")]
    if read(found[0].header, 4) == b"qt  " or index.size > LARGEST_INDEX_BYTES:
        raise ValueError("another sort of file")
    return index, media


def _outermost(read: Read, size_bytes: int) -> Iterator[Box]:
    offset = 0
    for _ in range(_MOST_BOXES):
        if offset == size_bytes:
            return
        box = boxes.box_at(read, offset)
        if box is None or box.end > size_bytes:
            break
        yield box
        offset = box.end
    raise ValueError("cut off, or of many pieces")


def _is_plain(moov: bytes, tracks: int) -> bool:
    inside = list(boxes.boxes(moov, 8, len(moov)))
    traks = [moov[box.offset : box.end] for box in inside if box.kind == "trak"]
    return (
        len(traks) == tracks
        and all(box.kind != "mvex" for box in inside)  # its media are in fragments, each with an index of its own
        and all(_takes(boxes.find(trak, "trak", "mdia", "minf", "stbl", "stsd")) for trak in traks)
    )


def _takes(descriptions: bytes) -> bool:
    return struct.unpack_from(">I", descriptions, 4)[0] == 1 and descriptions[12:16] in _SAMPLES


def _with_index(moov: bytes, media: Box) -> Reheaded:
    """The index is as long with one place of the media as with another, so it is written twice."""
    start, end = media.offset + media.header, media.end
    types = _box("ftyp", b"isom\0\0\2\0isomiso2mp41")
    before = struct.pack(">I4sQ", 1, b"mdat", 16 + end - start)

    def head(moved: int) -> bytes:
        return types + _rewritten(moov, Box("moov", 0, len(moov), 8), (start, end), moved) + before

    return Reheaded(head(len(head(0)) - start), start, end)


def _rewritten(data: bytes, box: Box, media: tuple[int, int], moved: int) -> bytes:
    """A box of the index, its media moved by so many bytes. Raises ValueError where they are not all in `media`."""
    content = data[box.offset + box.header : box.end]
    match box.kind:
        case "moov" | "trak" | "mdia" | "minf" | "stbl":
            inside = boxes.boxes(data, box.offset + box.header, box.end)
            kept = [each for each in inside if each.kind in _KEPT[box.kind]]
            return _box(box.kind, b"".join(_rewritten(data, each, media, moved) for each in kept))
        case "mvhd" | "tkhd" | "mdhd":
            times = 16 if content[0] else 8  # when it was made and changed
            return _box(box.kind, content[:4] + bytes(times) + content[4 + times :])
        case "dinf":
            return _box("dinf", _HERE)
        case "stco" | "co64":
            return _box(box.kind, _moved(content, ">I" if box.kind == "stco" else ">Q", media, moved))
        case _:
            return _box(box.kind, content)


def _moved(content: bytes, code: str, media: tuple[int, int], by: int) -> bytes:
    (count,), width = struct.unpack_from(">I", content, 4), struct.calcsize(code)
    if count > _MOST_CHUNKS or 8 + count * width > len(content):
        raise ValueError("a table longer than its box, or than any honest one")
    places = struct.unpack_from(f">{count}{code[1]}", content, 8)
    if not all(media[0] <= place < media[1] for place in places):
        raise ValueError("media elsewhere")
    return content[:8] + struct.pack(f">{count}{code[1]}", *(place + by for place in places))


def _box(kind: str, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind.encode("latin-1")) + content
