"""Sample entries (`stsd`): size and shape of video, and sample rate of audio, from an init segment.

ISO/IEC 14496-12, 12.1.3 (`VisualSampleEntry`, `pasp`) and 12.2.3 (`AudioSampleEntry`).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

from mediaproc.media.mp4 import boxes

_VISUAL_BYTES = 78
"""Content of a `VisualSampleEntry` before its own boxes."""


@dataclass(frozen=True)
class SampleEntry:
    """Description of a rendition's samples. `width` and `height` are 0 for audio, `sample_rate_hz` is 0 for video.

    `sample_aspect` is width to height of a pixel, `timescale` in ticks per second.
    """

    timescale: int
    width: int = 0
    height: int = 0
    sample_aspect: Fraction = Fraction(1)
    sample_rate_hz: int = 0


def of_init_segment(init: bytes) -> SampleEntry:
    """Return the first sample entry of the first track. Raises ValueError or struct.error if the init is cut off."""
    timescale = boxes.timescale_of(init)
    media = boxes.find(init, "moov", "trak", "mdia")
    stsd = boxes.find(media, "minf", "stbl", "stsd")
    entry = next(boxes.boxes(stsd, 8, len(stsd)))
    if boxes.find(media, "hdlr")[8:12] == b"soun":
        return SampleEntry(timescale, sample_rate_hz=timescale)  # FFmpeg counts audio in its samples
    width, height = struct.unpack_from(">HH", stsd, entry.body + 24)
    return SampleEntry(timescale, width, height, _sample_aspect(stsd[entry.body + _VISUAL_BYTES : entry.end]))


def _sample_aspect(inside: bytes) -> Fraction:
    try:
        across, down = struct.unpack_from(">II", boxes.find(inside, "pasp"))
        return Fraction(across, down) if across else Fraction(1)
    except boxes.MALFORMED:
        return Fraction(1)
