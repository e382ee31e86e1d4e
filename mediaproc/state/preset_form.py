"""The form of a preset: what its fields show of a recipe, and the recipe that they ask for.

Nothing is checked here: what may be asked, and what is said otherwise, stands in `media/recipes.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mediaproc.media.preset_request import Recipe

SIDES = ("left", "top", "right", "bottom")
_ALL = 100
"""Crops and watermarks are typed in percent."""


@dataclass(frozen=True)
class SizeRow:
    """The fields of one size, bits in kilobits a second; `key` tells rows apart while they come and go."""

    key: str
    height: str = ""
    crf: str = ""
    max_bitrate: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Filled:
    """What the other fields show, each as text. Sound is in kilobits a second, a crop in percent."""

    title: str = ""
    description: str = ""
    codec: str = "h264"
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


def sizes_for(heights: Sequence[int]) -> list[SizeRow]:
    """Rows for a preset that is new."""
    return [SizeRow(key=str(place), height=str(height)) for place, height in enumerate(heights)]


def sizes_of(recipe: Mapping[str, Any]) -> list[SizeRow]:
    """Rows for a recipe as it is kept."""
    return [
        SizeRow(
            key=str(place),
            height=str(rung["height"]),
            crf=_text(rung.get("crf")),
            max_bitrate=_kilobits(rung.get("max_bitrate_bps")),
        )
        for place, rung in enumerate(recipe["rungs"])
    ]


def filled_of(recipe: Mapping[str, Any]) -> Filled:
    """The fields for a recipe as it is kept."""
    audio, trim, crop = recipe["audio"], recipe["trim"], recipe["crop"]
    return Filled(
        title=recipe["title"],
        description=recipe["description"],
        codec=recipe["codec"],
        frame_rate_cap=str(recipe["frame_rate_cap"]),
        target_vmaf=_text(recipe.get("target_vmaf")),
        subtitles=recipe.get("subtitles", Filled.subtitles),
        bit_depth=str(recipe.get("bit_depth", Filled.bit_depth)),
        bitrate=_kilobits(audio["bitrate_bps"]),
        channels=str(audio["channels"]),
        mute=recipe["mute"],
        start=_text(trim["start_seconds"] or None),
        end=_text(trim["end_seconds"]),
        rotate=str(recipe["rotate"]),
        subtitle_language=recipe.get("subtitle_language") or "",
        **_filled_mark(recipe.get("watermark")),
        **{side: _text(round(crop[side] * _ALL, 4) or None) for side in SIDES},
    )


def asked(form: Mapping[str, Any], rows: Sequence[SizeRow]) -> dict[str, Any]:
    """The recipe that the fields ask for. What has no field here is not in it, and so stays what it was."""
    typed = defaultdict(str, {name: str(value).strip() for name, value in form.items()})
    crop = {side: _times(typed[side], 1 / _ALL) for side in SIDES}
    trim = {"start_seconds": _number(typed["start"]), "end_seconds": _number(typed["end"])}
    audio = {"bitrate_bps": _times(typed["bitrate"], 1000), "channels": _number(typed["channels"])}
    return {
        "title": typed["title"],
        "description": typed["description"],
        "codec": typed["codec"],
        "bit_depth": _number(typed["bit_depth"] or Filled.bit_depth),
        "rungs": [_rung(typed, row.key) for row in rows],
        "target_vmaf": _number(typed["target_vmaf"]) if typed["target_vmaf"] else None,
        "subtitles": typed["subtitles"] or Filled.subtitles,
        "frame_rate_cap": _number(typed["frame_rate_cap"] or Filled.frame_rate_cap),
        "audio": _said(audio),
        "mute": "mute" in form,
        "trim": _said(trim),
        "crop": _said(crop),
        "rotate": _number(typed["rotate"]),
        "subtitle_language": typed["subtitle_language"] or None,
        "watermark": _mark(typed) if typed["watermark"] else None,
    }


def _filled_mark(mark: Mapping[str, Any] | None) -> dict[str, str]:
    if mark is None:
        return {}
    percents = {f"mark_{name}": _text(round(mark[name] * _ALL, 4)) for name in ("size", "opacity")}
    return {"watermark": mark["image"], "mark_corner": mark["corner"], **percents}


def _mark(typed: Mapping[str, str]) -> dict[str, Any]:
    percents = {name: _times(typed[f"mark_{name}"], 1 / _ALL) for name in ("size", "opacity")}
    return _said({"image": typed["watermark"], "corner": typed["mark_corner"], **percents})


def beside(errors: Sequence[Mapping[str, str]], rows: Sequence[SizeRow]) -> tuple[dict[str, str], list[SizeRow]]:
    """What is wrong, each sentence beside its field: those of the whole are said where the sizes are."""
    of_rows: dict[int, str] = {}
    others: dict[str, str] = {}
    for error in errors:
        head, _, rest = error["field"].partition(".")
        place = rest.partition(".")[0]
        if head == "rungs" and place.isdigit():
            of_rows.setdefault(int(place), error["message"])
        else:
            others.setdefault(head if head in Recipe.model_fields and head != "rungs" else "sizes", error["message"])
    return others, [replace(row, trouble=of_rows.get(place, "")) for place, row in enumerate(rows)]


def _rung(typed: Mapping[str, str], key: str) -> dict[str, Any]:
    return _said(
        {
            "height": _number(typed[f"height-{key}"]),
            "crf": _number(typed[f"crf-{key}"]),
            "max_bitrate_bps": _times(typed[f"max_bitrate-{key}"], 1000),
        }
    )


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left empty: that has its default."""
    return {name: value for name, value in fields.items() if value != ""}


def _number(text: str) -> Any:
    """A number as it was typed, or the text itself, to be refused with a sentence."""
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text.replace(",", "."))
    except ValueError:
        return text


def _times(text: str, factor: float) -> Any:
    value = _number(text)
    return value if isinstance(value, str) else round(value * factor, 6)


def _kilobits(bits: float | None) -> str:
    """To the last bit, so that what is shown and saved again is what it was."""
    return "" if bits is None else f"{bits / 1000:.10g}"


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
