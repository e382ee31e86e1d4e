"""MPEG scan: the streams that occur in pieces of an MPEG-TS or MPEG-PS, found without FFmpeg.

FFmpeg looks at the first seconds of a file only. Audio that begins later, such as a second language after the news, is
found by looking at pieces from all over it (ISO/IEC 13818-1: 2.4.3 for TS packets, 2.5.3 for PS packs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PIECE_BYTES = 256 * 1024
PIECES = 12
"""Pieces that are read of a file, evenly spread."""

_PACKET_BYTES = 188
_SYNC = 0x47
_NULL_PID = 0x1FFF
_AUDIO_SUBSTREAMS = (range(0x80, 0x90), range(0xA0, 0xB0))
"""AC-3 and DTS, and LPCM, in private stream 1 of a DVD."""

_PS_AUDIO = re.compile(rb"\x00\x00\x01([\xc0-\xdf])..[\x0f\x20-\x4f\x80-\xbf\xff]", re.DOTALL)
"""An MPEG audio packet: its stream id, then the first byte of its header (MPEG-1 or MPEG-2)."""

_PS_PRIVATE = re.compile(rb"\x00\x00\x01\xbd..[\x80-\xbf].(.)", re.DOTALL)
"""A packet of private stream 1, and the length of its header."""


def offsets(size_bytes: int) -> list[int]:
    """Return where the pieces of a file of this size begin."""
    if size_bytes <= PIECE_BYTES:
        return [0]
    last = size_bytes - PIECE_BYTES
    return sorted({last * place // (PIECES - 1) for place in range(PIECES)})


def audio_pids(piece: bytes) -> frozenset[int]:
    """Return the PIDs whose packets begin audio, in a piece of an MPEG-TS."""
    return frozenset(pid for pid, payload in _ts_packets(piece) if _begins_audio(payload))


def audio_ids(piece: bytes) -> frozenset[int]:
    """Return the ids of audio streams, as FFmpeg numbers them, in a piece of an MPEG-PS."""
    plain = {0x100 + match[1][0] for match in _PS_AUDIO.finditer(piece)}
    places = (match.end() + match[1][0] for match in _PS_PRIVATE.finditer(piece))
    private = {piece[at] for at in places if at < len(piece)}
    return frozenset(plain | {each for each in private if any(each in ids for ids in _AUDIO_SUBSTREAMS)})


def is_scrambled(piece: bytes) -> bool:
    """True if most packets of an MPEG-TS are scrambled, so that only a receiver with a key can play them."""
    flags = [flag for pid, flag in _scrambling(piece) if pid not in {0, _NULL_PID}]
    return len(flags) > 16 and sum(flags) > len(flags) / 2


def _begins_audio(payload: bytes) -> bool:
    return payload[:3] == b"\0\0\1" and len(payload) > 3 and (0xC0 <= payload[3] <= 0xDF or payload[3] in {0xBD, 0xFD})


def _ts_packets(piece: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the PID and the payload of each packet that begins a PES packet."""
    for packet in _packets(piece):
        begins, has_payload = packet[1] & 0x40, packet[3] & 0x10
        start = 5 + packet[4] if packet[3] & 0x20 else 4
        if begins and has_payload and start < _PACKET_BYTES:
            yield _pid(packet), packet[start:]


def _scrambling(piece: bytes) -> Iterator[tuple[int, bool]]:
    for packet in _packets(piece):
        yield _pid(packet), bool(packet[3] & 0xC0)


def _pid(packet: bytes) -> int:
    return (packet[1] & 0x1F) << 8 | packet[2]


def _packets(piece: bytes) -> Iterator[bytes]:
    """Yield the packets of a piece, of 188 bytes or with a time code before or a checksum behind them."""
    for stride in (_PACKET_BYTES, 192, 204):
        start = next((at for at in range(stride) if _is_sync(piece, at, stride)), None)
        if start is not None:
            for at in range(start, len(piece) - _PACKET_BYTES + 1, stride):
                if piece[at] == _SYNC:
                    yield piece[at : at + _PACKET_BYTES]
            return


def _is_sync(piece: bytes, at: int, stride: int) -> bool:
    places = range(at, min(len(piece), at + 8 * stride), stride)
    return len(places) > 3 and all(piece[place] == _SYNC for place in places)
