"""Retiming: gives a segment new decode times, so that segments of different FFmpeg processes can follow each other.

FFmpeg writes decode times that run ahead of presentation by the delay of B-frames, and an edit list that takes this
lag off. With an uneven frame rate the lag differs between the chunks of one rendition, and with it the edit list, so
they would not fit one init segment. Retiming gives all chunks the same lag: the n-th frame of a segment is decoded
when its n-th frame is shown, or earlier where a frame is shown before that, and the rest of the lag goes into the
composition offset (`trun`, ISO/IEC 14496-12, 8.8.8). Negative offsets would need no lag, but FFmpeg itself misreads
them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from mediaproc.media.mp4 import boxes, trun
from mediaproc.media.mp4.trun import Sample

_USUAL_FRAME_RATE = 25


@dataclass(frozen=True)
class Retimed:
    """A segment as it is stored: its bytes, and its duration in ticks."""

    data: bytes
    ticks: int


def lag_ticks(timescale: int, frame_rate: Fraction) -> int:
    """Return the lag that all chunks of a rendition share: two frames, what x264's B-pyramid needs at an even rate."""
    return round(2 * timescale / (frame_rate or _USUAL_FRAME_RATE))


def with_lag(init: bytes, lag: int) -> tuple[bytes, int]:
    """Return the init segment with an edit list that takes `lag` ticks off, and the ticks that it took off before."""
    elst = boxes.locate(init, "moov", "trak", "edts", "elst")
    version = init[elst.body]
    at = elst.body + (16 if version else 12)
    code = ">q" if version else ">i"
    before = int(struct.unpack_from(code, init, at)[0])
    return init[:at] + struct.pack(code, lag) + init[at + struct.calcsize(code) :], before


def retimed(segment: bytes, *, lag_before: int, lag: int, default_duration: int) -> Retimed:
    """Return a segment of one fragment of one track with another lag.

    `lag_before` is what the init segment's edit list took off, `default_duration` what its `trex` says, all in ticks.
    """
    run = trun.run_of(segment)
    default = trun.defaults_of(segment).duration
    lasting = trun.durations(run, default_duration if default is None else default)
    shown = _presentation_times(run.samples, lasting, boxes.decode_time_of(segment) - lag_before)
    decoded = _decode_times(shown, lag)
    # The last frame ends when the frame that is shown last does, which lasts as long as the one before it.
    in_order = sorted(shown)
    end = in_order[-1] + (in_order[-1] - in_order[-2] if len(in_order) > 1 else lasting[0])
    rows = tuple(
        replace(sample, duration=after - time, offset=at + lag - time)
        for sample, at, (time, after) in zip(run.samples, shown, pairwise([*decoded, end]), strict=True)
    )
    return Retimed(_rebuilt(segment, replace(run, version=1, samples=rows), decoded[0]), end - decoded[0])


def _presentation_times(samples: tuple[Sample, ...], lasting: list[int], start: int) -> list[int]:
    starts = accumulate(lasting[:-1], initial=start)
    return [at + (sample.offset or 0) for at, sample in zip(starts, samples, strict=True)]


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
