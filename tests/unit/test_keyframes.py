"""Keyframes from a sample table that is built here, whole and damaged."""

from __future__ import annotations

import random
import struct

import pytest

from mediaproc.media import keyframes


def box(kind: str, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def table(kind: str, code: str, rows: list[tuple[int, ...]]) -> bytes:
    return box(kind, bytes(4), struct.pack(">I", len(rows)), *(struct.pack(code, *row) for row in rows))


def track(
    handler: bytes = b"vide",
    *,
    durations: tuple[tuple[int, int], ...] = ((100, 512),),
    sync: tuple[int, ...] | None = (1, 51),
    offsets: tuple[int, ...] = (48, 9000),
) -> bytes:
    stbl = box(
        "stbl",
        table("stts", ">II", list(durations)),
        b"" if sync is None else table("stss", ">I", [(number,) for number in sync]),
        table("stco", ">I", [(offset,) for offset in offsets]),
    )
    mdhd = box("mdhd", bytes(12), struct.pack(">I", 12800), bytes(8))
    hdlr = box("hdlr", bytes(8), handler, bytes(13))
    return box("trak", box("mdia", mdhd, hdlr, box("minf", stbl)))


def seconds(*tracks: bytes, number: int = 0, size: int = 10_000, more: bytes = b"") -> list[float]:
    moov = box("moov", box("mvhd", bytes(100)), *tracks, more)
    return keyframes.keyframe_seconds(moov, track=number, size_bytes=size)


def test_times_of_keyframes() -> None:
    assert seconds(track()) == [0.0, 2.0]
    assert seconds(track(durations=((50, 512), (50, 1024)), sync=(1, 51, 76))) == [0.0, 2.0, 4.0]
    assert seconds(track(b"soun"), track(), number=1) == [0.0, 2.0]


def test_without_a_table_of_them_every_frame_is_one() -> None:
    assert seconds(track(durations=((3, 12800),), sync=None)) == [0.0, 1.0, 2.0]


def test_a_file_that_can_not_be_cut_has_none() -> None:
    assert seconds(track(), size=9000) == [], "its media is not all there"
    assert seconds(track(), more=box("mvex", bytes(8))) == [], "fragmented"
    assert seconds(track(b"soun")) == []
    assert seconds(track(), number=3) == []
    assert seconds(track(sync=(1, 999))) == []


def test_damage_never_raises() -> None:
    whole = bytearray(box("moov", box("mvhd", bytes(100)), track()))
    drawn = random.Random(3)
    for _ in range(2000):
        moov = bytearray(whole)
        for _ in range(drawn.randint(1, 8)):
            moov[drawn.randrange(len(moov))] = drawn.randrange(256)
        keyframes.keyframe_seconds(bytes(moov[: drawn.randint(8, len(moov))]), track=0, size_bytes=10_000)


@pytest.mark.parametrize("before", [b"", box("ftyp", bytes(16)), box("ftyp", bytes(16)) + box("mdat", bytes(500))])
def test_the_index_is_found_wherever_it_stands(before: bytes) -> None:
    file = before + box("moov", bytes(50)) + box("free", bytes(9))
    found = keyframes.find_index(lambda offset, size: file[offset : offset + size], len(file))
    assert found and (found.offset, found.size) == (len(before), 58)


def test_no_index_is_found_in_what_is_none() -> None:
    for file in (b"", bytes(100), box("mdat", bytes(50)), b"\0\0\0\x10moov", random.Random(1).randbytes(500)):
        assert keyframes.find_index(lambda offset, size, file=file: file[offset : offset + size], len(file)) is None
