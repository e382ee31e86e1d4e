"""Keyframe times of an MP4 or MOV, read from its sample table. (For Matroska see `matroska`.)

The table is a few hundred kilobytes per hour of video and tells what reading every packet would
(ISO/IEC 14496-12, 8.6).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from itertools import accumulate

from mediaproc.media.mp4 import boxes

_MAX_SAMPLES = 20_000_000
_ENOUGH = 100_000
"""Number of keyframes that are enough to choose from, where each of some millions of samples is one."""


def keyframe_seconds(moov: bytes, *, track: int, size_bytes: int) -> list[float]:
    """Return the presentation times of a track's keyframes, in seconds from the beginning of the video.

    `track` is the track's place from 0, `size_bytes` the size of the whole file. The list is empty for a fragmented
    file, a damaged table, a file that is shorter than its table says, and a track that is joined of several parts. A
    keyframe before the beginning, of a film that was trimmed without re-encoding, has a negative time.
    """
    try:
        trak = boxes.track_box(moov, track, handler=b"vide")
        table, timescale = boxes.sample_table(trak), boxes.track_timescale(trak)
        if _last_offset(table) >= size_bytes or boxes.has_box(moov, "mvex") or _parts(trak) > 1:
            return []
        hidden = _hidden_ticks(trak, table) / timescale
        return [at - hidden for at in _times(table, timescale)]
    except boxes.MALFORMED:
        return []


def edit_count(moov: bytes, *, track: int) -> int:
    """Return how many parts of a track its edit list shows one after another; 0 if it is missing or damaged."""
    try:
        return _parts(boxes.track_box(moov, track, handler=b"vide"))
    except boxes.MALFORMED:
        return 0


def frame_durations(moov: bytes, *, track: int) -> list[tuple[int, float]]:
    """Return runs of frames of equal duration, as (count, seconds of each); empty if the tables are damaged."""
    try:
        trak = boxes.track_box(moov, track, handler=b"vide")
        timescale = boxes.track_timescale(trak)
        return [(count, ticks / timescale) for count, ticks in boxes.sample_durations(boxes.sample_table(trak))]
    except boxes.MALFORMED:
        return []


def longest_frame_seconds(moov: bytes, *, track: int) -> float:
    """Return how long the longest frame of a track lasts; 0 if the tables are missing or damaged.

    `track` is the track's place from 0.
    """
    try:
        trak = boxes.track_box(moov, track, handler=b"vide")
        runs = boxes.sample_durations(boxes.sample_table(trak))
        return max((ticks for _, ticks in runs), default=0) / boxes.track_timescale(trak)
    except boxes.MALFORMED:
        return 0.0


def _parts(trak: bytes) -> int:
    return sum(media_time >= 0 for _, media_time, _ in boxes.edit_list(trak))


def _last_offset(table: bytes) -> int:
    """Return the file offset of the last run of samples (`stco`, `co64`)."""
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
    """Return how much of the media precedes the first frame that is shown, by the track's edit list (`elst`)."""
    start = next((media_time for _, media_time, _ in boxes.edit_list(trak) if media_time >= 0), 0)
    return max(0, start - _first_composition_offset(table))


def _first_composition_offset(table: bytes) -> int:
    """Return the first frame's delay from decoding to presentation (`ctts`), which an edit list compensates."""
    try:
        offsets = boxes.rows(boxes.find(table, "stbl", "ctts"), ">Ii")
    except ValueError:
        return 0
    return offsets[0][1] if offsets else 0


def _times(table: bytes, timescale: int) -> list[float]:
    runs = boxes.sample_durations(table)
    firsts = [0, *accumulate(count for count, _ in runs)]
    starts = [0, *accumulate(count * ticks for count, ticks in runs)]
    if firsts[-1] > _MAX_SAMPLES:
        raise ValueError("too many samples")

    def seconds(sample: int) -> float:
        run = bisect_right(firsts, sample) - 1
        if not 0 <= run < len(runs):
            raise ValueError("no such sample")
        return (starts[run] + (sample - firsts[run]) * runs[run][1]) / timescale

    return [seconds(sample) for sample in _sync_samples(table, firsts[-1])]


def _sync_samples(table: bytes, count: int) -> list[int]:
    """Return the numbers of the keyframes, from 0. Without a table of them (`stss`) every sample is one."""
    try:
        stss = boxes.find(table, "stbl", "stss")
    except ValueError:
        return list(range(0, count, max(1, count // _ENOUGH)))
    return [number - 1 for (number,) in boxes.rows(stss, ">I")]
