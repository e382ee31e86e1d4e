"""Options of each video encoder that make segments begin by the clock and follow each other without a seam."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mediaproc.media import segment_edges
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import VideoTrack

CRF_BOUNDS = {"h264": (12, 40), "hevc": (12, 42), "av1": (15, 55)}
"""The finest and the coarsest constant quality of each codec that is of use to anybody."""

DEEP_CODECS = frozenset({"hevc", "av1"})
"""Those of which players know 10 bits."""


def reorders(video: VideoTrack, preset: Preset) -> bool:
    """Return whether the encoder writes frames in another order than they are shown (B-frames).

    A frame that lasts longer than its neighbours can't be told from them then: durations follow the order of decoding.
    SVT-AV1 hides the frames that it moves.
    """
    return preset.codec != "av1" and not video.variable_frame_rate


def video_options(rung: Rung, video: VideoTrack, preset: Preset, threads: int, *, from_start: bool) -> dict[str, Any]:
    """FFmpeg's options for one rung. `from_start`: its first frame is the video's, not that of a later chunk."""
    start = video.start_seconds if from_start else 0.0
    edges = segment_edges.keyframe_expression(preset.segment_seconds, from_start=from_start, start_seconds=start)
    in_order = {} if reorders(video, preset) else _IN_ORDER[preset.encoder]
    return {
        "c:v": preset.encoder,
        "preset:v": preset.encoder_preset,
        "threads": threads,  # those of the slot; all encoders of the ladder share them
        "crf": rung.crf,  # constant quality…
        "maxrate": rung.max_bitrate_bps,  # …under a ceiling that a player can plan with
        "bufsize": 2 * rung.max_bitrate_bps,  # averaged over two seconds
        # Keyframes by the clock alone: the same in all rungs, in all chunks and at any frame rate. GOPs are closed,
        # so each is a segment of its own.
        "force_key_frames": f"expr:{edges}",
        "g": 100 * preset.segment_seconds * preset.frame_rate_cap,  # nor after so many frames
        # HDR is kept without what Dolby Vision says of each frame of the source: that holds for its own bits alone.
        **({"dolbyvision": 0} if preset.bit_depth == 10 else {}),
        **_OWN_OPTIONS[preset.encoder](rung, preset, threads),
        **in_order,
    }


def _x264(rung: Rung, _preset: Preset, _threads: int) -> dict[str, Any]:
    return {
        "profile:v": "high",
        "level:v": rung.level,  # so that a decoder knows beforehand whether it can
        "sc_threshold": 0,  # no keyframe at a change of scene
    }


def _x265(rung: Rung, preset: Preset, threads: int) -> dict[str, Any]:
    said = {
        **({"fps": _exactly(rung.frame_rate)} if _said(rung) else {}),
        "scenecut": 0,  # no keyframe at a change of scene
        "open-gop": 0,  # else a forced keyframe is one that earlier frames of a segment refer over
        "info": 0,  # else the init segment names the encoder's settings, threads among them: chunks would differ
        "pools": threads,  # x265 counts cores itself, and not those of the slot
        "log-level": "error",
    }
    return {
        "profile:v": "main10" if preset.bit_depth == 10 else "main",
        "tag:v": "hvc1",  # Apple's players refuse hev1
        "forced-idr": 1,  # a forced keyframe is one that a player can begin with
        "x265-params": _joined(said),
    }


def _svt_av1(rung: Rung, _preset: Preset, threads: int) -> dict[str, Any]:
    rate = rung.frame_rate
    said = {
        **({"fps-num": rate.numerator, "fps-denom": rate.denominator} if _said(rung) else {}),
        "lp": min(threads, _MOST_SVT_LEVEL),  # its levels of parallelism, nearly threads
    }
    return {"svtav1-params": _joined(said)}


def _said(rung: Rung) -> bool:
    """Return whether the encoder must be given the frame rate that `maxrate` refers to.

    FFmpeg passes the source's nominal rate, although frames may have been dropped, so half of the bits would be spent.
    x264 counts by the frames' own times.
    """
    return rung.frame_rate >= 1


def _exactly(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"


def _joined(said: Mapping[str, Any]) -> str:
    return ":".join(f"{name}={value}" for name, value in said.items())


_MOST_SVT_LEVEL = 6

_IN_ORDER: dict[str, dict[str, Any]] = {"libx264": {"bf": 0}, "libx265": {"bf": 0}, "libsvtav1": {}}
"""Options of an encoder that writes frames in the order in which they are shown."""

_OWN_OPTIONS = {"libx264": _x264, "libx265": _x265, "libsvtav1": _svt_av1}
