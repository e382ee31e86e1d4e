"""Cutting a growing fragmented MP4, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest

from mediaproc.media.mp4 import boxes, trun
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


def moof(durations: Sequence[int] | int, *, default: int | None = None) -> bytes:
    """A fragment: durations of its own, or a number of frames that all take the default."""
    tfhd = struct.pack(">II", 0x20008, 1) + struct.pack(">I", default) if default else struct.pack(">II", 0x20000, 1)
    if isinstance(durations, int):
        trun = struct.pack(">IIi", 0x201, durations, 0) + b"\0\0\0\7" * durations
    else:
        rows = b"".join(struct.pack(">II", duration, 7) for duration in durations)
        trun = struct.pack(">IIiI", 0x305, len(durations), 0, 0) + rows
    return box(
        "moof", box("mfhd", b"\0" * 8), box("traf", box("tfhd", tfhd), box("tfdt", b"\0" * 8), box("trun", trun))
    )


INIT = box("ftyp", b"iso5") + moov(default_duration=40)
FILE = (
    INIT
    + moof([40] * 99 + [41]) + box("mdat", b"a" * 500)
    + moof(25) + large_box("mdat", b"b" * 300)
    + box("styp", b"x") + moof(10, default=50) + box("mdat", b"c")
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


def test_sound_is_cut_at_edges_of_whole_fragments() -> None:
    """Fragments of 1.003 s: segments end with the first that reaches 1, 2, 4, 8 s, and with the file."""
    data = INIT + b"".join(moof([59] * 17) + box("mdat", b"x" * 9) for _ in range(10)) + box("mfra")
    segmenter = Segmenter(segment_seconds=4)
    cuts = segmenter.closed_segments(reader(data), len(data))
    assert [each.samples // 17 for each in cuts] == [1, 1, 2, 4, 2]
    assert [each.duration_seconds for each in cuts] == pytest.approx([1.003, 1.003, 2.006, 4.012, 2.006])
    assert data[cuts[0].offset :] == b"".join(
        data[each.offset : each.offset + each.size_bytes] for each in cuts
    ) + box("mfra")  # fmt: skip


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
