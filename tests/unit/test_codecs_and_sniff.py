"""Codec strings, levels, and what a file is by its first bytes."""

from __future__ import annotations

import pytest

from mediaproc.media import codecs, h264_levels, sniff


@pytest.mark.parametrize(
    ("width", "height", "frame_rate", "level"),
    [
        (854, 480, 30, "3.1"),
        (720, 480, 30, "3.0"),
        (1280, 720, 30, "3.1"),
        (1280, 720, 60, "3.2"),
        (1920, 1080, 30, "4.0"),
        (1080, 1920, 30, "4.0"),
        (1920, 1080, 60, "4.2"),
        (3840, 2160, 60, "5.2"),
        (16, 16, 25, "3.0"),
    ],
)
def test_the_lowest_level_that_holds_it(width: int, height: int, frame_rate: float, level: str) -> None:
    found = h264_levels.lowest(width=width, height=height, frame_rate=frame_rate, bitrate_bps=5_000_000)
    assert found.name == level


def test_the_codec_string_is_read_from_the_init_segment() -> None:
    init = b"\0\0\0\x20avc1....\0\0\0\x10avcC\x01\x64\x00\x28\xff"
    assert codecs.of_init_segment(init) == "avc1.640028"
    assert codecs.of_init_segment(b"ftyp moov hvc1") is None
    assert codecs.of_init_segment(b"avcC\x01") is None


@pytest.mark.parametrize(
    ("box", "said"),
    [
        # Main, level 3.1 (the example of ISO/IEC 14496-15 with its constraint bytes).
        ("hvcC 01 01 60000000 900000000000 5d", "hvc1.1.6.L93.90"),
        ("hvcC 01 22 20000000 b00000000000 99", "hvc1.2.4.H153.B0"),
        # The examples of the AV1 binding: Main at level 4.0 in 8 bits, High at 4.0 in 10 bits and the high tier.
        ("av1C 81 08 00 00", "av01.0.08M.08"),
        ("av1C 81 28 c0 00", "av01.1.08H.10"),
        # Of HDR the colours too (the binding's own example is PQ in BT.2020).
        ("av1C 81 04 4e 00 636f6c72 6e636c78 0009 0010 0009 00", "av01.0.04M.10.0.112.09.16.09.0"),
        ("av1C 81 04 4c 00 636f6c72 6e636c78 0001 0001 0001 00", "av01.0.04M.10"),
        ("hvcC 01", None),
        ("av1C 01 08 00 00", None),
    ],
)
def test_codec_strings_of_hevc_and_av1(box: str, said: str | None) -> None:
    kind, _, record = box.partition(" ")
    assert codecs.of_init_segment(b"stsd" + kind.encode() + bytes.fromhex(record)) == said


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"just some words\n", "text/plain"),
        ("Grüße, Welt".encode(), "text/plain"),
        ("ü".encode() * 600, "text/plain"),
        ("x".encode("utf-16"), "text/plain"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">', "image/svg+xml"),
        (b'<?xml version="1.0"?><MPD>', "application/dash+xml"),
        (b"  <!DOCTYPE html><html>", "text/html"),
        (b"#EXTM3U\n", "application/vnd.apple.mpegurl"),
        (b"ffconcat version 1.0\n", "text/plain"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"\0\0\0\x18ftypmp42", None),
        (b"\x93\x01\x02\x00\xfe", None),
        (b"", None),
    ],
)
def test_content_type_of(head: bytes, content_type: str | None) -> None:
    assert sniff.content_type_of(head[: sniff.HEAD_BYTES]) == content_type
