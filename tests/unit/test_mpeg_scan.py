"""Streams found in pieces of MPEG files, without FFmpeg."""

from __future__ import annotations

from mediaproc.media import mpeg_scan

VIDEO, AUDIO, PRIVATE = b"\0\0\1\xe0", b"\0\0\1\xc0", b"\0\0\1\xbd"
PES_HEADER = b"\0\0\x80\x80\5" + b"\x21\0\1\0\1"


def packet(pid: int, payload: bytes, *, begins: bool = True) -> bytes:
    """One packet of an MPEG-TS, filled up by its adaptation field."""
    room = 182 - len(payload)
    head = bytes([0x47, (0x40 if begins else 0) | pid >> 8, pid & 0xFF, 0x30])
    return head + bytes([room + 1]) + b"\0" + b"\xff" * room + payload


def stream(stride: int = 188, *, scrambled: bool = False) -> bytes:
    packets = [
        packet(0x100, VIDEO + PES_HEADER),
        packet(0x101, AUDIO + PES_HEADER),
        packet(0x102, PRIVATE + PES_HEADER),
        packet(0x103, b"\1\2\3\4", begins=False),
        packet(0x1FFF, b""),
    ]
    marked = [bytes([*each[:3], each[3] | 0x80, *each[4:]]) if scrambled else each for each in packets]
    before, behind = {188: (0, 0), 192: (4, 0), 204: (0, 16)}[stride]
    return b"".join(b"\0" * before + each + b"\0" * behind for each in marked * 8)


def test_audio_of_a_transport_stream_is_found_at_any_offset_and_packet_size() -> None:
    for stride in (188, 192, 204):
        for skipped in (0, 1, 100):
            assert mpeg_scan.audio_pids(stream(stride)[skipped:]) == {0x101, 0x102}, (stride, skipped)


def test_what_is_no_transport_stream_has_no_audio() -> None:
    for piece in (b"", b"\x47", b"\x47" * 3, bytes(5000), b"RIFF" * 500):
        assert mpeg_scan.audio_pids(piece) == frozenset()
        assert not mpeg_scan.is_scrambled(piece)


def test_a_scrambled_stream_is_known_by_its_flags() -> None:
    assert mpeg_scan.is_scrambled(stream(scrambled=True))
    assert not mpeg_scan.is_scrambled(stream())


def test_audio_of_a_programme_stream_has_ffmpegs_ids() -> None:
    piece = VIDEO + PES_HEADER + b"x" * 50
    piece += AUDIO + PES_HEADER + b"\0\0\1\xc3\0\0\x0f" + b"y" * 50  # MPEG-2's header, MPEG-1's
    for substream in (0x80, 0x88, 0xA0, 0x20):  # AC-3, DTS, LPCM, and a subtitle
        piece += PRIVATE + PES_HEADER + bytes([substream]) + b"z" * 50
    assert mpeg_scan.audio_ids(piece) == {0x1C0, 0x1C3, 0x80, 0x88, 0xA0}


def test_pieces_are_spread_over_the_file() -> None:
    assert mpeg_scan.offsets(1000) == [0]
    spread = mpeg_scan.offsets(10**9)
    assert spread[0] == 0
    assert spread[-1] == 10**9 - mpeg_scan.PIECE_BYTES
    assert len(spread) == mpeg_scan.PIECES
