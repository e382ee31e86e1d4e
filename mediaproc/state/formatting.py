"""Formatting: sizes, durations, bitrates and resolutions as text."""

from __future__ import annotations

_SIZES = ("B", "kB", "MB", "GB", "TB")


def size(size_bytes: float) -> str:
    """`12.4 MB`: three figures at most, decimal units."""
    power = 0
    while size_bytes >= 999.5 and power < len(_SIZES) - 1:
        size_bytes /= 1000
        power += 1
    figures = 0 if power < 2 or size_bytes >= 99.95 else 1
    return f"{size_bytes:.{figures}f} {_SIZES[power]}"


def clock(seconds: float | None) -> str:
    """`9:56` or `1:02:03`; empty when unknown."""
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


def time_left(eta_seconds: float | None) -> str:
    """`3 min left`; coarser the farther away, so that it does not jump."""
    if eta_seconds is None:
        return ""
    if eta_seconds < 5:
        return "almost done"
    if eta_seconds < 55:
        return f"{5 * round(eta_seconds / 5)} s left"
    if eta_seconds < 3570:
        return f"{max(1, round(eta_seconds / 60))} min left"
    return f"{round(eta_seconds / 360) / 10:g} h left"


def bitrate(bitrate_bps: float) -> str:
    """`4.2 Mbit/s` or `128 kbit/s`."""
    if bitrate_bps >= 999_500:
        return f"{bitrate_bps / 1e6:.1f} Mbit/s"
    return f"{bitrate_bps / 1000:.0f} kbit/s"


def resolution(pixels: int | None, *, width: int | None = None) -> str:
    """`1080p`, by the shorter side, as people name pictures; empty when unknown."""
    if not pixels:
        return ""
    return f"{min(pixels, width or pixels)}p"


def time_range(start_seconds: float, end_seconds: float | None) -> str:
    """`from 0:05 to 0:10`: what is kept of a video."""
    begin = f"from {clock(start_seconds)}" if start_seconds else ""
    end = "" if end_seconds is None else f"to {clock(end_seconds)}"
    return f"{begin} {end}".strip()
