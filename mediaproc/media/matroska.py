"""Keyframes of a Matroska or WebM file, from its Cues, an index in one place (RFC 9559, 5.1.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc.media.mp4.boxes import Read

LARGEST_CUES_BYTES = 8 * 1024**2
"""Longer ones are not looked at: a film of three hours has some 200 KB."""

_HEAD_BYTES = 64 * 1024
"""What is read first: it usually holds all that stands before the pictures."""

_LARGEST_HEADER_BYTES = 1024**2
_MOST_ELEMENTS = 64
_LONGEST_NUMBER_BYTES = 8

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_INFO, _TIMESTAMP_SCALE = 0x1549A966, 0x2AD7B1
_TRACKS, _TRACK_ENTRY, _TRACK_NUMBER, _TRACK_TYPE = 0x1654AE6B, 0xAE, 0xD7, 0x83
_CUES, _CUE_POINT, _CUE_TIME, _CUE_TRACK_POSITIONS, _CUE_TRACK = 0x1C53BB6B, 0xBB, 0xB3, 0xB7, 0xF7
_PICTURE = 1
"""The track type of a picture."""


@dataclass(frozen=True)
class Element:
    """An EBML element: its id, and where its content stands. No `size` where only reading on would tell."""

    id: int
    offset: int
    size: int | None

    @property
    def end(self) -> int:
        """The offset of what follows. Raises ValueError if nobody can know."""
        if self.size is None:
            raise ValueError("an element of unknown size")
        return self.offset + self.size


def keyframe_seconds(read: Read, size_bytes: int, *, track: int) -> list[float]:
    """When the keyframes of a track are shown, from the first one; empty when the file does not say.

    That is so for one without Cues (a browser's recording), and for one that is cut off.
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


def _with_head(read: Read, size_bytes: int) -> Read:
    """The same bytes, the first ones from memory, and none behind the end."""
    head = read(0, _HEAD_BYTES) if size_bytes else b""

    def from_memory(offset: int, size: int) -> bytes:
        if size <= 0 or offset >= size_bytes:
            return b""
        return head[offset : offset + size] if offset + size <= len(head) else read(offset, size)

    return from_memory


def _segment(read: Read) -> Element:
    """The one that holds everything, behind the file's own header."""
    header = _element(read(0, 12), 0)
    if header.id != _EBML:
        raise ValueError("not EBML")
    segment = _element(read(header.end, 12), header.end)
    if segment.id != _SEGMENT:
        raise ValueError("no segment")
    return segment


def _headers(read: Read, segment: Element, size_bytes: int) -> dict[int, Element]:
    """The first element of each sort that stands before the pictures."""
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
    """The Cues behind the pictures, by the table that says where to look for what."""
    for seek in _inside(seek_head):
        entry = _numbers(seek_head, seek, _SEEK_ID, _SEEK_POSITION) if seek.id == _SEEK else {}
        if entry.get(_SEEK_ID) == _CUES:
            offset = segment.offset + entry[_SEEK_POSITION]
            found = _element(read(offset, 12), offset)
            if found.id == _CUES:
                return found
    raise ValueError("no cues")


def _track_number(tracks: bytes, place: int) -> int:
    """The number that Cues know the picture by, which stands at a place among all tracks."""
    entry = [each for each in _inside(tracks) if each.id == _TRACK_ENTRY][place]
    said = _numbers(tracks, entry, _TRACK_NUMBER, _TRACK_TYPE)
    if said[_TRACK_TYPE] != _PICTURE:
        raise ValueError("no picture")
    return said[_TRACK_NUMBER]


def _timestamp_scale(info: bytes) -> int:
    """Nanoseconds that a tick lasts."""
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
    """The elements that stand one after another in a parent, or in all of it."""
    offset, end = (parent.offset, parent.end) if parent else (0, len(data))
    while offset < end:
        element = _element(data[offset : offset + 12], offset)
        if element.end > end:
            raise ValueError("an element longer than its parent")
        yield element
        offset = element.end


def _element(head: bytes, offset: int) -> Element:
    """The element whose first bytes these are; it stands at an offset."""
    id_length = _length(head, 0, most=4)
    size_length = _length(head, id_length, most=8)
    coded = int.from_bytes(head[id_length : id_length + size_length], "big")
    value = coded & ((1 << 7 * size_length) - 1)
    unknown = value == (1 << 7 * size_length) - 1
    id = int.from_bytes(head[:id_length], "big")
    return Element(id, offset + id_length + size_length, None if unknown else value)


def _length(head: bytes, at: int, *, most: int) -> int:
    """How many bytes a number of variable length takes, by the zeros that it begins with."""
    if at >= len(head):
        raise ValueError("cut off")
    length = 9 - head[at].bit_length()
    if length > most or at + length > len(head):
        raise ValueError("not EBML")
    return length


def _numbers(data: bytes, parent: Element, *ids: int) -> dict[int, int]:
    """The numbers in a parent that are asked for, by their ids."""
    return {each.id: _number(data, each) for each in _inside(data, parent) if each.id in ids}


def _number(data: bytes, element: Element) -> int:
    """Raises ValueError for one longer than any number is: as a time it would be beyond all floats."""
    if element.end - element.offset > _LONGEST_NUMBER_BYTES:
        raise ValueError("not a number")
    return int.from_bytes(data[element.offset : element.end], "big")
