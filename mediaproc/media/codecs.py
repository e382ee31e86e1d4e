"""Codec strings of RFC 6381, and the H.264 level that a picture needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass

AAC_LC = "mp4a.40.2"
"""MPEG-4 audio, object type 2 (ISO/IEC 14496-3, table 1.17)."""

H264_HIGH = 0x64
"""profile_idc of High (ITU-T H.264, A.2.4)."""

SMALLEST_SIDES = {"hevc": 16}
"""Pixels that each side must have, where an encoder (x265) does not take every even number."""


@dataclass(frozen=True)
class Level:
    """One row of ITU-T H.264, table A-1. Frame sizes are in macroblocks of 16×16, bit rates for High (×1.25)."""

    idc: int
    name: str
    macroblocks_per_second: int
    frame_macroblocks: int
    max_bitrate_bps: int


LEVELS: tuple[Level, ...] = (
    Level(30, "3.0", 40_500, 1_620, 12_500_000),
    Level(31, "3.1", 108_000, 3_600, 17_500_000),
    Level(32, "3.2", 216_000, 5_120, 25_000_000),
    Level(40, "4.0", 245_760, 8_192, 25_000_000),
    Level(42, "4.2", 522_240, 8_704, 62_500_000),
    Level(50, "5.0", 589_824, 22_080, 168_750_000),
    Level(51, "5.1", 983_040, 36_864, 300_000_000),
    Level(52, "5.2", 2_073_600, 36_864, 300_000_000),
)


def h264_level(*, width: int, height: int, frame_rate: float, bitrate_bps: int) -> Level:
    """The lowest level that holds such a picture; the highest known if none does."""
    macroblocks = -(-width // 16) * -(-height // 16)
    for level in LEVELS:
        if (
            macroblocks <= level.frame_macroblocks
            and macroblocks * frame_rate <= level.macroblocks_per_second
            and bitrate_bps <= level.max_bitrate_bps
        ):
            return level
    return LEVELS[-1]


def h264(*, profile: int, constraints: int, level: int) -> str:
    """`avc1.PPCCLL` (RFC 6381, 3.3): profile, constraint flags and level of the SPS, as hex bytes."""
    return f"avc1.{profile:02x}{constraints:02x}{level:02x}"


def of_init_segment(init: bytes) -> str | None:
    """The codec string that an init segment's own avcC, hvcC or av1C box says, or None when it has none."""
    for box, read in _READERS.items():
        at = init.find(box)
        found = read(init[at + 4 :]) if at >= 0 else None
        if found is not None:
            return found + _colours(init, init[at + 4 :]) if box == b"av1C" else found
    return None


def _avc(record: bytes) -> str | None:
    """avcC begins with version 1, then profile, constraints and level (ISO/IEC 14496-15, 5.3.3.1.2)."""
    if len(record) < 4 or record[0] != 1:
        return None
    return h264(profile=record[1], constraints=record[2], level=record[3])


def _hevc(record: bytes) -> str | None:
    """`hvc1.P.F.TL.C…` (ISO/IEC 14496-15, E.3): profile space and profile, compatibility flags in reverse bit order,
    tier and level, and the bytes of constraint flags without the zeros at their end.
    """
    if len(record) < 13 or record[0] != 1:
        return None
    space, tier, profile = record[1] >> 6, record[1] >> 5 & 1, record[1] & 31
    compatible = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    constraints = "".join(f".{byte:X}" for byte in record[6:12].rstrip(b"\0"))
    return f"hvc1.{['', 'A', 'B', 'C'][space]}{profile}.{compatible:X}.{'LH'[tier]}{record[12]}{constraints}"


def _av1(record: bytes) -> str | None:
    """`av01.P.LLT.DD` (AV1 Codec ISO Media File Format Binding, 5): profile, level and tier, bit depth."""
    if len(record) < 3 or record[0] != 0x81:
        return None
    profile, level, tier = record[1] >> 5, record[1] & 31, record[2] >> 7
    high, twelve = record[2] >> 6 & 1, record[2] >> 5 & 1
    depth = 12 if high and twelve else 10 if high else 8
    return f"av01.{profile}.{level:02}{'MH'[tier]}.{depth:02}"


def _colours(init: bytes, record: bytes) -> str:
    """`.M.CCC.PP.TT.MM.F` behind `av01…` where a picture is HDR: without it players take BT.709 for granted.

    Sampling stands in av1C, the colours in the colr box (ISO/IEC 23091-2 gives their numbers).
    """
    at = init.find(b"colrnclx")
    if at < 0 or len(init) < at + 15:
        return ""
    primaries, transfer, matrix, full = struct.unpack_from(">HHHB", init, at + 8)
    if transfer not in _HDR_TRANSFERS:
        return ""
    flags = record[2]
    sampling = f"{flags >> 4 & 1}.{flags >> 3 & 1}{flags >> 2 & 1}{flags & 3}"
    return f".{sampling}.{primaries:02}.{transfer:02}.{matrix:02}.{full >> 7}"


_HDR_TRANSFERS = (16, 18)
"""PQ and HLG."""

_READERS = {b"avcC": _avc, b"hvcC": _hevc, b"av1C": _av1}
