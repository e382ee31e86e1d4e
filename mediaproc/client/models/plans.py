"""Processing plan of a video."""

from __future__ import annotations

from pydantic import Field

from mediaproc.client.models.base import Model


class PlannedRung(Model):
    """One size that is encoded. `crf` is 0 for video that is copied, not encoded."""

    name: str
    width: int
    height: int
    frame_rate: float
    crf: int
    max_bitrate_bps: int
    level: str
    vmaf: float | None = None
    """VMAF that samples had with this CRF, 0 to 100. None unless the preset has a target."""


class PlannedChunk(Model):
    """Part of the source that is encoded on its own. Times are in seconds of the output."""

    number: int
    start_seconds: float
    end_seconds: float | None = None
    length_seconds: float
    first_segment: int
    segments: int | None = None
    """Count of HLS segments. None for the last chunk, which goes to the end."""


class PlannedStep(Model):
    """One step, with its FFmpeg command as a line of shell."""

    name: str
    command: str
    note: str


class Plan(Model):
    """Processing plan of a video: its source, the sizes to encode, the chunks, and every FFmpeg command."""

    preset: str
    preset_version: int
    duration_seconds: float
    width: int
    """Of the source, in pixels. 0 if it has no video."""
    height: int
    frame_rate: float
    video_codec: str
    audio_codec: str | None = None
    rungs: list[PlannedRung]
    chunks: list[PlannedChunk]
    steps: list[PlannedStep]
    reused: list[str] = Field(default_factory=list[str])
    """Names of rungs that are not encoded, because an earlier output is used again."""
