"""Where an MP4 or MOV may be cut: the times of its keyframes, from its sample table (for Matroska see `cues`).

The table is a few hundred kilobytes an hour and tells what reading every packet would (ISO/IEC 14496-12, 8.6).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from itertools import accumulate

from mediaproc.media.mp4 import boxes, sample_tables

_MOST_SAMPLES = 20_000_000
_ENOUGH = 100_000
"""So many keyframes are enough to choose from, where every one of some millions of samples is one."""


def keyframe_seconds(moov: bytes, *, track: int, size_bytes: int) -> list[float]:
    """When each keyframe of a track is shown, from the beginning; empty when the file can't be cut by its table.

    That is so for a fragmented file, and for one whose media does not reach as far as its table says. A keyframe before
    the beginning, of a film that was trimmed without copying it, has a time below 0.
    """
    try:
        trak = sample_tables.track(moov, track, handler=b"vide")
        table, timescale = sample_tables.sample_table(trak), sample_tables.timescale(trak)
        if _last_offset(table) >= size_bytes or sample_tables.has(moov, "mvex"):
            return []
        hidden = _hidden_ticks(trak, table) / timescale
        return [at - hidden for at in _times(table, timescale)]
    except sample_tables.BROKEN:
        return []


def _last_offset(table: bytes) -> int:
    """The file offset of the last run of samples (`stco`, `co64`)."""
    for kind, code in (("stco", ">I"), ("co64", ">Q")):
        try:
            rows = boxes.find(table, "stbl", kind)
        except ValueError:
            continue
        count = int(struct.unpack_from(">I", rows, 4)[0])
        if count:
            return int(struct.unpack_from(code, rows, 8 + (count - 1) * struct.calcsize(code))[0])
    raise ValueError("no samples")


def _hidden_ticks(trak: bytes, table: bytes) -> int:
    """How much of the media comes before what is shown first, by the track's edit list (`elst`)."""
    begins = next((media_time for _, media_time, _ in sample_tables.edits(trak) if media_time >= 0), 0)
    return max(0, begins - _first_composition_offset(table))


def _first_composition_offset(table: bytes) -> int:
    """By how much the first frame is shown after it is decoded (`ctts`), which an edit list evens out."""
    try:
        offsets = sample_tables.rows(boxes.find(table, "stbl", "ctts"), ">Ii")
    except ValueError:
        return 0
    return offsets[0][1] if offsets else 0


def _times(table: bytes, timescale: int) -> list[float]:
    runs = sample_tables.durations(table)
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
        stss = boxes.find(table, "stbl", "stss")
    except ValueError:
        return list(range(0, count, max(1, count // _ENOUGH)))
    return [number - 1 for (number,) in sample_tables.rows(stss, ">I")]
