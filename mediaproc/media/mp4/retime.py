"""Retiming: gives a fragment new decode times, so that fragments of different FFmpeg processes can follow each other.

FFmpeg writes decode times that run ahead of presentation by the delay of B-frames, and an edit list that takes this
lag off. With an uneven frame rate the lag differs between the chunks of one rendition, and with it the edit list, so
they would not fit one init segment. Retiming gives all chunks the same lag: the n-th frame of a fragment is decoded
when its n-th frame is shown, or earlier where a frame is shown long before that.

So a B-frame is decoded after it is shown, which its composition offset says: it is negative (`trun` of version 1,
ISO/IEC 14496-12, 8.8.8). No edit list is needed then, which WebKit ignores. FFmpeg takes the largest of these offsets
for a lag that somebody has to take off: it, and nobody else, finds that in an edit list within the track's user data.
For MP4s, which FFmpeg makes of the segments, the lag is put back (`lagged`).
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


def without_edit_list(init: bytes, lag: int) -> tuple[bytes, int]:
    """Return the init segment without the video's edit list, and the ticks that it took off before.

    `lag` is how far composition offsets go below 0, in ticks: the edit list in the user data says it to FFmpeg.
    """
    trak, before = boxes.locate(init, "moov", "trak"), boxes.media_time_of(init[boxes.locate(init, "moov").offset :])
    said = _edit_list(lag)
    user_data = struct.pack(">I4s", 8 + len(said), b"udta") + said if lag else b""
    try:
        edts = boxes.locate(init, "moov", "trak", "edts")
    except ValueError:
        return _resized(init[: trak.end] + user_data + init[trak.end :], len(user_data)), before
    made = init[: edts.offset] + init[edts.end : trak.end] + user_data + init[trak.end :]
    return _resized(made, len(user_data) - edts.size), before


def lagged_init(init: bytes) -> tuple[bytes, int]:
    """Return a stored init segment with the edit list that FFmpeg expects, and the lag in ticks that it takes off.

    One that was stored with an edit list is left as it is, and has no lag that is to be put back.
    """
    try:
        user_data = boxes.locate(init, "moov", "trak", "udta")
        edts = boxes.locate(init, "moov", "trak", "udta", "edts")
    except ValueError:
        return init, 0
    said, media = init[edts.offset : edts.end], boxes.locate(init, "moov", "trak", "mdia")
    made = init[: media.offset] + said + init[media.offset : user_data.offset] + init[user_data.end :]
    made = _resized(made, len(said) - user_data.size)
    return made, boxes.media_time_of(made[boxes.locate(made, "moov").offset :])


def lagged(segment: bytes, lag: int) -> bytes:
    """Return a stored segment of one fragment with composition offsets that count from `lag` ticks before."""
    run = trun.run_of(segment)
    rows = tuple(replace(sample, offset=(sample.offset or 0) + lag) for sample in run.samples)
    return trun.with_run(segment, replace(run, samples=rows))


def retimed(fragment: bytes, *, lag_before: int, lag: int, default_duration: int, end: int) -> Retimed:
    """Return a fragment of one track without a lag, whose last frame lasts until `end`.

    `lag` is the most that a frame is decoded after it is shown. `lag_before` is what the init segment's edit list took
    off, `default_duration` what its `trex` says, and `end` a time of presentation before that; all in ticks.
    """
    run = trun.run_of(fragment)
    lasting = trun.durations(run, trun.default_duration(fragment, default_duration))
    shown = trun.presentation_times(run.samples, lasting, boxes.decode_time_of(fragment) - lag_before)
    decoded = _decode_times(shown, lag)
    end = max(end - lag_before, decoded[-1] + 1)
    rows = tuple(
        replace(sample, duration=after - time, offset=at - time)
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


def _edit_list(lag: int) -> bytes:
    """Return an `edts` that shows a track from a media time on, for as long as it is (ISO/IEC 14496-12, 8.6.6)."""
    elst = struct.pack(">I4sIIIiI", 28, b"elst", 0, 1, 0, lag, 1 << 16)
    return struct.pack(">I4s", 8 + len(elst), b"edts") + elst


def _resized(init: bytes, grown: int) -> bytes:
    """Return an init segment whose first track has grown by some bytes."""
    data = bytearray(init)
    moov = boxes.locate(init, "moov")
    struct.pack_into(">I", data, moov.offset, moov.size + grown)
    trak = boxes.locate(bytes(data), "moov", "trak")
    struct.pack_into(">I", data, trak.offset, trak.size + grown)
    return bytes(data)


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
