"""Keyframes from a sample table that is built here, whole and damaged."""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from dataclasses import replace
from itertools import chain, product

import pytest

from mediaproc.media.mp4 import boxes, keyframes, trun
from mediaproc.media.mp4.first_frame import first_frame
from mediaproc.media.probe import NO_VIDEO, MediaInfo
from mediaproc.media.source_index import SourceIndex
from testing import damage


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
    shown_after: int | None = None,
    edits: bytes = b"",
) -> bytes:
    stbl = box(
        "stbl",
        b"" if shown_after is None else table("ctts", ">Ii", [(100, shown_after)]),
        table("stts", ">II", list(durations)),
        b"" if sync is None else table("stss", ">I", [(number,) for number in sync]),
        table("stco", ">I", [(offset,) for offset in offsets]),
    )
    mdhd = box("mdhd", bytes(12), struct.pack(">I", 12800), bytes(8))
    hdlr = box("hdlr", bytes(8), handler, bytes(13))
    return box("trak", box("edts", edits) if edits else b"", box("mdia", mdhd, hdlr, box("minf", stbl)))


def edit_list(*media_times: int, version: int = 0) -> bytes:
    rows = [(9, at, 0x10000) for at in media_times]
    code = ">QqI" if version else ">IiI"
    return box("elst", bytes([version, 0, 0, 0]), struct.pack(">I", len(rows)), *(struct.pack(code, *r) for r in rows))


def seconds(*tracks: bytes, number: int = 0, size: int = 10_000, more: bytes = b"") -> list[float]:
    moov = box("moov", box("mvhd", bytes(100)), *tracks, more)
    return keyframes.keyframe_seconds(moov, track=number, size_bytes=size)


def test_times_of_keyframes() -> None:
    assert seconds(track()) == [0.0, 2.0]
    assert seconds(track(durations=((50, 512), (50, 1024)), sync=(1, 51, 76))) == [0.0, 2.0, 4.0]
    assert seconds(track(b"soun"), track(), number=1) == [0.0, 2.0]


@pytest.mark.parametrize("version", [0, 1])
def test_what_an_edit_list_hides_comes_before_the_beginning(version: int) -> None:
    def shown(*media_times: int, after: int | None = None) -> list[float]:
        return seconds(track(edits=edit_list(*media_times, version=version), shown_after=after))

    assert shown(0) == shown(1024, after=1024) == [0.0, 2.0], "that of B-frames evens out their delay"
    assert shown(6400) == [-0.5, 1.5]
    assert shown(-1, 7424, after=1024) == [-0.5, 1.5], "an empty edit is a late start"


def test_without_a_table_of_them_every_frame_is_one() -> None:
    assert seconds(track(durations=((3, 12800),), sync=None)) == [0.0, 1.0, 2.0]


def test_a_file_that_can_not_be_cut_has_none() -> None:
    assert seconds(track(), size=9000) == [], "its media is not all there"
    assert seconds(track(), more=box("mvex", bytes(8))) == [], "fragmented"
    assert seconds(track(b"soun")) == []
    assert seconds(track(), number=3) == []
    assert seconds(track(sync=(1, 999))) == []


WHOLE = box("moov", box("mvhd", bytes(100)), track())


def read_from(moov: bytes) -> list[float]:
    return keyframes.keyframe_seconds(moov, track=0, size_bytes=10_000)


@pytest.mark.parametrize("empty", ["mdhd", "hdlr", "stts", "stss", "stco", "stbl", "trak"])
def test_an_empty_box_is_no_index(empty: str) -> None:
    emptied = [each for each in damage.boxes_cut_short(WHOLE) if box(empty) in each]
    assert emptied
    assert [read_from(each) for each in emptied] == [[]] * len(emptied)


def test_a_keyframe_before_the_first_of_no_frames_is_none() -> None:
    assert seconds(track(durations=(), sync=(0,))) == []


def test_damage_never_raises() -> None:
    for moov in damage.boxes_cut_short(WHOLE):
        read_from(moov)
    for moov in damage.damaged(WHOLE, random.Random(3), times=4000):
        read_from(moov)


def test_damage_to_a_file_of_its_own_never_raises() -> None:
    """Through all that stands between a source and its keyframes."""
    info = MediaInfo("mov,mp4", 4.0, 1, 1, replace(NO_VIDEO, index=0))
    file = box("ftyp", bytes(16)) + WHOLE + box("mdat", bytes(9000))
    for spoilt in damage.damaged(file, random.Random(4), times=2000, near=24 + len(WHOLE)):
        assert isinstance(
            SourceIndex(info, lambda offset, size, data=spoilt: data[offset : offset + size], len(spoilt)).keyframes,
            list,
        )


def test_only_what_callers_catch_is_raised_by_readers_of_fragments() -> None:
    moof = box("moof", box("traf", box("tfhd", struct.pack(">III", 8, 1, 512)), box("trun", struct.pack(">II", 0, 9))))
    moov = box("moov", track(), box("mvex", box("trex", struct.pack(">6I", 0, 1, 1, 512, 0, 0))))
    readers = (boxes.timescale_of, boxes.default_duration_of, trun.run_of, trun.defaults_of, first_frame)
    for whole in (moof, moov):
        spoilt = damage.damaged(whole, random.Random(5), times=1000)
        for data, reader in product(chain(damage.boxes_cut_short(whole), spoilt), readers):
            with suppress(ValueError, struct.error):
                reader(data)


@pytest.mark.parametrize("before", [b"", box("ftyp", bytes(16)), box("ftyp", bytes(16)) + box("mdat", bytes(500))])
def test_the_index_is_found_wherever_it_stands(before: bytes) -> None:
    file = before + box("moov", bytes(50)) + box("free", bytes(9))
    found = boxes.find_moov(lambda offset, size: file[offset : offset + size], len(file))
    assert found and (found.offset, found.size) == (len(before), 58)


def test_no_index_is_found_in_what_is_none() -> None:
    for file in (b"", bytes(100), box("mdat", bytes(50)), b"\0\0\0\x10moov", random.Random(1).randbytes(500)):
        assert boxes.find_moov(lambda offset, size, file=file: file[offset : offset + size], len(file)) is None
