"""High dynamic range (PQ and HLG of ITU-R BT.2100): preserved, or mapped to what every screen shows (BT.709)."""

from __future__ import annotations

from mediaproc.media.filters.graph import Filter
from mediaproc.media.probe import HDR_TRANSFERS, VideoTrack

_WHITE_NITS = 203
"""Luminance of graphics white in HDR (ITU-R BT.2408, 2.1); it becomes nearly the white of SDR."""

_PEAK = 10
"""What becomes the brightest white, in multiples of white: 2,000 nits. Brighter highlights are rare and clip."""

SDR = "SDR"

_RANGES = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
"""FFmpeg's transfers by HLS's names (VIDEO-RANGE, RFC 8216 bis, 4.4.6.2)."""

_TONE_MAPPING = [
    Filter("zscale", options={"t": "linear", "npl": _WHITE_NITS}),
    Filter("format", options={"pix_fmts": "gbrpf32le"}),
    Filter("zscale", options={"p": "bt709"}),
    # Mobius keeps dark and middle tones as they are.
    Filter("tonemap", options={"tonemap": "mobius", "desat": 0, "peak": _PEAK}),
    Filter("zscale", options={"t": "bt709", "m": "bt709", "r": "tv"}),
]


def is_preserved(video: VideoTrack, bit_depth: int) -> bool:
    """True if a video stays HDR when encoded: it takes 10 bits, or banding is visible."""
    return video.hdr and bit_depth == 10


def video_range(video: VideoTrack, bit_depth: int) -> str:
    """Return the range of a video encoded with this bit depth: `SDR`, `PQ` or `HLG`."""
    return _RANGES[_transfer(video)] if is_preserved(video, bit_depth) else SDR


def tagging_filters(video: VideoTrack) -> list[Filter]:
    """Return the filters before an encode that stays HDR: they tag the frames and drop data on the mastering display.

    FFmpeg passes that data to only one of several encoders, whichever starts first: headers of chunks would differ.
    """
    return [
        _tags(_transfer(video)),
        Filter("sidedata", options={"mode": "delete", "type": "MASTERING_DISPLAY_METADATA"}),
        Filter("sidedata", options={"mode": "delete", "type": "CONTENT_LIGHT_LEVEL"}),
    ]


def tone_mapping_filters(video: VideoTrack) -> list[Filter]:
    """Return the filters that map a source to SDR; none if it is SDR. They need zimg, which imageio's build has."""
    return [_tags(_transfer(video)), *_TONE_MAPPING] if video.hdr else []


def tone_mapping_of_range(video_range: str) -> list[Filter]:
    """Return the same for a rendition, by its range."""
    transfer = next((name for name, range in _RANGES.items() if range == video_range), None)
    return [_tags(transfer), *_TONE_MAPPING] if transfer else []


def _transfer(video: VideoTrack) -> str:
    return video.transfer if video.transfer in HDR_TRANSFERS else "smpte2084"


def _tags(transfer: str) -> Filter:
    """Assume BT.2100's primaries and matrix: files often leave those tags out."""
    options = {"color_primaries": "bt2020", "color_trc": transfer, "colorspace": "bt2020nc"}
    return Filter("setparams", options={**options})
