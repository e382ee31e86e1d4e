"""Faststart: moves an MP4's index to the front without touching its media.

If everything in a file's `mdat` is kept, the file to download needs no remux: storage copies those bytes by itself
behind a new head (ISO/IEC 14496-12, 8). Samples, times and edit lists are those of the source; metadata such as the
place of recording is left out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from mediaproc.media import codecs
from mediaproc.media.mp4 import boxes
from mediaproc.media.mp4.boxes import MAX_MOOV_BYTES, Box, Read

_MAX_CHUNKS = 1_000_000

_CHILDREN = {
    "moov": ("mvhd", "trak"),
    "trak": ("tkhd", "edts", "mdia"),
    "mdia": ("mdhd", "hdlr", "minf"),
    "minf": ("vmhd", "smhd", "dinf", "stbl"),
    "stbl": ("stsd", "stts", "ctts", "cslg", "stss", "stsc", "stsz", "stz2", "stco", "co64", "sgpd", "sbgp", "sdtp"),
}
"""Child boxes that stay in each container box; names, places and private boxes are left out."""

_SELF_CONTAINED = struct.pack(">I4sI", 28, b"dref", 0) + struct.pack(">I", 1) + struct.pack(">I4sI", 12, b"url ", 1)
"""A `dref` that says: the media are in this file, whatever the source says of others."""


@dataclass(frozen=True)
class FaststartFile:
    """A new `head`, followed by the source's bytes from offset `start` to `end`."""

    head: bytes
    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """Size of the whole file."""
        return len(self.head) + self.end - self.start


def faststart_file(read: Read, size_bytes: int, *, tracks: int) -> FaststartFile | None:
    """Return the file with its index in front, or None if that takes a remux.

    It does if the file has not exactly this many `tracks`, not exactly one `moov` and one `mdat`, or QuickTime's own
    brand: MP4 players don't accept all that its index may hold. `read` may raise; it is not caught.
    """
    try:
        index, media = _index_and_media(read, size_bytes)
        moov = read(index.offset, index.size)
        return _with_index(moov, media) if _is_plain(moov, tracks) else None
    except (ValueError, IndexError, struct.error):
        return None


def _index_and_media(read: Read, size_bytes: int) -> tuple[Box, Box]:
    found = list(boxes.top_level_boxes(read, size_bytes))
    kinds = [box.kind for box in found]
    if kinds.count("moov") != 1 or kinds.count("mdat") != 1 or kinds[:1] != ["ftyp"]:
        raise ValueError("not one index and one piece of media")
    index, media = found[kinds.index("moov")], found[kinds.index("mdat")]
    if read(found[0].body, 4) == b"qt  " or index.size > MAX_MOOV_BYTES:
        raise ValueError("another sort of file")
    return index, media


def _is_plain(moov: bytes, tracks: int) -> bool:
    inside = list(boxes.boxes(moov, 8, len(moov)))
    traks = [moov[box.offset : box.end] for box in inside if box.kind == "trak"]
    return (
        len(traks) == tracks
        and all(box.kind != "mvex" for box in inside)  # the media are in fragments, each with an index of its own
        and all(_is_playable(boxes.find(trak, "trak", "mdia", "minf", "stbl", "stsd")) for trak in traks)
    )


def _is_playable(descriptions: bytes) -> bool:
    return struct.unpack_from(">I", descriptions, 4)[0] == 1 and descriptions[12:16] in codecs.sample_entries()


def _with_index(moov: bytes, media: Box) -> FaststartFile:
    """Write the index twice: its length, on which the offsets in it depend, is the same both times."""
    start, end = media.body, media.end
    types = _box("ftyp", b"isom\0\0\2\0isomiso2mp41")
    before = struct.pack(">I4sQ", 1, b"mdat", 16 + end - start)

    def head(moved: int) -> bytes:
        return types + _rewritten(moov, Box("moov", 0, len(moov), 8), (start, end), moved) + before

    return FaststartFile(head(len(head(0)) - start), start, end)


def _rewritten(data: bytes, box: Box, media: tuple[int, int], moved: int) -> bytes:
    """Return a box of the index, its media moved by this many bytes. Raises ValueError if some are outside `media`."""
    content = data[box.body : box.end]
    match box.kind:
        case "moov" | "trak" | "mdia" | "minf" | "stbl":
            inside = boxes.boxes(data, box.body, box.end)
            children = [each for each in inside if each.kind in _CHILDREN[box.kind]]
            return _box(box.kind, b"".join(_rewritten(data, each, media, moved) for each in children))
        case "mvhd" | "tkhd" | "mdhd":
            times = 16 if content[0] else 8  # creation and modification times
            return _box(box.kind, content[:4] + bytes(times) + content[4 + times :])
        case "dinf":
            return _box("dinf", _SELF_CONTAINED)
        case "stco" | "co64":
            return _box(box.kind, _moved(content, ">I" if box.kind == "stco" else ">Q", media, moved))
        case _:
            return _box(box.kind, content)


def _moved(content: bytes, code: str, media: tuple[int, int], by: int) -> bytes:
    (count,), width = struct.unpack_from(">I", content, 4), struct.calcsize(code)
    if count > _MAX_CHUNKS or 8 + count * width > len(content):
        raise ValueError("a table longer than its box, or too long")
    places = struct.unpack_from(f">{count}{code[1]}", content, 8)
    if not all(media[0] <= place < media[1] for place in places):
        raise ValueError("media elsewhere")
    return content[:8] + struct.pack(f">{count}{code[1]}", *(place + by for place in places))


def _box(kind: str, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind.encode("latin-1")) + content
