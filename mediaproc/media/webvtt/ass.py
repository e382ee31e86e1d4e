"""ASS scripts as FFmpeg writes them: their events as cues (libass, `ass.c`, for the format)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mediaproc.media.webvtt import markup
from mediaproc.media.webvtt.cues import Cue
from mediaproc.media.webvtt.markup import Style

_EVENT = re.compile(r"Dialogue:\s*(.*)")
_FIELDS = 10
"""Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text: the order in which FFmpeg writes events."""

_TIME = re.compile(r"(-?)(\d+):(\d+):(\d+(?:\.\d+)?)")


def parse(script: str, *, literal_braces: bool = False) -> list[Cue]:
    """Return the events of a script; comments are none. `literal_braces`: see `markup.of_ass`."""
    lines = script.splitlines()
    styles = _styles(lines)
    events = (found[1].split(",", _FIELDS - 1) for line in lines if (found := _EVENT.match(line)))
    cues = (_cue(event, styles, literal_braces) for event in events if len(event) == _FIELDS)
    return [cue for cue in cues if cue is not None]


def _cue(event: list[str], styles: Mapping[str, Style], literal_braces: bool) -> Cue | None:
    start, end = _seconds(event[1]), _seconds(event[2])
    if start is None or end is None:
        return None
    style = styles.get(event[3].strip().lstrip("*"), Style())
    text, settings = markup.of_ass(event[9], style, literal_braces=literal_braces)
    return Cue(start, end, text, settings)


def _styles(lines: list[str]) -> dict[str, Style]:
    """Return the italics and the alignment of each style; bold is the look of a font more often than a stress."""
    fields: list[str] = []
    found: dict[str, Style] = {}
    for line in lines:
        name, _, values = line.partition(":")
        if name.strip() == "Format" and not found:
            fields = [each.strip().lower() for each in values.split(",")]
        elif name.strip() == "Style":
            row = dict(zip(fields, (each.strip() for each in values.split(",")), strict=False))
            found[row.get("name", "")] = _style(row)
    return found


def _style(row: Mapping[str, str]) -> Style:
    alignment = row.get("alignment", "")
    return Style(italic=row.get("italic") in {"-1", "1"}, alignment=int(alignment) if alignment.isdecimal() else 2)


def _seconds(stamp: str) -> float | None:
    found = _TIME.fullmatch(stamp.strip())
    if found is None:
        return None
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 + float(found[4])
    return -seconds if found[1] else seconds
