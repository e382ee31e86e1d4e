"""Matroska and WebM: keyframe times from the Cues, the index of a file (RFC 9559, 5.1.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc.media.mp4.boxes import Read

LARGEST_CUES_BYTES = 8 * 1024**2
"""Longest Cues that are read: a film of three hours has some 200 KB."""

MAGIC = b"\x1a\x45\xdf\xa3"
"""First bytes of every file."""

_HEAD_BYTES = 64 * 1024
"""Bytes of the first read: it usually holds everything before the first cluster."""

_LARGEST_HEADER_BYTES = 1024**2
_MOST_ELEMENTS = 64
_LONGEST_NUMBER_BYTES = 8

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_INFO, _TIMESTAMP_SCALE = 0x1549A966, 0x2AD7B1
_TRACKS, _TRACK_ENTRY, _TRACK_NUMBER, _TRACK_TYPE = 0x1654AE6B, 0xAE, 0xD7, 0x83
_CUES, _CUE_POINT, _CUE_TIME, _CUE_TRACK_POSITIONS, _CUE_TRACK = 0x1C53BB6B, 0xBB, 0xB3, 0xB7, 0xF7
_VIDEO = 1
"""Track type of video."""


@dataclass(frozen=True)
class Element:
    """EBML element: its id, and the offset and size of its content in bytes. `size` is None if unknown."""

    id: int
    offset: int
    size: int | None

    @property
    def end(self) -> int:
        """Offset of the next element. Raises ValueError if the size is unknown."""
        if self.size is None:
            raise ValueError("an element of unknown size")
        return self.offset + self.size


def keyframe_seconds(read: Read, size_bytes: int, *, track: int) -> list[float]:
    """Return the times of a track's keyframes in seconds, from the first one; empty if the file does not say.

    That is so for a file without Cues (a browser's recording), and for one that is truncated.
    """
    read = _with_head(read, size_bytes)
    try:
        segment = _segment(read)
        if segment.size is not None and segment.end > size_bytes:
            return []
        headers = _headers(read, segment, size_bytes)
        number = _track_number(_content(read, headers[_TRACKS]), track)
        scale_ns = _timestamp_scale(_content(read, headers[_INFO]))
        cues = headers.get(_CUES) or _cues_elsewhere(read, segment, _content(read, headers[_SEEK_HEAD]))
        times = sorted(_times(_content(read, cues, LARGEST_CUES_BYTES), number))
    except (ValueError, KeyError, IndexError):
        return []
    return [(at - times[0]) * scale_ns / 1e9 for at in times]


def is_cut_off(read: Read, size_bytes: int) -> bool:
    """True if a file with a Matroska header ends before its segment does, or before its tracks are described."""
    try:
        segment = _segment(read)
        if segment.size is not None:
            return segment.end > size_bytes
        return _TRACKS not in _headers(read, segment, size_bytes)
    except (ValueError, IndexError):
        return True


def _with_head(read: Read, size_bytes: int) -> Read:
    """Return a reader with the first bytes in memory, which returns nothing beyond the end of the file."""
    head = read(0, _HEAD_BYTES) if size_bytes else b""

    def from_memory(offset: int, size: int) -> bytes:
        if size <= 0 or offset >= size_bytes:
            return b""
        return head[offset : offset + size] if offset + size <= len(head) else read(offset, size)

    return from_memory


def _segment(read: Read) -> Element:
    """Return the segment, the element that holds everything behind the file's header."""
    header = _element(read(0, 12), 0)
    if header.id != _EBML:
        raise ValueError("not EBML")
    segment = _element(read(header.end, 12), header.end)
    if segment.id != _SEGMENT:
        raise ValueError("no segment")
    return segment


def _headers(read: Read, segment: Element, size_bytes: int) -> dict[int, Element]:
    """Return the first element of each id before the first cluster."""
    found: dict[int, Element] = {}
    offset = segment.offset
    for _ in range(_MOST_ELEMENTS):
        if offset >= size_bytes:
            break
        element = _element(read(offset, 12), offset)
        if element.id == _CLUSTER:
            break
        found.setdefault(element.id, element)
        offset = element.end
    return found


def _cues_elsewhere(read: Read, segment: Element, seek_head: bytes) -> Element:
    """Return the Cues behind the clusters, found by the SeekHead."""
    for seek in _inside(seek_head):
        entry = _numbers(seek_head, seek, _SEEK_ID, _SEEK_POSITION) if seek.id == _SEEK else {}
        if entry.get(_SEEK_ID) == _CUES:
            offset = segment.offset + entry[_SEEK_POSITION]
            found = _element(read(offset, 12), offset)
            if found.id == _CUES:
                return found
    raise ValueError("no cues")


def _track_number(tracks: bytes, place: int) -> int:
    """Return the number that the Cues use for the video track at a place among all tracks."""
    entry = [each for each in _inside(tracks) if each.id == _TRACK_ENTRY][place]
    said = _numbers(tracks, entry, _TRACK_NUMBER, _TRACK_TYPE)
    if said[_TRACK_TYPE] != _VIDEO:
        raise ValueError("not a video track")
    return said[_TRACK_NUMBER]


def _timestamp_scale(info: bytes) -> int:
    """Return the length of a tick in nanoseconds."""
    return next((_number(info, each) for each in _inside(info) if each.id == _TIMESTAMP_SCALE), 1_000_000)


def _times(cues: bytes, number: int) -> Iterator[int]:
    for point in _inside(cues):
        if point.id != _CUE_POINT:
            continue
        parts = list(_inside(cues, point))
        places = (_inside(cues, each) for each in parts if each.id == _CUE_TRACK_POSITIONS)
        if any(each.id == _CUE_TRACK and _number(cues, each) == number for place in places for each in place):
            yield from (_number(cues, each) for each in parts if each.id == _CUE_TIME)


def _content(read: Read, element: Element, most_bytes: int = _LARGEST_HEADER_BYTES) -> bytes:
    size = element.end - element.offset
    if size > most_bytes:
        raise ValueError("too large to look at")
    content = read(element.offset, size)
    if len(content) < size:
        raise ValueError("cut off")
    return content


def _inside(data: bytes, parent: Element | None = None) -> Iterator[Element]:
    """Yield the elements of a parent, or of all of `data`, in order."""
    offset, end = (parent.offset, parent.end) if parent else (0, len(data))
    while offset < end:
        element = _element(data[offset : offset + 12], offset)
        if element.end > end:
            raise ValueError("an element longer than its parent")
        yield element
        offset = element.end


def _element(head: bytes, offset: int) -> Element:
    """Parse the element at an offset from its first bytes."""
    id_length = _length(head, 0, most=4)
    size_length = _length(head, id_length, most=8)
    coded = int.from_bytes(head[id_length : id_length + size_length], "big")
    value = coded & ((1 << 7 * size_length) - 1)
    unknown = value == (1 << 7 * size_length) - 1
    id = int.from_bytes(head[:id_length], "big")
    return Element(id, offset + id_length + size_length, None if unknown else value)


def _length(head: bytes, at: int, *, most: int) -> int:
    """Return the length in bytes of a number of variable length, by its leading zeros."""
    if at >= len(head):
        raise ValueError("cut off")
    length = 9 - head[at].bit_length()
    if length > most or at + length > len(head):
        raise ValueError("not EBML")
    return length


def _numbers(data: bytes, parent: Element, *ids: int) -> dict[int, int]:
    """Return the numbers in a parent that have these ids, by id."""
    return {each.id: _number(data, each) for each in _inside(data, parent) if each.id in ids}


def _number(data: bytes, element: Element) -> int:
    """Return a number. Raises ValueError if it has more bytes than any number may have."""
    if element.end - element.offset > _LONGEST_NUMBER_BYTES:
        raise ValueError("not a number")
    return int.from_bytes(data[element.offset : element.end], "big")
