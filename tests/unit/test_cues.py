"""Cues of a Matroska: when keyframes are shown, read from few bytes; nothing from what is broken."""

from __future__ import annotations

import random

import pytest

from mediaproc.media.matroska import keyframe_seconds
from testing import damage

SEGMENT = 0x18538067


def element(id: int, content: bytes, *, unknown: bool = False) -> bytes:
    """An EBML element, its size in eight bytes."""
    size = (1 << 56) - 1 if unknown else len(content)
    return id.to_bytes((id.bit_length() + 7) // 8, "big") + (size | 1 << 56).to_bytes(8, "big") + content


def number(id: int, value: int) -> bytes:
    return element(id, value.to_bytes(4, "big"))


def tracks(*types: int, more: bytes = b"") -> bytes:
    """Tracks of these types, numbered from 11."""
    entries = [number(0xD7, 11 + place) + number(0x83, sort) for place, sort in enumerate(types)]
    return element(0x1654AE6B, b"".join(element(0xAE, entry + more) for entry in entries))


def points(*found: tuple[int, int]) -> bytes:
    """Cues of (time, track)."""
    return element(0x1C53BB6B, b"".join(
        element(0xBB, number(0xB3, time) + element(0xB7, number(0xF7, track))) for time, track in found
    ))  # fmt: skip


def seek_head(position: int) -> bytes:
    return element(0x114D9B74, element(0x4DBB, element(0x53AB, bytes.fromhex("1C53BB6B")) + number(0x53AC, position)))


ON_TRACK = element(0xB7, number(0xF7, 12))
POINT = element(0xBB, number(0xB3, 3300) + ON_TRACK)
CLUSTER = element(0x1F43B675, bytes(200_000))
POINTS = points((3300, 12), (3400, 11), (5300, 12), (9300, 12))
SIZE = len(seek_head(0))


def matroska(
    *,
    at: int | None = None,
    scale_ns: int = 1_000_000,
    unknown: bool = False,
    found: bytes = POINTS,
    made: bytes = tracks(2, 1),
) -> bytes:
    """Sound and a picture whose Cues stand behind the pictures."""
    before = element(0x1549A966, number(0x2AD7B1, scale_ns)) + made
    where = SIZE + len(before) + len(CLUSTER) if at is None else at
    whole = seek_head(where) + before + CLUSTER + found
    return element(0x1A45DFA3, b"") + element(SEGMENT, whole, unknown=unknown)


def seconds(data: bytes, *, track: int = 1, reads: list[int] | None = None) -> list[float]:
    def read(offset: int, size: int) -> bytes:
        assert 0 <= offset < len(data) and size > 0
        if reads is not None:
            reads.append(size)
        return data[offset : offset + size]

    return keyframe_seconds(read, len(data), track=track)


@pytest.mark.parametrize("unknown", [False, True])
def test_keyframes_count_from_the_first_one(unknown: bool) -> None:
    assert seconds(matroska(unknown=unknown)) == pytest.approx([0.0, 2.0, 6.0])


def test_a_tick_lasts_as_long_as_the_file_says() -> None:
    assert seconds(matroska(scale_ns=500_000)) == pytest.approx([0.0, 1.0, 3.0])


def test_pictures_are_not_read() -> None:
    reads: list[int] = []
    assert seconds(matroska(), reads=reads)
    assert sum(reads) < 66_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(100), id="zeros"),
        pytest.param(matroska()[:-20], id="cut off"),
        pytest.param(matroska(unknown=True)[:-20], id="cut off, of unknown size"),
        pytest.param(matroska(at=2**31), id="cues behind the end"),
        pytest.param(matroska(at=0), id="cues where there are none"),
        pytest.param(matroska(found=points()), id="empty cues"),
        pytest.param(matroska(found=element(0x1C53BB6B, element(0xBB, b"x" * 9))), id="broken cues"),
        pytest.param(matroska()[:100], id="a header alone"),
        pytest.param(
            matroska(found=element(0x1C53BB6B, element(0xBB, element(0xB3, b"\1" * 200) + ON_TRACK) + POINT)),
            id="a time beyond all floats",
        ),
    ],
)
def test_what_does_not_say_is_not_cut(data: bytes) -> None:
    assert seconds(data) == []


def test_sound_has_no_keyframes() -> None:
    assert seconds(matroska(), track=0) == []
    assert seconds(matroska(), track=7) == []


def test_names_beside_numbers_are_of_any_length() -> None:
    assert seconds(matroska(made=tracks(2, 1, more=element(0x536E, b"A film about a rabbit"))))


def test_damage_never_raises() -> None:
    for unknown in (False, True):
        for data in damage.damaged(matroska(unknown=unknown), random.Random(6), times=1500, near=260):
            seconds(data)
