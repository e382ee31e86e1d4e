"""Giving a segment decode times of its own, so that segments of different FFmpegs stand one after another.

FFmpeg writes decode times that lag behind by the delay of B-frames, and an edit list that takes the lag off. With an
uneven frame rate the lag differs between the chunks of one rendition, and with it the edit list, so they would not
fit one init segment. Here the lag is the same for all: the n-th frame of a segment is decoded when its n-th frame is
shown, or earlier where a frame is shown before that, and what is left of the lag stands in its composition offset
(`trun`, ISO/IEC 14496-12, 8.8.8). Signed offsets would need no lag, but FFmpeg itself reads those wrongly.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from mediaproc.media.mp4 import boxes
from mediaproc.media.mp4.boxes import Box

_DATA_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_USUAL_FRAME_RATE = 25
_DURATION, _SIZE, _FLAGS, _OFFSET = 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True)
class Retimed:
    """A segment as it is kept: its bytes, and how long it lasts in ticks."""

    data: bytes
    ticks: int


@dataclass(frozen=True)
class Sample:
    """One frame in a `trun`: what it says of it, or the defaults. `offset` is from decoding to showing."""

    duration: int
    size: bytes
    flags: bytes
    offset: int


def lag_ticks(timescale: int, frame_rate: Fraction) -> int:
    """The lag that all chunks of a rendition share: two frames, as x264's B-pyramid needs at an even rate."""
    return round(2 * timescale / (frame_rate or _USUAL_FRAME_RATE))


def with_lag(init: bytes, lag: int) -> tuple[bytes, int]:
    """The init segment with an edit list that takes `lag` ticks off, and what it took off before."""
    elst = boxes.locate(init, "moov", "trak", "edts", "elst")
    version = init[elst.offset + elst.header]
    at = elst.offset + elst.header + (16 if version else 12)
    code = ">q" if version else ">i"
    before = int(struct.unpack_from(code, init, at)[0])
    return init[:at] + struct.pack(code, lag) + init[at + struct.calcsize(code) :], before


def retimed(segment: bytes, *, lag_before: int, lag: int, default_duration: int) -> Retimed:
    """A segment of one fragment of one track, with another lag."""
    trun = boxes.locate(segment, "moof", "traf", "trun")
    tfdt = boxes.locate(segment, "moof", "traf", "tfdt")
    flags, samples = _samples(segment, trun, boxes.duration_default(segment, default_duration))
    shown = _shown(samples, _decode_time(segment, tfdt) - lag_before)
    decoded = _decoded(shown, lag)
    lasts = [after - before for before, after in pairwise(decoded)]
    made = [
        Sample(last, sample.size, sample.flags, at + lag - time)
        for last, sample, at, time in zip([*lasts, 0], samples, shown, decoded, strict=True)
    ]
    # The last one ends when the picture that is shown last does, which lasts as long as the one before.
    in_order = sorted(shown)
    end = in_order[-1] + (in_order[-1] - in_order[-2] if len(in_order) > 1 else samples[0].duration)
    made[-1] = replace(made[-1], duration=end - decoded[-1])
    return Retimed(_rebuilt(segment, trun, tfdt, flags, made, decoded[0]), end - decoded[0])


def _shown(samples: list[Sample], start: int) -> list[int]:
    starts = accumulate((sample.duration for sample in samples[:-1]), initial=start)
    return [at + sample.offset for at, sample in zip(starts, samples, strict=True)]


def _decoded(shown: list[int], lag: int) -> list[int]:
    """Rising times, each as late as possible: not after the frame is shown, nor after its place among those shown."""
    times: list[int] = []
    latest: int | None = None
    for at, place in zip(reversed(shown), sorted(shown, reverse=True), strict=True):
        latest = min(at + lag, place, *(() if latest is None else (latest - 1,)))
        times.append(latest)
    return times[::-1]


def _samples(segment: bytes, trun: Box, default: int) -> tuple[int, list[Sample]]:
    body = trun.offset + trun.header
    word, count = struct.unpack_from(">II", segment, body)
    flags = word & 0xFFFFFF
    at = body + 8 + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    samples: list[Sample] = []
    for _ in range(count):
        fields: dict[int, bytes] = {}
        for field in (_DURATION, _SIZE, _FLAGS, _OFFSET):
            if flags & field:
                fields[field], at = segment[at : at + 4], at + 4
        samples.append(
            Sample(
                duration=_number(fields[_DURATION], signed=False) if _DURATION in fields else default,
                size=fields.get(_SIZE, b""),
                flags=fields.get(_FLAGS, b""),
                offset=_number(fields[_OFFSET], signed=bool(word >> 24)) if _OFFSET in fields else 0,
            )
        )
    return flags, samples


def _rebuilt(segment: bytes, trun: Box, tfdt: Box, flags: int, samples: list[Sample], start: int) -> bytes:
    """The segment with a `trun` of version 1 that says every duration and offset, and with its decode time."""
    head = trun.offset + trun.header + 8
    fixed = bytearray(segment[head : head + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)])
    rows = b"".join(
        struct.pack(">I", each.duration) + each.size + each.flags + struct.pack(">i", each.offset) for each in samples
    )
    size = 16 + len(fixed) + len(rows)
    grown = size - trun.size
    if flags & _DATA_OFFSET:
        struct.pack_into(">i", fixed, 0, struct.unpack_from(">i", fixed)[0] + grown)
    words = struct.pack(">I4sII", size, b"trun", 1 << 24 | flags | _DURATION | _OFFSET, len(samples))
    data = bytearray(segment[: trun.offset] + words + fixed + rows + segment[trun.end :])
    for kinds in (("moof",), ("moof", "traf")):
        box = boxes.locate(segment, *kinds)
        struct.pack_into(">I", data, box.offset, box.size + grown)
    struct.pack_into(_time_code(segment, tfdt), data, tfdt.offset + tfdt.header + 4, start)
    return bytes(data)


def _decode_time(segment: bytes, tfdt: Box) -> int:
    return int(struct.unpack_from(_time_code(segment, tfdt), segment, tfdt.offset + tfdt.header + 4)[0])


def _time_code(segment: bytes, tfdt: Box) -> str:
    return ">Q" if segment[tfdt.offset + tfdt.header] else ">I"


def _number(word: bytes, *, signed: bool) -> int:
    return int.from_bytes(word, "big", signed=signed)
