"""Ladder: the rungs of a preset that suit a source, never larger than it, with even dimensions and its orientation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mediaproc.media import codecs, h264_levels
from mediaproc.media.presets import Preset, RungTarget
from mediaproc.media.probe import MediaInfo, VideoTrack
from mediaproc.media.refusals import BeyondLimits

_WORTH_A_RUNG = 1.2
"""Smallest ratio of a source's sides to those of the next rung below for a rung of the source's own size."""

_USUAL_FRAME_RATE = 30
_FAST_BITRATE_FACTOR = 1.5
"""Bit rate factor of 50 and 60 fps over 25 and 30 (YouTube's recommended upload bit rates)."""


@dataclass(frozen=True)
class Rung:
    """One size of the ladder, in pixels. `frame_rate` is that of the output; `max_bitrate_bps` suits its size and rate.

    `vmaf` is that of samples with this `crf`, if a search chose it.
    """

    name: str
    width: int
    height: int
    frame_rate: Fraction
    crf: int
    max_bitrate_bps: int
    level: str
    vmaf: float | None = None


def rungs_for(info: MediaInfo, preset: Preset) -> tuple[Rung, ...]:
    """Return the rungs of a preset for this source, the largest first; at least one.

    Raises BeyondLimits if it is too small for the codec.
    """
    video = info.video
    if preset.copies:
        return (_as_it_is(info),)
    frame_rate = capped_frame_rate(video, preset)
    filled = [target for target in preset.rungs if _scale(video, target) <= 1]
    own = _own_target(video, preset, filled)
    made = [_rung(video, target, frame_rate) for target in ([own] if own else []) + filled]
    return tuple(_as_chosen(rung, preset) for rung in _large_enough(made, preset))


def capped_frame_rate(video: VideoTrack, preset: Preset) -> Fraction:
    """Return the source's frame rate, or the preset's cap if that is lower; 0 if unknown."""
    return min(video.frame_rate, Fraction(preset.frame_rate_cap))


def _large_enough(rungs: Sequence[Rung], preset: Preset) -> list[Rung]:
    if not rungs:
        return []  # a preset for audio alone, whose codec is none of video
    codec = codecs.of(preset.codec)
    enough = [rung for rung in rungs if min(rung.width, rung.height) >= codec.smallest_side]
    if not enough:
        raise BeyondLimits(
            f"This video is too small for {codec.label}: {rungs[0].width}×{rungs[0].height}; "
            f"the minimum is {codec.smallest_side}×{codec.smallest_side}"
        )
    return enough


def _as_chosen(rung: Rung, preset: Preset) -> Rung:
    chosen = next((each for each in preset.chosen if each.rung == rung.name), None)
    return replace(rung, crf=chosen.crf, vmaf=chosen.vmaf) if chosen else rung


def _as_it_is(info: MediaInfo) -> Rung:
    """Return the rung of a copied source: its own size, frame rate and bit rate, without a CRF or level."""
    video = info.video
    return Rung(
        name=f"{video.short_side}p",
        width=video.display_width,
        height=video.display_height,
        frame_rate=video.frame_rate,
        crf=0,
        max_bitrate_bps=video.bitrate_bps or info.bitrate_bps,
        level="",
    )


def _scale(video: VideoTrack, target: RungTarget) -> Fraction:
    """Return the factor that scales the frame to fill the target's box."""
    long_side = max(video.display_width, video.display_height)
    return min(Fraction(target.long_side, long_side), Fraction(target.short_side, video.short_side))


def _own_target(video: VideoTrack, preset: Preset, filled: list[RungTarget]) -> RungTarget | None:
    """Return a target of the source's own size if it fills no box, or only much smaller ones."""
    if len(filled) == len(preset.rungs) or (filled and _scale(video, filled[0]) * Fraction(_WORTH_A_RUNG) > 1):
        return None
    above = preset.rungs[len(preset.rungs) - len(filled) - 1]
    height = _box_height(video)
    return RungTarget(
        name=f"{height}p",
        long_side=max(video.display_width, video.display_height),
        short_side=height,
        crf=above.crf,
        max_bitrate_bps=above.max_bitrate_bps * height // above.short_side,
    )


def _box_height(video: VideoTrack) -> int:
    """Return the height of the landscape 16:9 box that the frame fills: 1080 for 1920x800, and 900 for 720x1600.

    Named by its own short side, it could have the name of a smaller rung, which is named after its box.
    """
    return max(video.short_side, round(Fraction(max(video.display_width, video.display_height) * 9, 16)))


def _rung(video: VideoTrack, target: RungTarget, frame_rate: Fraction) -> Rung:
    scale = _scale(video, target)
    width, height = _even(video.display_width, scale), _even(video.display_height, scale)
    bitrate = _bitrate(target, frame_rate)
    return Rung(
        name=target.name,
        width=width,
        height=height,
        frame_rate=frame_rate,
        crf=target.crf,
        max_bitrate_bps=bitrate,
        level=h264_levels.lowest(
            width=width, height=height, frame_rate=float(frame_rate or _USUAL_FRAME_RATE), bitrate_bps=bitrate
        ).name,
    )


def _bitrate(target: RungTarget, frame_rate: Fraction) -> int:
    fast = frame_rate > _USUAL_FRAME_RATE * Fraction(11, 10)
    return max(100_000, int(target.max_bitrate_bps * (_FAST_BITRATE_FACTOR if fast else 1)))


def _even(side: int, scale: Fraction) -> int:
    """Return the nearest even number, as 4:2:0 needs, that does not exceed the source's side; at least 2."""
    return max(2, min(round(side * scale / 2) * 2, side // 2 * 2))
