"""Remux command: puts a source's own video into segments without encoding, if browsers play it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from mediaproc.media import clocks, codecs, layout
from mediaproc.media.commands import audio
from mediaproc.media.commands.arguments import CMAF, FRAGMENTED_OUTPUT, GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.filters import graph
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location

CONTAINERS = frozenset({"mov", "matroska", "flv", "mpegts"})
"""Containers that give each packet its presentation time; AVI does not."""

_MAX_PIXELS = 4096 * 2304
_MAX_BITRATE_BPS = 40_000_000
"""Hardly any connection plays more in real time."""

MAX_GOP_SECONDS = 12.0
"""x264's own default is 250 frames: 10 s. A segment is whole GOPs, and players can jump only between segments."""

_HIDDEN_SECONDS = 0.02
"""Less than a frame: clocks are rounded."""


def plays_as_it_is(info: MediaInfo, keyframes: Sequence[float]) -> bool:
    """True if all browsers play the source's video: H.264 of 8 bits, upright, square pixels, frequent keyframes.

    `keyframes` are their times in seconds; empty if unknown.
    """
    video, codec = info.video, codecs.find(info.video.codec)
    return (
        info.container.partition(",")[0] in CONTAINERS
        and codec is not None
        and codec.plays_everywhere
        and codec.plays(profile=video.profile, pixel_format=video.pixel_format)
        and video.pixel_format in codecs.EIGHT_BIT_FORMATS
        and not video.hdr
        and not video.interlaced
        and video.rotation == 0
        and (video.width, video.height) == (video.display_width, video.display_height)
        and video.width * video.height <= _MAX_PIXELS
        and max(video.bitrate_bps, info.bitrate_bps) <= _MAX_BITRATE_BPS
        and not video.spliced
        and not hides_frames(keyframes)
        and longest_gop_seconds(keyframes, info.duration_seconds) <= MAX_GOP_SECONDS
    )


def copy_arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Return a command that copies the video into fragments and encodes the audio of all renditions beside it.

    The source is read once for both. Times are those of the encoded rungs.
    """
    opened = graph.open_input(location(source), **input_options(source))
    options = {**COPIED, **clocks.copy_options(info.video)}
    video = graph.output(opened[str(info.video.index)], layout.whole(layout.INSTANT), **options)
    built = graph.arguments([video, *audio.outputs(opened, info, preset)])
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *built]


def hides_frames(keyframes: Sequence[float]) -> bool:
    """True if frames that were trimmed away are still in the file, before its beginning: HLS would show them."""
    return min(keyframes, default=0.0) < -_HIDDEN_SECONDS


def longest_gop_seconds(keyframes: Sequence[float], duration_seconds: float) -> float:
    """Return the longest time between two keyframes, or the last one and the end; 0 if they are unknown."""
    edges = [*sorted(keyframes), duration_seconds] if keyframes else []
    return max((after - before for before, after in pairwise(edges)), default=0.0)


COPIED: dict[str, Any] = {
    "c:v": "copy",
    "avoid_negative_ts": "disabled",  # the delay of B-frames goes into the edit list, as in the encoded rungs
    "movflags": f"{CMAF}+frag_keyframe+frag_discont",
    **FRAGMENTED_OUTPUT,
}
"""Output options of copied video: a fragment at each keyframe."""
