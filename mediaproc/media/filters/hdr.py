"""High dynamic range (PQ and HLG of ITU-R BT.2100): kept as it is, or brought to what every screen shows (BT.709)."""

from __future__ import annotations

from typing import Any

from mediaproc.media.probe import HDR_TRANSFERS, VideoTrack

_WHITE_NITS = 203
"""Where graphics and a white page lie in HDR (ITU-R BT.2408, 2.1): it becomes nearly the white of SDR."""

_PEAK = 10
"""What becomes the brightest white, in whites: 2,000 nits. Brighter highlights are rare and clip."""

SDR = "SDR"

_RANGES = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
"""As HLS calls them (VIDEO-RANGE, RFC 8216 bis, 4.4.6.2)."""

Filter = tuple[str, dict[str, Any]]

_MAPPING: list[Filter] = [
    ("zscale", {"t": "linear", "npl": _WHITE_NITS}),
    ("format", {"pix_fmts": "gbrpf32le"}),
    ("zscale", {"p": "bt709"}),
    ("tonemap", {"tonemap": "mobius", "desat": 0, "peak": _PEAK}),  # keeps dark and middle tones as they are
    ("zscale", {"t": "bt709", "m": "bt709", "r": "tv"}),
]


def kept(video: VideoTrack, bit_depth: int) -> bool:
    """Whether a picture stays HDR: it takes 10 bits, or steps of brightness are seen."""
    return video.hdr and bit_depth == 10


def video_range(video: VideoTrack, bit_depth: int) -> str:
    """What a picture encoded with so many bits is: `SDR`, `PQ` or `HLG`."""
    return _RANGES[_transfer(video)] if kept(video, bit_depth) else SDR


def keeping(video: VideoTrack) -> list[Filter]:
    """The filters before one that is kept: its frames say what they are, and nothing of the master's screen.

    FFmpeg hands that on to one of several encoders alone, to whichever begins first: headers of chunks would differ.
    """
    return [
        _tags(_transfer(video)),
        ("sidedata", {"mode": "delete", "type": "MASTERING_DISPLAY_METADATA"}),
        ("sidedata", {"mode": "delete", "type": "CONTENT_LIGHT_LEVEL"}),
    ]


def filters(video: VideoTrack) -> list[Filter]:
    """The filters that map a picture to SDR; none if it is that already. They need zimg, which imageio's build has."""
    return [_tags(_transfer(video)), *_MAPPING] if video.hdr else []


def filters_of_range(video_range: str) -> list[Filter]:
    """The same for a picture that was made here."""
    transfer = next((name for name, called in _RANGES.items() if called == video_range), None)
    return [_tags(transfer), *_MAPPING] if transfer else []


def _transfer(video: VideoTrack) -> str:
    return video.transfer if video.transfer in HDR_TRANSFERS else "smpte2084"


def _tags(transfer: str) -> Filter:
    """What BT.2100 asks for is assumed of primaries and matrix: files often leave those tags out."""
    return "setparams", {"color_primaries": "bt2020", "color_trc": transfer, "colorspace": "bt2020nc"}


def as_text(wanted: list[Filter]) -> str:
    """As they stand in a chain of filters, each with a comma behind it."""
    return "".join(f"{name}={':'.join(f'{key}={value}' for key, value in values.items())}," for name, values in wanted)
