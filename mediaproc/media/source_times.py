"""Source times: the length of a source, when its video begins, and its exact rate, from ffprobe's JSON.

The origin of a source is the start of its first track; every time in Mediaproc counts from there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

_SURE_SECONDS = 0.5
"""Containers round, and count an encoder's padding: a smaller difference says nothing."""

_COARSE_TICK = Fraction(1, 5000)
"""Seconds. The millisecond clocks of Matroska, WebM and FLV are coarser."""

_STEPS_OF_COARSE_CLOCK = 8
"""Steps of a frame's grid: wider than a millisecond up to 60 fps, so that an even rate becomes exact, and so narrow
that no two frames of an uneven one fall together."""

_FASTEST_ON_COARSE_CLOCK = 62
_STANDARD_RATES = frozenset(Fraction(rate) * each for rate in range(1, 241) for each in (1, Fraction(1000, 1001)))


def duration_seconds(about: Mapping[str, Any], streams: Sequence[Mapping[str, Any]], *, longest: float) -> float:
    """Return the length of video and audio together; 0 if the container does not say.

    A subtitle may end long after both, or, broken, in centuries: where there is one the tracks themselves count. What
    is beyond `longest` then says nothing.
    """
    whole = _whole_duration(about)
    ends = [_end_seconds(about, each) for each in streams if each.get("codec_type") in {"video", "audio"}]
    known = [end for end in ends if end > 0]
    if not any(each.get("codec_type") == "subtitle" for each in streams):
        return round(whole or max(known, default=0.0), 6)
    believed = 0 < whole <= (max(known, default=0.0) + _SURE_SECONDS if len(known) == len(ends) else longest)
    return round(whole if believed else max(known, default=0.0), 6)


def start_seconds(video: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> float:
    """Return when the video begins, from the origin: the start of the first of all tracks. 0 if unknown."""
    starts = [_known_number(each.get("start_time")) for each in (video, *others)]
    known = [start for start in starts if start is not None]
    return round(max(0.0, starts[0] - min(known)), 6) if starts[0] is not None else 0.0


def exact_rate(average: Fraction, nominal: Fraction) -> Fraction:
    """Return the standard rate that a rate is meant to be, such as 24000/1001 for 23.98; itself if there is none."""
    rate = average or nominal
    if nominal in _STANDARD_RATES and abs(rate - nominal) <= nominal / 200:
        return nominal
    nearest = min(_STANDARD_RATES, key=lambda each: abs(each - rate))
    return nearest if abs(nearest - rate) <= nearest / 2000 else rate


def steps_per_frame(rate: Fraction, time_base: Fraction) -> int:
    """Return the steps of the grid that frames on a coarse clock are moved to; 0 if the clock holds the rate exactly.

    `time_base` is the clock's tick in seconds.
    """
    if not rate or rate > _FASTEST_ON_COARSE_CLOCK or time_base < _COARSE_TICK or rate not in _STANDARD_RATES:
        return 0
    return 0 if (1 / rate / time_base).denominator == 1 else _STEPS_OF_COARSE_CLOCK


def even_rate(runs: Sequence[tuple[int, float]], rate: Fraction) -> Fraction | None:
    """Return the constant rate that frames nearly have, given as runs of (count, seconds of each); None if uneven.

    `rate` is what the container says. No frame is further than a third of a frame from where a constant rate has it.
    """
    count = sum(count for count, _ in runs) - 1
    total = sum(count * seconds for count, seconds in runs) - (runs[-1][1] if runs else 0.0)
    if count < 1 or total <= 0:
        return None
    measured = Fraction(count / total).limit_denominator(10_000)
    return next((each for each in (exact_rate(rate, rate), measured) if _keeps(runs, float(1 / each))), None)


def _keeps(runs: Sequence[tuple[int, float]], frame_seconds: float) -> bool:
    early = late = at = 0.0
    for count, seconds in runs[:-1]:
        at += count * (seconds - frame_seconds)
        early, late = min(early, at), max(late, at)
    return late - early <= frame_seconds / 3


def _whole_duration(about: Mapping[str, Any]) -> float:
    """Matroska tells when its last frame ends, not how long it plays: what was cut from a stream begins late."""
    return max(0.0, _number(about.get("duration")) - _matroska_start(about))


def _matroska_start(about: Mapping[str, Any]) -> float:
    late = str(about.get("format_name", "")).startswith("matroska")
    return max(0.0, _number(about.get("start_time"))) if late else 0.0


def _end_seconds(about: Mapping[str, Any], stream: Mapping[str, Any]) -> float:
    """Return when a track ends, by its own length or, in Matroska, by the tag that muxers write; 0 if unknown."""
    length = _number(stream.get("duration"))
    if length > 0:
        return length + max(0.0, _number(stream.get("start_time")) - _number(about.get("start_time")))
    tags: Mapping[str, Any] = stream.get("tags") or {}
    said = next((str(value) for name, value in tags.items() if name.upper().startswith("DURATION")), "")
    return max(0.0, _clock_seconds(said) - _matroska_start(about))


def _clock_seconds(text: str) -> float:
    """Return the seconds of a tag such as 00:00:08.040000000; 0 if it is none."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def _number(value: Any) -> float:
    return _known_number(value) or 0.0


def _known_number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
