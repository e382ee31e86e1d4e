"""Speakers: where the channels of unusual layouts are heard in stereo or 5.1.

FFmpeg's resampler mixes the layouts of discs and broadcasts. It fails on ambisonic audio, on more than eight channels
without a layout, and on layouts of its own making such as FL+LFE, and it drops what is above the listener's head. For
those the `pan` filter gets a matrix from here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

_STANDARD = {
    "3.1.2": "FL+FR+FC+LFE+TFL+TFR",
    "5.1.2": "FL+FR+FC+LFE+SL+SR+TFL+TFR",
    "5.1.2(back)": "FL+FR+FC+LFE+BL+BR+TFL+TFR",
    "5.1.4": "FL+FR+FC+LFE+SL+SR+TFL+TFR+TBL+TBR",
    "7.1.2": "FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR",
    "7.1.4": "FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR+TBL+TBR",
    "7.2.3": "FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR+TBC+LFE2",
    "9.1.4": "FL+FR+FC+LFE+BL+BR+FLC+FRC+SL+SR+TFL+TFR+TBL+TBR",
    "9.1.6": "FL+FR+FC+LFE+BL+BR+FLC+FRC+SL+SR+TFL+TFR+TBL+TBR+TSL+TSR",
    "22.2": "FL+FR+FC+LFE+BL+BR+FLC+FRC+BC+SL+SR+TC+TFL+TFC+TFR+TBL+TBC+TBR+LFE2+TSL+TSR+BFC+BFL+BFR",
    "cube": "FL+FR+BL+BR+TFL+TFR+TBL+TBR",
    "hexadecagonal": "FL+FR+FC+BL+BR+BC+SL+SR+TFL+TFC+TFR+TBL+TBC+TBR+WL+WR",
    "binaural": "BIL+BIR",
}
"""FFmpeg's layouts with speakers that its resampler does not mix."""

_CUSTOM = re.compile(r"\d+ channels \(([^)]+)\)")
_AMBISONIC = re.compile(r"ambisonic (\d+)(?:\+(.*))?")
_MOST_KNOWN = 8
"""Channels up to which FFmpeg guesses the layout of a source that gives none."""

_HALF_POWER = round(math.sqrt(0.5), 3)
_WHOLE = 0.999
"""With gains of exactly 1 alone `pan` only moves channels, in a way that fails for these layouts."""

_FULL = {"FL", "FR", "BIL", "BIR", "DL", "DR"}

_Matrix = dict[str, list[tuple[float, int]]]
"""For each speaker of the target: gains, and the channel of the source that each is of."""


def needs_placing(channels: int, layout: str) -> bool:
    """True if FFmpeg can't mix this layout by itself, or drops some of its channels."""
    if channels < 2:
        return False
    if not layout:
        return channels > _MOST_KNOWN
    return (
        layout in _STANDARD
        or bool(_CUSTOM.match(layout) or _AMBISONIC.match(layout))
        or layout == f"{channels} channels"
    )


def pan_of(channels: int, layout: str, target: str) -> str:
    """Return the argument of `pan` that mixes a layout to `target`, `stereo` or `5.1`."""
    names = _names(layout)
    ambisonic = _AMBISONIC.match(layout)
    if ambisonic is not None:
        order = int(ambisonic[1])
        matrix = _ambisonic(first_other=(order + 1) ** 2, channels=channels)
    elif len(names) == channels:
        matrix = _placed(names, target)
    else:
        matrix = _everywhere(channels)
    sums = (
        f"{speaker}={'+'.join(f'{gain:g}*c{channel}' for gain, channel in each)}" for speaker, each in matrix.items()
    )
    return "|".join([target, *sums])


def _names(layout: str) -> Sequence[str]:
    custom = _CUSTOM.match(layout)
    listed = custom[1] if custom else _STANDARD.get(layout, "")
    return listed.split("+") if listed else ()


def _placed(names: Sequence[str], target: str) -> _Matrix:
    """Return each channel on the speakers that are nearest. Bass is dropped in stereo, unless there is nothing else."""
    only_bass = all(name.startswith("LFE") for name in names)
    matrix: _Matrix = {}
    for channel, name in enumerate(names):
        gains = _BOTH if only_bass else _surround(name) if target == "5.1" else _stereo(name)
        for speaker, gain in gains.items():
            matrix.setdefault(speaker, []).append((gain, channel))
    return matrix


_BOTH = {"FL": _HALF_POWER, "FR": _HALF_POWER}


def _side(name: str) -> str:
    """Return `L`, `R`, or `C` for a channel in the middle. Left and right of the centre are on a side too."""
    return name[1] if name in {"FLC", "FRC"} else name[-1]


def _stereo(name: str) -> Mapping[str, float]:
    if name.startswith("LFE"):
        return {}
    gain, side = _WHOLE if name in _FULL else _HALF_POWER, _side(name)
    return {f"F{side}": gain} if side in {"L", "R"} else _BOTH


def _surround(name: str) -> Mapping[str, float]:
    if name.startswith("LFE"):
        return {"LFE": _WHOLE}
    side, behind = _side(name), name.startswith(("B", "S", "TB", "TS")) and not name.startswith(("BF", "BI"))
    gain = _WHOLE if name in _FULL | {"FC", "BL", "BR", "SL", "SR"} else _HALF_POWER
    if side in {"L", "R"}:
        return {f"{'B' if behind else 'F'}{side}": gain}
    return {"BL": 0.5, "BR": 0.5} if behind else {"FC": gain}


def _ambisonic(*, first_other: int, channels: int) -> _Matrix:
    """Return two cardioid microphones to the left and right (channels W and Y of ACN, SN3D), and what is not spherical.

    Two more channels are stereo that does not turn with the head.
    """
    left, right = [(_HALF_POWER, 0), (_HALF_POWER, 1)], [(_HALF_POWER, 0), (-_HALF_POWER, 1)]
    others = range(first_other, channels)
    for place, channel in enumerate(others):
        if len(others) != 2 or place == 0:
            left.append((_WHOLE, channel))
        if len(others) != 2 or place == 1:
            right.append((_WHOLE, channel))
    return {"FL": left, "FR": right}


def _everywhere(channels: int) -> _Matrix:
    """Return all channels on both sides: without a layout, they are likely separate microphones."""
    gain = round(1 / math.sqrt(channels), 3)
    return {speaker: [(gain, channel) for channel in range(channels)] for speaker in ("FL", "FR")}
