"""Cutting a growing fragmented MP4, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate
from math import ceil

import pytest

from mediaproc.media.mp4 import audio_segmenter, boxes, trun
from mediaproc.media.mp4.audio_segmenter import AudioSegmenter
from mediaproc.media.mp4.segmenter import ClosedSegment, Segmenter


def box(kind: str, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def large_box(kind: str, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind.encode(), 16 + len(body)) + body


def moov(*, timescale: int = 1000, default_duration: int = 0, version: int = 0) -> bytes:
    times = struct.pack(">QQIQ", 0, 0, timescale, 0) if version else struct.pack(">IIII", 0, 0, timescale, 0)
    mdhd = box("mdhd", struct.pack(">I", version << 24), times, b"\0\0\0\0")
    trex = box("trex", struct.pack(">IIIIII", 0, 1, 1, default_duration, 0, 0))
    return box("moov", box("mvhd", b"\0" * 100), box("trak", box("tkhd"), box("mdia", mdhd)), box("mvex", trex))


def moof(durations: Sequence[int] | int, *, at: int = 0, default: int | None = None) -> bytes:
    """A fragment that begins `at`: durations of its own, or a number of frames that all take the default."""
    tfhd = struct.pack(">II", 0x20008, 1) + struct.pack(">I", default) if default else struct.pack(">II", 0x20000, 1)
    if isinstance(durations, int):
        trun = struct.pack(">IIi", 0x201, durations, 0) + b"\0\0\0\7" * durations
    else:
        rows = b"".join(struct.pack(">II", duration, 7) for duration in durations)
        trun = struct.pack(">IIiI", 0x305, len(durations), 0, 0) + rows
    return box(
        "moof",
        box("mfhd", b"\0" * 8),
        box("traf", box("tfhd", tfhd), box("tfdt", struct.pack(">II", 0, at)), box("trun", trun)),
    )


INIT = box("ftyp", b"iso5") + moov(default_duration=40)
FILE = (
    INIT
    + moof([40] * 99 + [41]) + box("mdat", b"a" * 500)
    + moof(25, at=4001) + large_box("mdat", b"b" * 300)
    + moof(10, at=5001, default=50) + box("mdat", b"c")
    + box("mfra", b"\0" * 40)
)  # fmt: skip


def reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, size: data[offset : offset + size]


def cut_all(data: bytes) -> list[ClosedSegment]:
    return Segmenter().closed_segments(reader(data), len(data))


def test_each_fragment_is_a_segment_with_its_duration_and_frames() -> None:
    cuts = cut_all(FILE)
    assert [(each.number, each.duration_seconds, each.samples) for each in cuts] == [
        (0, pytest.approx(4.001), 100), (1, 1.0, 25), (2, 0.5, 10),
    ]  # fmt: skip


def test_init_and_segments_are_the_whole_file_but_its_index() -> None:
    segmenter = Segmenter()
    cuts = segmenter.closed_segments(reader(FILE), len(FILE))
    assert segmenter.ended
    assert FILE[: segmenter.init_bytes] == INIT
    pieces = [FILE[each.offset : each.offset + each.size_bytes] for each in cuts]
    assert INIT + b"".join(pieces) + box("mfra", b"\0" * 40) == FILE


def test_a_file_that_grows_by_any_steps_is_cut_the_same() -> None:
    for step in (1, 3, 7, 64, 500):
        segmenter, cuts = Segmenter(), []
        for end in range(0, len(FILE) + step, step):
            data = FILE[:end]
            cuts += segmenter.closed_segments(reader(data), len(data))
            assert all(each.offset + each.size_bytes <= end for each in cuts)
            assert not segmenter.ended or end >= len(FILE)
        assert cuts == cut_all(FILE)
        assert segmenter.ended


def test_a_fragment_lasts_until_the_next_one_begins() -> None:
    """Without a word on its length it waits for that; with one (`sidx`) it is closed at once."""
    first, second = moof([40] * 25) + box("mdat", b"a" * 9), moof(10, at=9000) + box("mdat", b"b" * 9)
    followed = Segmenter()
    begun = INIT + first
    assert followed.closed_segments(reader(begun), len(begun)) == []
    whole = begun + second + box("mfra")
    assert [each.duration_seconds for each in followed.closed_segments(reader(whole), len(whole))] == [9.0, 0.4]
    told = INIT + box("sidx", struct.pack(">IIIIIHHIII", 0, 1, 1000, 0, 0, 0, 1, len(first), 9000, 0)) + first
    (closed,) = Segmenter().closed_segments(reader(told), len(told))
    assert (closed.duration_seconds, closed.offset, closed.size_bytes) == (9.0, len(told) - len(first), len(first))


def test_the_last_frame_of_copied_video_is_held_until_the_audio_ends() -> None:
    data = INIT + moof([40] * 25) + box("mdat", b"a" * 9) + box("mfra")
    for until, seconds in ((8.0, 8.0), (1.05, 1.0), (0.0, 1.0)):
        followed = Segmenter(segment_seconds=4, holds=True)
        assert followed.closed_segments(reader(data), len(data)) == []
        assert followed.ended and followed.ends_seconds == [1.0]
        (last,) = followed.last_segment(until)
        assert (last.duration_seconds, followed.ends_seconds) == (seconds, [seconds])
        assert followed.last_segment(until) == []


AAC = [1024] * 47
"""A fragment of a second, at 48 kHz."""


def audio_file(fragments: int) -> bytes:
    made = INIT.replace(struct.pack(">I", 1000), struct.pack(">I", 48_000))
    for number in range(fragments):
        body = bytes((number * 47 + place) % 251 for place in range(47) for _ in range(7))
        head = moof(AAC, at=number * 47 * 1024)
        head = head.replace(struct.pack(">III", 0x305, 47, 0), struct.pack(">III", 0x305, 47, len(head) + 8))
        made += head + box("mdat", body)
    return made + box("mfra")


def test_audio_is_cut_where_the_video_is_within_half_a_frame() -> None:
    data = audio_file(30)
    for rate in (Fraction(25), Fraction(24000, 1001)):
        followed = AudioSegmenter(audio_segmenter.at_edges(4, frame_rate=rate))
        cuts = followed.closed_segments(reader(data), len(data))
        ends = list(accumulate(each.duration_seconds for each in cuts))
        video = [float(ceil(edge * rate) / rate) for edge in (1, 2, 4, 8, 12, 16, 20, 24, 28)]
        assert ends[:-1] == pytest.approx(video, abs=1024 / 48_000 / 2 + 1e-9)
        assert followed.ended and ends[-1] == pytest.approx(followed.end_seconds)


def test_built_audio_segments_hold_every_frame_once_and_follow_each_other() -> None:
    data = audio_file(9)
    followed = AudioSegmenter(audio_segmenter.at_edges(4))
    cuts = followed.closed_segments(reader(data), len(data))
    frames, at = b"", 0
    for number, each in enumerate(cuts):
        segment = each.built(reader(data))
        assert boxes.decode_time_of(segment) == at
        run = trun.run_of(segment)
        assert each.number == number and run.data_offset == boxes.locate(segment, "moof").size + 8
        at += sum(sample.duration or 0 for sample in run.samples)
        frames += boxes.find(segment, "mdat")
    assert frames == bytes(place % 251 for place in range(9 * 47) for _ in range(7))
    assert at == 9 * 47 * 1024


def test_audio_beside_copied_video_waits_for_its_cuts_and_goes_on_behind_its_end() -> None:
    data, video = audio_file(20), Segmenter()
    followed = AudioSegmenter(audio_segmenter.following(video, 4))
    assert followed.closed_segments(reader(data), len(data)) == []
    video.ends_seconds = [2.48, 9.96]
    assert [each.duration_seconds for each in followed.closed_segments(reader(data), len(data))] == pytest.approx(
        [2.48, 7.48], abs=0.02
    )
    video.ends_seconds, video.ended = [2.48, 9.96, 10.5], True
    ends = list(accumulate(each.duration_seconds for each in followed.closed_segments(reader(data), len(data))))
    assert ends == pytest.approx([2.04, 6.04, 10.08], abs=0.1)  # 12, 16 and 20 s


def test_a_version_1_header_is_read() -> None:
    assert boxes.timescale_of(moov(timescale=90_000, version=1)) == 90_000
    assert boxes.timescale_of(moov(timescale=90_000)) == 90_000


@pytest.mark.parametrize("data", [b"\0\0\0\4moov", b"\0\0\0\1mdat" + b"\0" * 8])
def test_what_is_no_box_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a box at 0"):
        cut_all(data)


def test_a_missing_box_is_named() -> None:
    with pytest.raises(ValueError, match="no moof/traf"):
        trun.run_of(box("moof", box("mfhd")))
