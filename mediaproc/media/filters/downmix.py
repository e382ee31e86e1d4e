"""Channel mixing: a track's channels as those of a target, as loud as FFmpeg makes them but never clipped."""

from __future__ import annotations

from mediaproc.media.filters import speakers
from mediaproc.media.filters.graph import Filter

_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}

_MONO_TO_STEREO = Filter("channelmap", options={"map": "0-FL|0-FR", "channel_layout": "stereo"})
"""Both sides as loud as the one channel. FFmpeg's own matrix takes 3 dB from it (`swresample`, FC to FL and FR)."""

_LIMITER = Filter("alimiter", options={"limit": 0.708, "level": 0, "latency": 1})
"""Limits peaks to −3 dBFS and changes nothing below: AAC at 96 kbit/s overshoots loud tones by up to 2 dB.

FFmpeg's matrix adds the channels of 5.1 to as much as +7.6 dB; in floating point nothing limits that. `level` would
make everything louder, and without `latency` audio would come late by the limiter's look-ahead.
"""


def filters(channels: int, target_channels: int, *, layout: str = "", limited: bool = True) -> list[Filter]:
    """Return the filters that mix `channels` of a source to `target_channels`; none if there is nothing to mix.

    `layout` is the source's by FFmpeg's name; those that FFmpeg can't mix become 5.1 or stereo (see `speakers`).
    `limited=False` is for audio whose loudness is set afterwards.
    """
    if speakers.needs_placing(channels, layout):
        # By its name: ffmpeg-python escapes the “=” of a positional argument once too often.
        matrix = speakers.pan_of(channels, layout, _LAYOUTS[6 if target_channels == 6 else 2])
        placed = Filter("pan", options={"args": matrix})
        return [placed, _LIMITER] if limited else [placed]
    if channels == 1 and target_channels == 2:
        return [_MONO_TO_STEREO]
    if channels <= target_channels or target_channels not in _LAYOUTS:
        return []
    # In floating point, or FFmpeg would scale the whole mix down, by up to 7.6 dB.
    mixed = Filter("aformat", options={"sample_fmts": "fltp", "channel_layouts": _LAYOUTS[target_channels]})
    return [mixed, _LIMITER] if limited else [mixed]
