"""Preset form: converts a stored preset request to form fields, and a submitted form to a preset request.

Nothing is validated here; the rules and their messages are in `media/preset_request.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mediaproc.media import codecs
from mediaproc.media.preset_request import Recipe

SIDES = ("left", "top", "right", "bottom")
_PERCENT = 100
"""Crops and watermarks are entered in percent, and stored as fractions."""


@dataclass(frozen=True)
class SizeRow:
    """Fields of one rung; bitrates in kbit/s. `key` identifies the row while others are added and removed."""

    key: str
    height: str = ""
    crf: str = ""
    max_bitrate: str = ""
    error: str = ""


@dataclass(frozen=True)
class FormValues:
    """Values of all other fields as text. Audio bitrate in kbit/s, crop in percent."""

    title: str = ""
    description: str = ""
    codec: str = codecs.DEFAULT.name
    target_vmaf: str = ""
    frame_rate_cap: str = "60"
    subtitles: str = "sidecar"
    bit_depth: str = "8"
    bitrate: str = ""
    channels: str = "2"
    mute: bool = False
    start: str = ""
    end: str = ""
    left: str = ""
    top: str = ""
    right: str = ""
    bottom: str = ""
    rotate: str = "0"
    subtitle_language: str = ""
    watermark: str = ""
    mark_corner: str = "bottom-right"
    mark_size: str = "15"
    mark_opacity: str = "100"


def rows_for(heights: Sequence[int]) -> list[SizeRow]:
    """Rows of a new preset."""
    return [SizeRow(key=str(place), height=str(height)) for place, height in enumerate(heights)]


def rows_of(request: Mapping[str, Any]) -> list[SizeRow]:
    """Rows of a stored preset request."""
    return [
        SizeRow(
            key=str(place),
            height=str(rung["height"]),
            crf=_text(rung.get("crf")),
            max_bitrate=_kilobits(rung.get("max_bitrate_bps")),
        )
        for place, rung in enumerate(request["rungs"])
    ]


def values_of(request: Mapping[str, Any]) -> FormValues:
    """Field values of a stored preset request."""
    audio, trim, crop = request["audio"], request["trim"], request["crop"]
    return FormValues(
        title=request["title"],
        description=request["description"],
        codec=request["codec"],
        frame_rate_cap=str(request["frame_rate_cap"]),
        target_vmaf=_text(request.get("target_vmaf")),
        subtitles=request.get("subtitles", FormValues.subtitles),
        bit_depth=str(request.get("bit_depth", FormValues.bit_depth)),
        bitrate=_kilobits(audio["bitrate_bps"]),
        channels=str(audio["channels"]),
        mute=request["mute"],
        start=_text(trim["start_seconds"] or None),
        end=_text(trim["end_seconds"]),
        rotate=str(request["rotate"]),
        subtitle_language=request.get("subtitle_language") or "",
        **_watermark_values(request.get("watermark")),
        **{side: _text(round(crop[side] * _PERCENT, 4) or None) for side in SIDES},
    )


def request_of(form: Mapping[str, Any], rows: Sequence[SizeRow]) -> dict[str, Any]:
    """The preset request of a submitted form. Settings without a field are left out, and so keep their values."""
    typed = defaultdict(str, {name: str(value).strip() for name, value in form.items()})
    crop = {side: _times(typed[side], 1 / _PERCENT) for side in SIDES}
    trim = {"start_seconds": _number(typed["start"]), "end_seconds": _number(typed["end"])}
    audio = {"bitrate_bps": _times(typed["bitrate"], 1000), "channels": _number(typed["channels"])}
    return {
        "title": typed["title"],
        "description": typed["description"],
        "codec": typed["codec"],
        "bit_depth": _number(typed["bit_depth"] or FormValues.bit_depth),
        "rungs": [_rung(typed, row.key) for row in rows],
        "target_vmaf": _number(typed["target_vmaf"]) if typed["target_vmaf"] else None,
        "subtitles": typed["subtitles"] or FormValues.subtitles,
        "frame_rate_cap": _number(typed["frame_rate_cap"] or FormValues.frame_rate_cap),
        "audio": _without_empty(audio),
        "mute": "mute" in form,
        "trim": _without_empty(trim),
        "crop": _without_empty(crop),
        "rotate": _number(typed["rotate"]),
        "subtitle_language": typed["subtitle_language"] or None,
        "watermark": _watermark(typed) if typed["watermark"] else None,
    }


def _watermark_values(mark: Mapping[str, Any] | None) -> dict[str, str]:
    if mark is None:
        return {}
    percents = {f"mark_{name}": _text(round(mark[name] * _PERCENT, 4)) for name in ("size", "opacity")}
    return {"watermark": mark["image"], "mark_corner": mark["corner"], **percents}


def _watermark(typed: Mapping[str, str]) -> dict[str, Any]:
    percents = {name: _times(typed[f"mark_{name}"], 1 / _PERCENT) for name in ("size", "opacity")}
    return _without_empty({"image": typed["watermark"], "corner": typed["mark_corner"], **percents})


def by_field(errors: Sequence[Mapping[str, str]], rows: Sequence[SizeRow]) -> tuple[dict[str, str], list[SizeRow]]:
    """Validation errors by form field, and the rows with theirs. Errors of no field appear with the sizes."""
    of_rows: dict[int, str] = {}
    others: dict[str, str] = {}
    for error in errors:
        head, _, rest = error["field"].partition(".")
        place = rest.partition(".")[0]
        if head == "rungs" and place.isdigit():
            of_rows.setdefault(int(place), error["message"])
        else:
            others.setdefault(head if head in Recipe.model_fields and head != "rungs" else "sizes", error["message"])
    return others, [replace(row, error=of_rows.get(place, "")) for place, row in enumerate(rows)]


def _rung(typed: Mapping[str, str], key: str) -> dict[str, Any]:
    return _without_empty(
        {
            "height": _number(typed[f"height-{key}"]),
            "crf": _number(typed[f"crf-{key}"]),
            "max_bitrate_bps": _times(typed[f"max_bitrate-{key}"], 1000),
        }
    )


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that were left empty: they have defaults."""
    return {name: value for name, value in fields.items() if value != ""}


def _number(text: str) -> Any:
    """The number that was entered, or the text itself, for validation to reject."""
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text.replace(",", "."))
    except ValueError:
        return text


def _times(text: str, factor: float) -> Any:
    value = _number(text)
    return value if isinstance(value, str) else round(value * factor, 6)


def _kilobits(bits: float | None) -> str:
    """Exact, so that saving an unchanged form changes nothing."""
    return "" if bits is None else f"{bits / 1000:.10g}"


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
