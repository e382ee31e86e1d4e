"""Using a source's own picture without encoding it: when browsers play it as it is, and how it is put into segments."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import ffmpeg

from mediaproc.media import layout
from mediaproc.media.commands import encode
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location

CONTAINERS = frozenset({"mov", "matroska", "flv", "mpegts"})
"""Those that give each packet the time at which it is shown; AVI does not."""

H264_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
_LARGEST_PIXELS = 4096 * 2304
_HIGHEST_BITRATE_BPS = 40_000_000
"""More than that would hardly be played in time by anyone."""

_LONGEST_GOP_SECONDS = 12.0
"""x264's own default is 250 frames: 10 s. A segment is whole GOPs, and with longer ones nobody could jump."""


_HIDDEN_SECONDS = 0.02
"""Less than a frame: clocks are rounded."""


def plays_as_it_is(info: MediaInfo, keyframes: Sequence[float]) -> bool:
    """Whether browsers play the source's picture: H.264 of 8 bits, upright, square pixels, keyframes often enough.

    `keyframes` are its times in seconds, where they are known.
    """
    video = info.video
    return (
        info.container.partition(",")[0] in CONTAINERS
        and video.codec == "h264"
        and video.profile in H264_PROFILES
        and video.pixel_format in {"yuv420p", "yuvj420p"}
        and not video.hdr
        and not video.interlaced
        and video.rotation == 0
        and (video.width, video.height) == (video.display_width, video.display_height)
        and video.width * video.height <= _LARGEST_PIXELS
        and max(video.bitrate_bps, info.bitrate_bps) <= _HIGHEST_BITRATE_BPS
        and not hides_frames(keyframes)
        and longest_gop_seconds(keyframes, info.duration_seconds) <= _LONGEST_GOP_SECONDS
    )


def copy_arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """One FFmpeg that puts the picture as it is into fragments, and encodes the sound of all renditions beside it.

    So the source is read once for both. Times are those of the encoded rungs.
    """
    opened = ffmpeg.input(location(source), **input_options(source))
    picture = ffmpeg.output(opened[str(info.video.index)], layout.whole(layout.INSTANT), **COPIED)
    outputs: list[Any] = [picture, *encode.sound_outputs(opened, info, preset)]
    built = cast("list[str]", ffmpeg.merge_outputs(*outputs).get_args())
    return [*encode.GLOBAL_ARGUMENTS, *encode.PROGRESS_ARGUMENTS, *built]


def hides_frames(keyframes: Sequence[float]) -> bool:
    """Whether frames that were trimmed away are still in the file, before its beginning: HLS would show them."""
    return min(keyframes, default=0.0) < -_HIDDEN_SECONDS


def longest_gop_seconds(keyframes: Sequence[float], duration_seconds: float) -> float:
    """The longest time between two keyframes, or the last one and the end; 0 where they are not known."""
    edges = [*sorted(keyframes), duration_seconds] if keyframes else []
    return max((after - before for before, after in pairwise(edges)), default=0.0)


COPIED: dict[str, Any] = {
    "c:v": "copy",
    "avoid_negative_ts": "disabled",  # the delay of B-frames goes into the edit list, as in the encoded rungs
    "movflags": f"{encode.CMAF}+frag_keyframe+frag_discont",
    **encode.OUTPUT,
}
"""How a picture is copied: a fragment at each keyframe."""
