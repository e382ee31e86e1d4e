"""Presets: named recipes, versioned, as data. An old video says by name and version exactly what made it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RungTarget:
    """One row of a ladder: a box that the picture is fitted into, lying or upright, and what it may cost.

    `max_bitrate_bps` holds for a picture that fills the box at 30 frames a second.
    """

    name: str
    long_side: int
    short_side: int
    crf: int
    max_bitrate_bps: int


@dataclass(frozen=True)
class AudioTarget:
    """What becomes of the sound."""

    codec: str
    bitrate_bps: int
    channels: int
    sample_rate_hz: int


@dataclass(frozen=True)
class Preset:
    """A recipe. Its rungs are listed from the largest to the smallest."""

    name: str
    version: int
    title: str
    description: str
    codec: str
    encoder: str
    encoder_preset: str
    frame_rate_cap: int
    segment_seconds: int
    rungs: tuple[RungTarget, ...]
    audio: AudioTarget
    containers: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The preset with what it makes, for programs."""
        return {**asdict(self), "rungs": [asdict(rung) for rung in self.rungs], "containers": list(self.containers)}


WEB = Preset(
    name="web",
    version=1,
    title="Web",
    description="Plays everywhere: H.264 and AAC in up to three sizes, as HLS to play and MP4 to download.",
    codec="h264",
    encoder="libx264",
    # Three rungs in real time on two cores; "medium" costs twice the time for about 8 % fewer bits.
    encoder_preset="veryfast",
    frame_rate_cap=60,
    # Apple's authoring specification asks for 6 s; 4 s start sooner and cost about 1 % more bits.
    segment_seconds=4,
    # Ceilings near Apple's own ladder (HLS Authoring Specification, 1.24), which is for 30 frames a second.
    rungs=(
        RungTarget("1080p", long_side=1920, short_side=1080, crf=22, max_bitrate_bps=6_000_000),
        RungTarget("720p", long_side=1280, short_side=720, crf=22, max_bitrate_bps=3_500_000),
        RungTarget("480p", long_side=854, short_side=480, crf=23, max_bitrate_bps=1_600_000),
    ),
    audio=AudioTarget(codec="aac", bitrate_bps=128_000, channels=2, sample_rate_hz=48_000),
    containers=("hls", "mp4"),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in (WEB,)}
"""Every preset by its name."""
