"""Private data in H.264 and HEVC: user data in SEI messages, in which cameras and drones note where they are.

Copied video keeps it, so it is overwritten in place: no size or offset changes, and frames are decoded as before.
Captions (ATSC A/53), dynamic HDR metadata and the settings of encoders stay (ITU-T H.264 and H.265, annex D).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediaproc.media.mp4 import boxes

_SEI_TYPES = {"h264": frozenset({6}), "hevc": frozenset({39, 40})}
_REGISTERED, _UNREGISTERED = 4, 5
"""Payload types: user data registered by ITU-T T.35, and unregistered user data with a UUID."""

_ENCODERS = frozenset(
    bytes.fromhex(each) for each in ("dc45e9bde6d948b7962cd820d923eeef", "2ca2de09b51747dbbb55a4fe7fc2fc4e")
)
"""UUIDs of the settings that x264 and x265 write."""

_PUBLIC_PROVIDERS = frozenset({bytes.fromhex("b50031"), bytes.fromhex("b5003b"), bytes.fromhex("b5003c")})
"""Country and provider of T.35: ATSC captions, Dolby Vision, HDR10+."""

_BLANK = 0x2E
_LENGTH_BYTES = 4
"""Size of the length before each NAL unit in the files that FFmpeg writes."""


def private_bytes(fragments: bytes, codec: str) -> list[int]:
    """Return the offsets of bytes to overwrite in whole fragments of one video track, or in an init segment.

    `codec` is FFmpeg's name; the list is empty for a codec that is neither H.264 nor HEVC.
    """
    if codec not in _SEI_TYPES:
        return []
    units = _configured_units(fragments, codec)
    for box in boxes.boxes(fragments, 0, len(fragments)):
        if box.kind == "mdat":
            units = [*units, *_sample_units(fragments, box.body, min(box.end, len(fragments)))]
    return [at for start, end in units for at in _private_in_unit(fragments, start, end, codec)]


def blanked(fragments: bytes, offsets: list[int]) -> bytes:
    """Return the fragments with these bytes overwritten."""
    data = bytearray(fragments)
    for at in offsets:
        data[at] = _BLANK
    return bytes(data)


def _sample_units(data: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the NAL units of an `mdat` begin and end, whatever samples they belong to."""
    while at + _LENGTH_BYTES < end:
        size = struct.unpack_from(">I", data, at)[0]
        start = at + _LENGTH_BYTES
        if start + size > end:
            return
        yield start, start + size
        at = start + size


def _configured_units(data: bytes, codec: str) -> list[tuple[int, int]]:
    """Return the NAL units in an `hvcC`, which may hold SEI for all frames (ISO/IEC 14496-15, 8.3.3.1)."""
    found = data.find(b"hvcC") if codec == "hevc" and data[4:8] == b"ftyp" else -1
    try:
        return _units_of_arrays(data, found + 4 + 22) if found >= 0 else []
    except boxes.MALFORMED:
        return []


def _units_of_arrays(data: bytes, at: int) -> list[tuple[int, int]]:
    units: list[tuple[int, int]] = []
    arrays, at = data[at], at + 1
    for _ in range(arrays):
        (count,), at = struct.unpack_from(">H", data, at + 1), at + 3
        for _ in range(count):
            (size,), at = struct.unpack_from(">H", data, at), at + 2
            units.append((at, at + size))
            at += size
    return units


def _private_in_unit(data: bytes, start: int, end: int, codec: str) -> Iterator[int]:
    """Yield the offsets of private bytes in one NAL unit."""
    if start >= end or end > len(data):
        return
    kind = data[start] & 31 if codec == "h264" else data[start] >> 1 & 63
    if kind not in _SEI_TYPES[codec]:
        return
    offsets, kept = _payload_offsets(data, start + (1 if codec == "h264" else 2), end)
    for first, last in _private_messages(bytes(data[at] for at in offsets)):
        yield from (at for at in offsets[first:last] if at not in kept)


def _payload_offsets(data: bytes, start: int, end: int) -> tuple[list[int], set[int]]:
    """Return the offsets of a NAL unit's payload without its emulation prevention bytes, and those that these need.

    An emulation prevention byte is a 3 after two zeros, which have to stay.
    """
    offsets: list[int] = []
    kept: set[int] = set()
    zeros = 0
    for at in range(start, end):
        if zeros >= 2 and data[at] == 3:
            kept |= {at - 2, at - 1, at + 1}
            zeros = 0
            continue
        offsets.append(at)
        zeros = zeros + 1 if data[at] == 0 else 0
    return offsets, kept


def _private_messages(payload: bytes) -> Iterator[tuple[int, int]]:
    """Yield where private messages begin and end in a payload of SEI messages."""
    at = 0
    while at + 2 < len(payload):
        kind, at = _extended(payload, at)
        size, at = _extended(payload, at)
        message = payload[at : at + size]
        if len(message) < size:
            return
        if kind == _UNREGISTERED and message[:16] not in _ENCODERS:
            yield at, at + size
        if kind == _REGISTERED and message[:3] not in _PUBLIC_PROVIDERS:
            yield at, at + size
        at += size


def _extended(payload: bytes, at: int) -> tuple[int, int]:
    """Return a number that goes on after each 255, and the place behind it."""
    value = 0
    while payload[at : at + 1] == b"\xff":
        value, at = value + 255, at + 1
    return value + sum(payload[at : at + 1]), at + 1
