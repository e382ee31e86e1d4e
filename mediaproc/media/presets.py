"""Presets: named, versioned encoding settings as data. A video stores the name and version of what made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from mediaproc.media import codecs
from mediaproc.media.codecs import AV1, H264, HEVC, Codec
from mediaproc.media.edits import NO_EDITS, Edits
from mediaproc.media.segment_edges import SEGMENT_SECONDS

_STEREO = 2


@dataclass(frozen=True)
class RungTarget:
    """One row of a ladder: a box in pixels that the video is fitted into, landscape or portrait, and its quality.

    `max_bitrate_bps` applies to a video that fills the box at 30 frames per second.
    """

    name: str
    long_side: int
    short_side: int
    crf: int
    max_bitrate_bps: int


@dataclass(frozen=True)
class AudioTarget:
    """How audio is encoded, unless it can be copied (see `audio_copy`).

    With `loudness_lufs` it is normalized to that loudness (EBU R 128). One or two `channels` are what every source
    becomes; a larger number is the maximum that is kept.
    """

    codec: str
    bitrate_bps: int
    channels: int
    sample_rate_hz: int
    loudness_lufs: float | None = None

    def for_channels(self, channels: int) -> AudioTarget:
        """Return the target for a source with this many channels; fewer than the maximum get their share of bits."""
        if self.channels <= _STEREO or not 0 < channels < self.channels:
            return self
        return replace(self, channels=channels, bitrate_bps=self.bitrate_bps * channels // self.channels)


@dataclass(frozen=True)
class AudioFile:
    """An audio file that a preset makes."""

    name: str
    suffix: str
    content_type: str
    codec: str
    encoder: str
    bitrate_bps: int


@dataclass(frozen=True)
class LoopFile:
    """A short silent loop as one file, with its maximum frame rate and its maximum long side in pixels.

    `quality` is the encoder's own measure: the CRF of H.264, 0–100 of WebP, the number of colours of GIF.
    """

    name: str
    suffix: str
    content_type: str
    codec: str
    encoder: str
    frame_rate: int
    long_side: int
    quality: int


@dataclass(frozen=True)
class Loop:
    """The loops of a preset: `moments` parts, spread over the video, that last `seconds` together."""

    seconds: float
    moments: int
    files: tuple[LoopFile, ...]


@dataclass(frozen=True)
class ChosenCrf:
    """The CRF that was found for one rung of one video, and the VMAF of its samples."""

    rung: str
    crf: int
    vmaf: float


@dataclass(frozen=True)
class Preset:
    """Preset: a ladder (`rungs`, largest first), files only (`audio_files` or a `loop`), or the source unchanged
    (`copies`).

    With a `bit_depth` of 10, HDR is preserved instead of being mapped to SDR. With a `target_vmaf`, the CRF of each
    rung is searched for each video and stored in its job's own copy (`chosen`).
    """

    name: str
    version: int
    title: str
    description: str
    codec: str
    encoder: str
    encoder_preset: str
    frame_rate_cap: int
    rungs: tuple[RungTarget, ...]
    audio: AudioTarget
    containers: tuple[str, ...]
    segment_seconds: int = SEGMENT_SECONDS
    audio_files: tuple[AudioFile, ...] = ()
    loop: Loop | None = None
    edits: Edits = NO_EDITS
    target_vmaf: float | None = None
    bit_depth: int = 8
    chosen: tuple[ChosenCrf, ...] = ()

    @property
    def copies(self) -> bool:
        """True if the source's own video is kept and not encoded."""
        return self.encoder == "copy"

    def to_json(self) -> dict[str, Any]:
        """Return the preset as it is stored with every job; `audio_files` are called `sounds` there."""
        tables = {"rungs": self.rungs, "sounds": self.audio_files, "chosen": self.chosen}
        value = asdict(self)
        del value["audio_files"]
        return {
            **value,
            **{name: [asdict(each) for each in rows] for name, rows in tables.items()},
            "containers": list(self.containers),
            "loop": asdict(self.loop) | {"files": [asdict(each) for each in self.loop.files]} if self.loop else None,
            "edits": self.edits.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preset:
        """Return the preset from what `to_json` made of it. Fields that are missing in it get their defaults."""
        loop: dict[str, Any] | None = value.get("loop")
        known: dict[str, Any] = {
            "rungs": tuple(RungTarget(**each) for each in value["rungs"]),
            "audio": AudioTarget(**value["audio"]),
            "containers": tuple(value["containers"]),
            "audio_files": tuple(AudioFile(**each) for each in value.get("sounds", ())),
            "loop": _loop(loop) if loop else None,
            "edits": Edits.from_json(value["edits"]) if "edits" in value else NO_EDITS,
            "chosen": tuple(ChosenCrf(**each) for each in value.get("chosen", ())),
        }
        return cls(**{**{name: each for name, each in value.items() if name != "sounds"}, **known})


def _loop(value: Mapping[str, Any]) -> Loop:
    known: dict[str, Any] = {**value, "files": tuple(LoopFile(**each) for each in value["files"])}
    return Loop(**known)


def _full_hd(codec: Codec) -> RungTarget:
    return RungTarget(
        "1080p", long_side=1920, short_side=1080, crf=codec.crf, max_bitrate_bps=codec.full_hd_bitrate_bps
    )


_AAC = AudioTarget(codec="aac", bitrate_bps=128_000, channels=2, sample_rate_hz=48_000)

WEB = Preset(
    name="web",
    version=1,
    title="Web",
    description="Plays everywhere: H.264 and AAC in up to three sizes, as HLS to play and MP4 to download.",
    codec=H264.name,
    encoder=H264.encoder,
    encoder_preset=H264.encoder_preset,
    frame_rate_cap=60,
    # Ceilings near Apple's own ladder (HLS Authoring Specification, 1.24), which is for 30 frames a second.
    rungs=(
        _full_hd(H264),
        RungTarget("720p", long_side=1280, short_side=720, crf=22, max_bitrate_bps=3_500_000),
        RungTarget("480p", long_side=854, short_side=480, crf=23, max_bitrate_bps=1_600_000),
    ),
    audio=_AAC,
    containers=("hls", "mp4"),
)

WEB_HEVC = Preset(
    name="web-hevc",
    version=1,
    title="Web, HEVC",
    description="A third smaller than Web, for Apple devices and newer players: HEVC and AAC, as HLS and MP4.",
    codec=HEVC.name,
    encoder=HEVC.encoder,
    encoder_preset=HEVC.encoder_preset,
    frame_rate_cap=60,
    # Ceilings of Apple's ladder for HEVC, which are about six tenths of those for H.264.
    rungs=(
        _full_hd(HEVC),
        RungTarget("720p", long_side=1280, short_side=720, crf=25, max_bitrate_bps=2_400_000),
        RungTarget("480p", long_side=854, short_side=480, crf=26, max_bitrate_bps=1_000_000),
    ),
    audio=_AAC,
    containers=("hls", "mp4"),
)

WEB_AV1 = Preset(
    name="web-av1",
    version=1,
    title="Web, AV1",
    description="Half the size of Web, for current browsers; takes longer: AV1 and AAC, as HLS and MP4.",
    codec=AV1.name,
    encoder=AV1.encoder,
    encoder_preset=AV1.encoder_preset,
    frame_rate_cap=60,
    rungs=(
        _full_hd(AV1),
        RungTarget("720p", long_side=1280, short_side=720, crf=34, max_bitrate_bps=1_900_000),
        RungTarget("480p", long_side=854, short_side=480, crf=35, max_bitrate_bps=800_000),
    ),
    audio=_AAC,
    containers=("hls", "mp4"),
)

MP4_SMALL = Preset(
    name="mp4-small",
    version=1,
    title="One small MP4",
    description="One file to share, at most 720p and 30 frames per second: H.264 and AAC, small rather than fine.",
    codec=H264.name,
    encoder=H264.encoder,
    # Only one size is made, so there is time for fewer bits.
    encoder_preset="medium",
    frame_rate_cap=30,
    rungs=(RungTarget("720p", long_side=1280, short_side=720, crf=28, max_bitrate_bps=1_500_000),),
    audio=AudioTarget(codec="aac", bitrate_bps=96_000, channels=2, sample_rate_hz=48_000),
    containers=("hls", "mp4"),
)

AUDIO = Preset(
    name="audio",
    version=1,
    title="Audio only",
    description="The audio as AAC, Opus and MP3, all at the same loudness (−16 LUFS). Accepts audio files too.",
    codec="aac",
    encoder="aac",
    encoder_preset="",
    frame_rate_cap=60,
    rungs=(),
    # Apple's and the AES's recommendation for stereo on portable devices (AES TD1008).
    audio=AudioTarget(codec="aac", bitrate_bps=160_000, channels=2, sample_rate_hz=48_000, loudness_lufs=-16.0),
    containers=("hls", "m4a", "opus", "mp3"),
    audio_files=(
        AudioFile("opus", "opus", "audio/ogg", codec="opus", encoder="libopus", bitrate_bps=96_000),
        AudioFile("mp3", "mp3", "audio/mpeg", codec="mp3", encoder="libmp3lame", bitrate_bps=192_000),
    ),
)

PREVIEW = Preset(
    name="preview",
    version=1,
    title="Preview loop",
    description="Six silent seconds from all over the video, as MP4 and animated WebP.",
    codec=H264.name,
    encoder=H264.encoder,
    encoder_preset="medium",
    frame_rate_cap=24,
    rungs=(),
    audio=_AAC,
    containers=("mp4", "webp"),
    loop=Loop(
        seconds=6,
        moments=4,
        files=(
            LoopFile("preview", "mp4", "video/mp4", H264.name, H264.encoder, frame_rate=24, long_side=640, quality=26),
            LoopFile("webp", "webp", "image/webp", "webp", "libwebp_anim", frame_rate=12, long_side=480, quality=60),
        ),
    ),
)

GIF = Preset(
    name="gif",
    version=1,
    title="GIF",
    description="The first ten seconds as a GIF, for places that show nothing else.",
    codec="gif",
    encoder="gif",
    encoder_preset="",
    frame_rate_cap=12,
    rungs=(),
    audio=_AAC,
    containers=("gif",),
    loop=Loop(
        seconds=10,
        moments=1,
        files=(LoopFile("gif", "gif", "image/gif", "gif", "gif", frame_rate=12, long_side=480, quality=256),),
    ),
)

SOURCE_COPY = Preset(
    name="source-copy",
    version=1,
    title="Original (no re-encode)",
    description="The file's own video, not encoded: ready in seconds, as HLS and MP4. "
    f"Accepts {codecs.listed(each.label for each in codecs.CODECS)}.",
    codec="source",
    encoder="copy",
    encoder_preset="",
    frame_rate_cap=1000,
    rungs=(),
    # For audio that is not AAC already.
    audio=AudioTarget(codec="aac", bitrate_bps=160_000, channels=2, sample_rate_hz=48_000),
    containers=("hls", "mp4"),
)

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (WEB, WEB_HEVC, WEB_AV1, MP4_SMALL, SOURCE_COPY, AUDIO, PREVIEW, GIF)
}
"""Every built-in preset by its name."""
