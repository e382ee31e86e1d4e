"""Segments of different encoders are made to stand one after another."""

from __future__ import annotations

import struct
from fractions import Fraction
from itertools import pairwise

import pytest

from mediaproc.media.mp4 import boxes, retime


def box(kind: str, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def segment(start: int, samples: list[tuple[int, int]], *, with_durations: bool = True) -> bytes:
    """A fragment of samples (duration, offset), each of one byte."""
    flags = 0x001 | 0x200 | 0x800 | (0x100 if with_durations else 0)
    rows = b"".join(
        (struct.pack(">I", duration) if with_durations else b"") + struct.pack(">II", 1, offset)
        for duration, offset in samples
    )
    tfhd = box("tfhd", struct.pack(">III", 0x8, 1, samples[0][0]))
    tfdt = box("tfdt", struct.pack(">IQ", 1 << 24, start))

    def moof(data_offset: int) -> bytes:
        trun = box("trun", struct.pack(">IIi", flags, len(samples), data_offset), rows)
        return box("moof", box("mfhd", bytes(8)), box("traf", tfhd, tfdt, trun))

    return moof(len(moof(0)) + 8) + box("mdat", b"x" * len(samples))


def shown(data: bytes, lag: int) -> list[int]:
    """When each frame is shown, read independently of the code under test."""
    trun = boxes.find(data, "moof", "traf", "trun")
    word, count, _ = struct.unpack_from(">IIi", trun)
    assert word == 0x01000B01
    at = struct.unpack_from(">Q", boxes.find(data, "moof", "traf", "tfdt"), 4)[0]
    times = []
    for number in range(count):
        duration, _, offset = struct.unpack_from(">IIi", trun, 12 + 12 * number)
        assert offset >= 0, "FFmpeg reads negative offsets wrongly"
        times.append(at + offset - lag)
        at += duration
    return times


EVEN = [(10, 20), (10, 50), (10, 20), (10, 0), (10, 10)]
"""I P B b b in the order of decoding, with a lag of two frames."""


@pytest.mark.parametrize("with_durations", [True, False])
def test_frames_keep_their_times(with_durations: bool) -> None:
    made = retime.retimed(
        segment(100, EVEN, with_durations=with_durations), lag_before=20, lag=20, default_duration=10, end=170
    )
    assert shown(made.data, 20) == [100, 140, 120, 110, 130]
    assert made.data.endswith(b"x" * 5)
    trun = boxes.find(made.data, "moof", "traf", "trun")
    offset = struct.unpack_from(">i", trun, 8)[0]
    assert made.data[offset - 4 : offset] == b"mdat"


def test_another_lag_changes_no_time() -> None:
    uneven = [(900, 1000), (50, 1000), (40, 200), (30, 150), (20, 900)]
    data = segment(5000, uneven)
    starts = [5000, 5900, 5950, 5990, 6020]
    times = [at + offset - 1000 for at, (_, offset) in zip(starts, uneven, strict=True)]
    made = retime.retimed(data, lag_before=1000, lag=80, default_duration=0, end=7000)
    assert shown(made.data, 80) == times


def test_decode_times_rise_from_segment_to_segment() -> None:
    first = retime.retimed(segment(100, EVEN), lag_before=20, lag=20, default_duration=10, end=170)
    second = retime.retimed(segment(150, EVEN), lag_before=20, lag=20, default_duration=10, end=220)
    starts = [struct.unpack_from(">Q", boxes.find(each.data, "moof", "traf", "tfdt"), 4)[0] for each in (first, second)]
    assert starts == [100, 150]
    assert [first.ticks, second.ticks] == [50, 50]


def test_the_last_frame_lasts_until_the_next_segment_begins() -> None:
    made = retime.retimed(segment(100, EVEN), lag_before=20, lag=20, default_duration=10, end=1170)
    assert (made.start, made.ticks) == (100, 1050)
    assert shown(made.data, 20) == [100, 140, 120, 110, 130]
    held = retime.held(made.data, default_duration=10, until=2000)
    assert (held.start, held.ticks, shown(held.data, 20)) == (100, 1900, [100, 140, 120, 110, 130])


def test_decoding_is_never_late_and_always_rises() -> None:
    for shown_at, lag in (([0, 30, 10, 20], 20), ([0, 900, 10, 20, 901], 20), ([5], 2), ([0, 1, 2, 3], 0)):
        times = retime._decode_times(shown_at, lag)
        assert all(before < after for before, after in pairwise(times))
        assert all(time <= at + lag for time, at in zip(times, shown_at, strict=True))


def test_the_edit_list_takes_the_lag_off() -> None:
    elst = box("elst", struct.pack(">IIIiI", 0, 1, 0, 1024, 1 << 16))
    init = box("moov", box("mvhd", bytes(4)), box("trak", box("edts", elst)))
    changed, before = retime.with_lag(init, 777)
    assert before == 1024
    assert retime.with_lag(changed, 1024) == (init, 777)
    assert retime.lag_ticks(30000, Fraction(30000, 1001)) == 2002
    assert retime.lag_ticks(12800, Fraction(0)) == 1024
