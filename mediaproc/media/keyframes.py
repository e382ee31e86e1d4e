"""Where a source may be cut: the times of its keyframes, from the sample table of an MP4 or MOV (or see `cues`).

The table is a few hundred kilobytes an hour and tells what reading every packet would (ISO/IEC 14496-12, 8.6).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from mediaproc.media import cues, fragments
from mediaproc.media.fragments import Box, Read
from mediaproc.media.probe import MediaInfo

LARGEST_INDEX_BYTES = 64 * 1024**2
"""A larger `moov` is not looked at."""

_MOST_BOXES = 64
_MOST_SAMPLES = 20_000_000
_MOST_ROWS = 1_000_000
"""A longer table is not read: each of its rows takes a hundred bytes of this process, which has no limit of its own."""
_ENOUGH = 100_000
"""So many keyframes are enough to choose from, where every one of some millions of samples is one."""


def of_source(info: MediaInfo, read: Read, size_bytes: int) -> list[float]:
    """When the keyframes of the picture are shown, in seconds, if the container says so in one place; else nothing."""
    container = info.container.partition(",")[0]
    if container == "matroska":
        return cues.keyframe_seconds(read, size_bytes, track=info.video.index)
    if container != "mov":
        return []
    index = find_index(read, size_bytes)
    if index is None:
        return []
    return keyframe_seconds(read(index.offset, index.size), track=info.video.index, size_bytes=size_bytes)


def find_index(read: Read, size_bytes: int) -> Box | None:
    """The `moov` of a file of so many bytes, wherever it stands, or None if there is none to be had."""
    offset = 0
    for _ in range(_MOST_BOXES):
        if offset >= size_bytes:
            return None
        try:
            box = fragments.box_at(read, offset)
        except ValueError:
            return None
        if box is None or box.end > size_bytes:
            return None
        if box.kind == "moov":
            return box if box.size <= LARGEST_INDEX_BYTES else None
        offset = box.end
    return None


def keyframe_seconds(moov: bytes, *, track: int, size_bytes: int) -> list[float]:
    """When each keyframe of a track is shown, from the beginning; empty when the file can't be cut by its table.

    That is so for a fragmented file, and for one whose media does not reach as far as its table says. A keyframe before
    the beginning, of a film that was trimmed without copying it, has a time below 0.
    """
    try:
        trak = _track(moov, track)
        table, timescale = _sample_table(trak), _timescale(trak)
        if _last_offset(table) >= size_bytes or _has(moov, "mvex"):
            return []
        hidden = _hidden_ticks(trak, table) / timescale
        return [at - hidden for at in _times(table, timescale)]
    except (ValueError, IndexError, struct.error, ZeroDivisionError):
        return []


def _track(moov: bytes, number: int) -> bytes:
    tracks = [moov[box.offset : box.end] for box in _inside(moov) if box.kind == "trak"]
    if number >= len(tracks) or fragments.find(tracks[number], "trak", "mdia", "hdlr")[8:12] != b"vide":
        raise ValueError("no such picture")
    return tracks[number]


def _sample_table(trak: bytes) -> bytes:
    box = fragments.locate(trak, "trak", "mdia", "minf", "stbl")
    return trak[box.offset : box.end]


def _timescale(trak: bytes) -> int:
    return fragments.timescale_in(fragments.find(trak, "trak", "mdia", "mdhd"))


def _has(moov: bytes, kind: str) -> bool:
    return any(box.kind == kind for box in _inside(moov))


def _inside(moov: bytes) -> Iterator[Box]:
    yield from fragments.boxes(moov, 8, len(moov))


def _last_offset(table: bytes) -> int:
    """The file offset of the last run of samples (`stco`, `co64`)."""
    for kind, code in (("stco", ">I"), ("co64", ">Q")):
        try:
            rows = fragments.find(table, "stbl", kind)
        except ValueError:
            continue
        count = int(struct.unpack_from(">I", rows, 4)[0])
        if count:
            return int(struct.unpack_from(code, rows, 8 + (count - 1) * struct.calcsize(code))[0])
    raise ValueError("no samples")


def _hidden_ticks(trak: bytes, table: bytes) -> int:
    """How much of the media comes before what is shown first, by the track's edit list (`elst`)."""
    try:
        elst = fragments.find(trak, "trak", "edts", "elst")
    except ValueError:
        return 0
    entries = _rows(elst, ">QqI" if elst[0] else ">IiI")
    begins = next((media_time for _, media_time, _ in entries if media_time >= 0), 0)  # below 0: nothing is shown yet
    return max(0, begins - _first_composition_offset(table))


def _first_composition_offset(table: bytes) -> int:
    """By how much the first frame is shown after it is decoded (`ctts`), which an edit list evens out."""
    try:
        offsets = _rows(fragments.find(table, "stbl", "ctts"), ">Ii")
    except ValueError:
        return 0
    return offsets[0][1] if offsets else 0


def _times(table: bytes, timescale: int) -> list[float]:
    stts = fragments.find(table, "stbl", "stts")
    runs = _rows(stts, ">II")
    firsts = [0, *accumulate(count for count, _ in runs)]
    starts = [0, *accumulate(count * ticks for count, ticks in runs)]
    if firsts[-1] > _MOST_SAMPLES:
        raise ValueError("too many samples")

    def seconds(sample: int) -> float:
        run = bisect_right(firsts, sample) - 1
        if not 0 <= run < len(runs):
            raise ValueError("no such sample")
        return (starts[run] + (sample - firsts[run]) * runs[run][1]) / timescale

    return [seconds(sample) for sample in _sync_samples(table, firsts[-1])]


def _sync_samples(table: bytes, count: int) -> list[int]:
    """Numbers of the keyframes from 0; without a table of them every sample is one."""
    try:
        stss = fragments.find(table, "stbl", "stss")
    except ValueError:
        return list(range(0, count, max(1, count // _ENOUGH)))
    return [number - 1 for (number,) in _rows(stss, ">I")]


def _rows(body: bytes, code: str) -> list[tuple[int, ...]]:
    count = int(struct.unpack_from(">I", body, 4)[0])
    size = struct.calcsize(code)
    if count > _MOST_ROWS:
        raise ValueError("too many rows")
    if 8 + count * size > len(body):
        raise ValueError("a table longer than its box")
    return list(struct.iter_unpack(code, body[8 : 8 + count * size]))
