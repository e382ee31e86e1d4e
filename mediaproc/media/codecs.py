"""Codec table: one row for each video codec that is made, with everything that sets it apart.

A new codec is a new row here; the preset form, validation, commands, playlists and `doctor` read the table.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediaproc.media.ladder import Rung
    from mediaproc.media.presets import Preset

AAC_LC = "mp4a.40.2"
"""MPEG-4 audio, object type 2 (ISO/IEC 14496-3, table 1.17)."""

AUDIO_SAMPLE_ENTRY = b"mp4a"

EIGHT_BIT_FORMATS = frozenset({"yuv420p", "yuvj420p"})
"""FFmpeg's pixel formats of 8 bits that browsers decode."""

TEN_BIT_FORMATS = frozenset({"yuv420p10le"})

EncoderOptions = Callable[["Rung", "Preset", int], dict[str, Any]]
"""FFmpeg's options of an encoder for a rung of a preset, encoded with so many threads."""

ReadCodecString = Callable[[bytes, bytes], str | None]
"""Codec string (RFC 6381) from an init segment and the content of its configuration box; None if that is malformed."""


@dataclass(frozen=True)
class Codec:
    """One video codec. `name` is FFmpeg's, and the one that presets and the API use."""

    name: str
    label: str
    note: str
    """Reason to choose it, on the preset form."""
    encoder: str
    encoder_preset: str
    encoder_options: EncoderOptions
    """Options beside those of all encoders: keyframes only where they are forced, closed GOPs, no more threads."""
    crf: int
    """Constant quality of 1080p if none is chosen; lower is finer."""
    crf_bounds: tuple[int, int]
    """The finest and the coarsest constant quality that is of use."""
    full_hd_bitrate_bps: int
    """Ceiling of 1080p at 30 frames per second."""
    sample_entry: bytes
    """Type of its sample entry in an MP4."""
    configuration_box: bytes
    codec_string: ReadCodecString
    profiles: frozenset[str]
    """Profiles that browsers decode, as ffprobe names them."""
    bit_depths: tuple[int, ...] = (8,)
    """Bit depths that players decode."""
    smallest_side: int = 0
    """Pixels that each side must have."""
    copy_options: Mapping[str, str] = field(default_factory=dict[str, str])
    """Output options of a copied track."""
    reorders: bool = True
    """True if frames are decoded in another order than they are shown."""
    browser_type: str = ""
    """MIME type by which the player asks whether the browser decodes it; empty if every browser does."""
    assumed_codec_string: str = ""
    """Codec string of a copied track until there is an init segment."""

    @property
    def plays_everywhere(self) -> bool:
        """True if every browser decodes it."""
        return not self.browser_type

    def plays(self, *, profile: str, pixel_format: str) -> bool:
        """True if browsers that know the codec decode this shape of it."""
        deep = TEN_BIT_FORMATS if 10 in self.bit_depths else frozenset[str]()
        return profile in self.profiles and pixel_format in EIGHT_BIT_FORMATS | deep


# Look-ups ---------------------------------------------------------------------------------------------------


def of(name: str) -> Codec:
    """Return the codec of this name. Raises KeyError if it is not made here."""
    found = find(name)
    if found is None:
        raise KeyError(name)
    return found


def find(name: str) -> Codec | None:
    """Return the codec of this name, or None if it is not made here."""
    return next((codec for codec in CODECS if codec.name == name), None)


def names() -> tuple[str, ...]:
    """Return the names of all codecs."""
    return tuple(codec.name for codec in CODECS)


def deep() -> tuple[Codec, ...]:
    """Return the codecs that players decode in 10 bits."""
    return tuple(codec for codec in CODECS if 10 in codec.bit_depths)


def sample_entries() -> frozenset[bytes]:
    """Return the types of sample entries that MP4 players accept."""
    return frozenset({*(codec.sample_entry for codec in CODECS), AUDIO_SAMPLE_ENTRY})


def label(name: str) -> str:
    """Return a codec's name as it is usually written."""
    codec = find(name)
    return codec.label if codec else name.upper()


def listed(words: Iterable[str], *, last: str = "and") -> str:
    """Return words as a list in a sentence: `H.264, HEVC and AV1`."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


def of_init_segment(init: bytes) -> str | None:
    """Return the codec string of an init segment's own configuration box, or None if it has none."""
    for codec in CODECS:
        at = init.find(codec.configuration_box)
        if at >= 0 and (said := codec.codec_string(init, init[at + 4 :])) is not None:
            return said
    return None


# H.264 ------------------------------------------------------------------------------------------------------


def _x264(rung: Rung, _preset: Preset, _threads: int) -> dict[str, Any]:
    return {
        "profile:v": "high",
        "level:v": rung.level,  # so that a decoder knows beforehand whether it can
        "sc_threshold": 0,  # no keyframe at a change of scene
    }


def _avc(_init: bytes, record: bytes) -> str | None:
    """`avc1.PPCCLL` (RFC 6381, 3.3): profile, constraint flags and level of the SPS, as hex bytes.

    avcC begins with version 1, then has these three (ISO/IEC 14496-15, 5.3.3.1.2).
    """
    return f"avc1.{record[1:4].hex()}" if len(record) >= 4 and record[0] == 1 else None


H264 = Codec(
    name="h264",
    label="H.264",
    note="plays everywhere",
    encoder="libx264",
    # Three rungs in real time on two cores; "medium" costs twice the time for about 8 % fewer bits.
    encoder_preset="veryfast",
    encoder_options=_x264,
    crf=22,
    crf_bounds=(12, 40),
    full_hd_bitrate_bps=6_000_000,
    sample_entry=b"avc1",
    configuration_box=b"avcC",
    codec_string=_avc,
    profiles=frozenset({"Constrained Baseline", "Baseline", "Main", "High"}),
    assumed_codec_string="avc1.640028",  # High at level 4.0
)


# HEVC -------------------------------------------------------------------------------------------------------


def _x265(rung: Rung, preset: Preset, threads: int) -> dict[str, Any]:
    said = {
        **({"fps": f"{rung.frame_rate.numerator}/{rung.frame_rate.denominator}"} if _said(rung.frame_rate) else {}),
        "scenecut": 0,  # no keyframe at a change of scene
        "open-gop": 0,  # else a forced keyframe is one that earlier frames of a segment refer over
        "info": 0,  # else the init segment names the encoder's settings, threads among them: chunks would differ
        "pools": threads,  # x265 counts cores itself, and not those of the slot
        "log-level": "error",
    }
    return {
        "profile:v": "main10" if preset.bit_depth == 10 else "main",
        **HEVC.copy_options,
        "forced-idr": 1,  # a forced keyframe is one that a player can begin with
        "x265-params": _joined(said),
    }


def _hevc(_init: bytes, record: bytes) -> str | None:
    """`hvc1.P.F.TL.C…` (ISO/IEC 14496-15, E.3): profile space and profile, compatibility flags in reverse bit order,
    tier and level, and the bytes of constraint flags without the zeros at their end.
    """
    if len(record) < 13 or record[0] != 1:
        return None
    space, tier, profile = record[1] >> 6, record[1] >> 5 & 1, record[1] & 31
    compatible = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    constraints = "".join(f".{byte:X}" for byte in record[6:12].rstrip(b"\0"))
    return f"hvc1.{['', 'A', 'B', 'C'][space]}{profile}.{compatible:X}.{'LH'[tier]}{record[12]}{constraints}"


HEVC = Codec(
    name="hevc",
    label="HEVC",
    note="smaller files, newer players",
    encoder="libx265",
    encoder_preset="fast",
    encoder_options=_x265,
    crf=25,
    crf_bounds=(12, 42),
    full_hd_bitrate_bps=4_500_000,
    bit_depths=(8, 10),
    smallest_side=16,  # x265 does not take every even number
    sample_entry=b"hvc1",
    configuration_box=b"hvcC",
    codec_string=_hevc,
    profiles=frozenset({"Main", "Main 10"}),
    copy_options={"tag:v": "hvc1"},  # Apple's players refuse hev1 (HLS Authoring Specification, 1.10)
    browser_type='video/mp4; codecs="hvc1.1.6.L93.90"',
)


# AV1 --------------------------------------------------------------------------------------------------------


def _svt_av1(rung: Rung, _preset: Preset, threads: int) -> dict[str, Any]:
    rate = rung.frame_rate
    said = {
        **({"fps-num": rate.numerator, "fps-denom": rate.denominator} if _said(rate) else {}),
        "lp": min(threads, _MOST_SVT_LEVEL),  # its levels of parallelism, nearly threads
    }
    return {"svtav1-params": _joined(said)}


def _av1(init: bytes, record: bytes) -> str | None:
    """`av01.P.LLT.DD` (AV1 Codec ISO Media File Format Binding, 5): profile, level and tier, bit depth."""
    if len(record) < 3 or record[0] != 0x81:
        return None
    profile, level, tier = record[1] >> 5, record[1] & 31, record[2] >> 7
    high, twelve = record[2] >> 6 & 1, record[2] >> 5 & 1
    depth = 12 if high and twelve else 10 if high else 8
    return f"av01.{profile}.{level:02}{'MH'[tier]}.{depth:02}{_hdr_colours(init, record)}"


def _hdr_colours(init: bytes, record: bytes) -> str:
    """`.M.CCC.PP.TT.MM.F` behind `av01…` where a video is HDR: without it players take BT.709 for granted.

    Sampling is in av1C, the colours in the colr box (ISO/IEC 23091-2 gives their numbers).
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

_MOST_SVT_LEVEL = 6

AV1 = Codec(
    name="av1",
    label="AV1",
    note="smallest files, slowest encoding",
    encoder="libsvtav1",
    # The fastest one that its authors recommend for anything but calls.
    encoder_preset="9",
    encoder_options=_svt_av1,
    crf=34,
    crf_bounds=(15, 55),
    full_hd_bitrate_bps=3_500_000,
    bit_depths=(8, 10),
    sample_entry=b"av01",
    configuration_box=b"av1C",
    codec_string=_av1,
    profiles=frozenset({"Main"}),
    reorders=False,  # frames that are not shown are packed with those that are
    browser_type='video/mp4; codecs="av01.0.08M.08"',
)


# The table --------------------------------------------------------------------------------------------------

DEFAULT = H264
"""Codec of a preset that names none."""

CODECS: tuple[Codec, ...] = (H264, HEVC, AV1)
"""Every codec, in the order of the preset form."""


def _said(rate: Fraction) -> bool:
    """Return whether the encoder must be given the frame rate that `maxrate` refers to.

    FFmpeg passes the source's nominal rate, although frames may have been dropped, so half of the bits would be spent.
    x264 counts by the frames' own times.
    """
    return rate >= 1


def _joined(said: Mapping[str, Any]) -> str:
    return ":".join(f"{name}={value}" for name, value in said.items())
