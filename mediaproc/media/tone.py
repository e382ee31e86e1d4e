"""From high dynamic range to what every screen shows (PQ and HLG of ITU-R BT.2100 to BT.709)."""

from __future__ import annotations

from typing import Any

from mediaproc.media.probe import HDR_TRANSFERS, VideoTrack

_WHITE_NITS = 203
"""Where graphics and a white page lie in HDR (ITU-R BT.2408, 2.1): it becomes nearly the white of SDR."""

_PEAK = 10
"""What becomes the brightest white, in whites: 2,000 nits. Brighter highlights are rare and clip."""

Filter = tuple[str, dict[str, Any]]


def filters(video: VideoTrack) -> list[Filter]:
    """The filters that map a picture to SDR; none if it is that already. They need zimg, which imageio's build has.

    What BT.2100 asks for is assumed of primaries and matrix: files often leave those tags out.
    """
    if not video.hdr:
        return []
    transfer = video.transfer if video.transfer in HDR_TRANSFERS else "smpte2084"
    return [
        ("setparams", {"color_primaries": "bt2020", "color_trc": transfer, "colorspace": "bt2020nc"}),
        ("zscale", {"t": "linear", "npl": _WHITE_NITS}),
        ("format", {"pix_fmts": "gbrpf32le"}),
        ("zscale", {"p": "bt709"}),
        ("tonemap", {"tonemap": "mobius", "desat": 0, "peak": _PEAK}),  # keeps dark and middle tones as they are
        ("zscale", {"t": "bt709", "m": "bt709", "r": "tv"}),
    ]


def as_text(wanted: list[Filter]) -> str:
    """As they stand in a chain of filters, each with a comma behind it."""
    return "".join(f"{name}={':'.join(f'{key}={value}' for key, value in values.items())}," for name, values in wanted)
