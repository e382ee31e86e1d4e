"""Presets, their recipes, and watermark images."""

# Annotations are not postponed here: `__required_keys__` of a TypedDict would be wrong before Python 3.14.

from typing import Any, Literal, Required, TypedDict

from mediaproc.client.models.base import Model


class Preset(Model):
    """A preset and its outputs: a rung for each size that the source is large enough for, or files only."""

    name: str
    version: int
    title: str
    description: str
    codec: str
    rungs: list[dict[str, Any]]
    containers: list[str]
    recipe: dict[str, Any] | None = None
    """The team's own definition, as `PresetChanges`. None for a built-in preset."""


class Image(Model):
    """A PNG for watermarks. Its id is the SHA-256 of its bytes, so the same image always has the same id."""

    id: str
    width: int
    height: int
    size_bytes: int


class RungRecipe(TypedDict, total=False):
    """One size to encode: `height` in pixels, 144 to 2160. Without `crf`, it comes from the preset's codec."""

    height: Required[int]
    crf: int | None
    max_bitrate_bps: int | None


class AudioRecipe(TypedDict, total=False):
    """Audio encoding. `bitrate_bps`: 24,000 to 640,000."""

    bitrate_bps: int | None
    channels: Literal[1, 2, 6]


class TrimRecipe(TypedDict, total=False):
    """Part of the source to keep, in seconds from its start."""

    start_seconds: float
    end_seconds: float | None


class CropRecipe(TypedDict, total=False):
    """Margins to remove, as fractions of width and height (0 up to 1)."""

    left: float
    top: float
    right: float
    bottom: float


class WatermarkRecipe(TypedDict, total=False):
    """Image over the video. `image` is the id of an `Image`; `size` a fraction of the width; `opacity` 0.01 to 1."""

    image: Required[str]
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"]
    size: float
    opacity: float


class _RecipeFields(TypedDict, total=False):
    description: str
    codec: str
    bit_depth: Literal[8, 10]
    target_vmaf: float | None
    frame_rate_cap: int
    audio: AudioRecipe
    mute: bool
    audio_tracks: Literal["all", "first"]
    subtitles: Literal["sidecar", "burn-in", "none"]
    subtitle_language: str | None
    trim: TrimRecipe
    crop: CropRecipe
    rotate: Literal[0, 90, 180, 270]
    watermark: WatermarkRecipe | None


class PresetRecipe(_RecipeFields, total=False):
    """Definition of a new preset. `target_vmaf` (70 to 99) chooses the CRF of each size by trial encodes."""

    title: Required[str]
    rungs: Required[list[RungRecipe]]


class PresetChanges(_RecipeFields, total=False):
    """Fields of a preset to change. Each replaces the previous value."""

    title: str
    rungs: list[RungRecipe]
