"""Formatting: durations, bitrates, resolutions and frame rates as text.

Sizes, percentages, speeds and times left also appear in the upload tray, which formats them without a server; their
rules are in `components/format.js`.
"""

from __future__ import annotations


def clock(seconds: float | None) -> str:
    """`9:56` or `1:02:03`; empty if unknown."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def elapsed(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 20 s` or `2 h 5 min`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def bitrate(bits_per_second: float) -> str:
    """`4.2 Mbit/s` or `128 kbit/s`."""
    if bits_per_second >= 999_500:
        return f"{bits_per_second / 1e6:.1f} Mbit/s"
    return f"{bits_per_second / 1000:.0f} kbit/s"


def frame_rate(frames_per_second: float) -> str:
    """`25 fps` or `29.97 fps`."""
    return f"{frames_per_second:.4g} fps"


def resolution(height: int | None, *, width: int | None = None) -> str:
    """`1080p`, by the shorter side, so that a portrait video has the same name; empty if unknown."""
    if not height:
        return ""
    return f"{min(height, width or height)}p"


def time_range(start_seconds: float, end_seconds: float | None) -> str:
    """`from 0:05 to 0:10`, without an end that is open."""
    begin = f"from {clock(start_seconds)}" if start_seconds else ""
    end = "" if end_seconds is None else f"to {clock(end_seconds)}"
    return f"{begin} {end}".strip()
