"""H.264 levels: the lowest one that a video of some size, frame rate and bit rate needs."""

from __future__ import annotations

from dataclasses import dataclass


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


def lowest(*, width: int, height: int, frame_rate: float, bitrate_bps: int) -> Level:
    """Return the lowest level that holds such a video; the highest known if none does."""
    macroblocks = -(-width // 16) * -(-height // 16)
    for level in LEVELS:
        if (
            macroblocks <= level.frame_macroblocks
            and macroblocks * frame_rate <= level.macroblocks_per_second
            and bitrate_bps <= level.max_bitrate_bps
        ):
            return level
    return LEVELS[-1]
