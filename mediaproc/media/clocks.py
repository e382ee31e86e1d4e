"""Source clocks: which containers have clocks that restart, and what every reader of one has to read along.

FFmpeg closes the jumps of such a clock and moves the whole to 0 by the tracks that a command uses, each for itself. So
that video, audio and text get the same times from different processes, all of them read the same tracks: those that
they have no use for are copied to nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any

from mediaproc.media import tracks
from mediaproc.media.filters import graph
from mediaproc.media.filters.graph import Filter, Output, Streams
from mediaproc.media.probe import MediaInfo, VideoTrack

_RESTARTING = frozenset({"mpeg", "mpegts", "ogg"})
"""Demuxers with `AVFMT_TS_DISCONT`: programme and transport streams, joined or cut, and chained Ogg."""

_NOWHERE: dict[str, Any] = {"c": "copy", "format": "null"}


def restarts(info: MediaInfo) -> bool:
    """True if the clock of this source may restart or jump, so that no time can be sought."""
    return info.container.partition(",")[0] in _RESTARTING


def companions(opened: Streams, info: MediaInfo, *, used: Collection[int]) -> list[Output]:
    """Return outputs that read along what other readers of a source use, where its clock may restart."""
    if not restarts(info):
        return []
    wanted = [*([info.video.index] if info.video.shown else []), *_audio_indexes(info)]
    return [graph.output(opened[str(index)], "-", **_NOWHERE) for index in wanted if index not in used]


def grid(video: VideoTrack) -> Fraction | None:
    """Return the seconds of a tick on which the frames of a near-constant rate are moved; None if they stay."""
    return 1 / (video.frame_rate * video.steps_per_frame) if video.steps_per_frame and video.frame_rate else None


def filters(video: VideoTrack) -> list[Filter]:
    """Return the filters that move decoded frames to that grid, which begins with the first frame."""
    step = grid(video)
    if step is None:
        return []
    moved = Filter("settb", (f"{step.numerator}/{step.denominator}",))
    late = round(Fraction(video.start_seconds) / step)
    if not late:
        return [moved]
    return [Filter("setpts", (f"PTS-{video.start_seconds:.6f}/TB",)), moved, Filter("setpts", (f"PTS+{late}",))]


def copy_options(video: VideoTrack) -> dict[str, str]:
    """Return the output options that move copied frames to that grid."""
    step = grid(video)
    if step is None:
        return {}
    moved = f"setts=pts=PTS:dts=DTS:time_base={step.numerator}/{step.denominator}"
    late, start = round(Fraction(video.start_seconds) / step), f"{video.start_seconds:.6f}"
    if late:
        moved = f"setts=pts=PTS-{start}/TB:dts=DTS-{start}/TB,{moved},setts=pts=PTS+{late}:dts=DTS+{late}"
    return {"bsf:v": moved}


def _audio_indexes(info: MediaInfo) -> Sequence[int]:
    return [track.index for track in tracks.selected_audio(info)]
