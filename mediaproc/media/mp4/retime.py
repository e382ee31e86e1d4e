"""Retiming: gives a fragment new decode times, so that fragments of different FFmpeg processes can follow each other.

FFmpeg writes decode times that run ahead of presentation by the delay of B-frames, and an edit list that takes this
lag off. With an uneven frame rate the lag differs between the chunks of one rendition, and with it the edit list, so
they would not fit one init segment. Retiming gives all chunks the same lag: the n-th frame of a fragment is decoded
when its n-th frame is shown, or earlier where a frame is shown before that, and the rest of the lag goes into the
composition offset (`trun`, ISO/IEC 14496-12, 8.8.8). Negative offsets would need no lag, but FFmpeg itself misreads
them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from mediaproc.media.mp4 import boxes, trun

SHORTEST_HOLD_SECONDS = 0.1
"""Audio that goes on for less is an encoder's padding; no frame is held for it."""

_USUAL_FRAME_RATE = 25


@dataclass(frozen=True)
class Retimed:
    """A fragment as it is stored: its bytes, when it is decoded first, and its duration, in ticks."""

    data: bytes
    start: int
    ticks: int


def lag_ticks(timescale: int, frame_rate: Fraction) -> int:
    """Return the lag that all chunks of a rendition share: two frames, what x264's B-pyramid needs at an even rate."""
    return round(2 * timescale / (frame_rate or _USUAL_FRAME_RATE))


def with_lag(init: bytes, lag: int) -> tuple[bytes, int]:
    """Return the init segment with an edit list that takes `lag` ticks off, and the ticks that it took off before.

    Without a lag, one that has no edit list stays as it is.
    """
    try:
        elst = boxes.locate(init, "moov", "trak", "edts", "elst")
    except ValueError:
        if lag:
            raise
        return init, 0
    version = init[elst.body]
    at = elst.body + (16 if version else 12)
    code = ">q" if version else ">i"
    before = int(struct.unpack_from(code, init, at)[0])
    return init[:at] + struct.pack(code, lag) + init[at + struct.calcsize(code) :], before


def retimed(fragment: bytes, *, lag_before: int, lag: int, default_duration: int, end: int) -> Retimed:
    """Return a fragment of one track with another lag, whose last frame lasts until `end`.

    `lag_before` is what the init segment's edit list took off, `default_duration` what its `trex` says, and `end` a
    time of presentation before either; all in ticks.
    """
    run = trun.run_of(fragment)
    lasting = trun.durations(run, trun.default_duration(fragment, default_duration))
    shown = trun.presentation_times(run.samples, lasting, boxes.decode_time_of(fragment) - lag_before)
    decoded = _decode_times(shown, lag)
    end = max(end - lag_before, decoded[-1] + 1)
    rows = tuple(
        replace(sample, duration=after - time, offset=at + lag - time)
        for sample, at, (time, after) in zip(run.samples, shown, pairwise([*decoded, end]), strict=True)
    )
    return Retimed(_rebuilt(fragment, replace(run, version=1, samples=rows), decoded[0]), decoded[0], end - decoded[0])


def held(fragment: bytes, *, default_duration: int, until: int) -> Retimed:
    """Return a fragment whose last frame is held until a decode time, in ticks: that at which the next one begins."""
    run, start = trun.run_of(fragment), boxes.decode_time_of(fragment)
    lasting = trun.durations(run, trun.default_duration(fragment, default_duration))
    lasting[-1] = max(1, until - start - sum(lasting[:-1]))
    rows = tuple(replace(sample, duration=ticks) for sample, ticks in zip(run.samples, lasting, strict=True))
    return Retimed(_rebuilt(fragment, replace(run, samples=rows), start), start, sum(lasting))


def _decode_times(shown: list[int], lag: int) -> list[int]:
    """Return rising times, each as late as possible: not after the frame is shown, nor after its place in the order."""
    times: list[int] = []
    latest: int | None = None
    for at, place in zip(reversed(shown), sorted(shown, reverse=True), strict=True):
        latest = min(at + lag, place, *(() if latest is None else (latest - 1,)))
        times.append(latest)
    return times[::-1]


def _rebuilt(segment: bytes, run: trun.TrackRun, start: int) -> bytes:
    """Return the segment with another run and decode time; its media move by as much as the run has grown."""
    grown = len(run.to_box()) - boxes.locate(segment, "moof", "traf", "trun").size
    if run.data_offset is not None:
        run = replace(run, data_offset=run.data_offset + grown)
    data = bytearray(trun.with_run(segment, run))
    tfdt = boxes.locate(bytes(data), "moof", "traf", "tfdt")
    struct.pack_into(">Q" if data[tfdt.body] else ">I", data, tfdt.body + 4, start)
    return bytes(data)
