"""Burnt-in subtitles: the command that extracts the chosen track, and the script that libass draws.

They are drawn with one font, which comes with Mediaproc: chunks are encoded on many hosts with different fonts, and no
seam may be visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from mediaproc.media import layout, tracks
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.edits import Edits, entry_options
from mediaproc.media.filters import graph
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location
from mediaproc.media.webvtt import encodings
from mediaproc.media.webvtt.extracted import MAX_EXTRACTED_BYTES

FONT = "Noto Sans"

_SIZE = 20
"""Font size of unstyled text on libass's default canvas, 288 high: a line takes a fifteenth of the height."""

_STYLED = frozenset({"ass", "ssa"})
_SECTIONS = frozenset({"[script info]", "[v4+ styles]", "[v4 styles]", "[events]"})
"""Sections that are drawn. Embedded fonts and images are left out: both come from strangers."""

_STYLE = re.compile(r"^(Style:[^,]*,)[^,]*,([^,]*)")
_FONT_TAG = re.compile(r"\\fn[^\\}]*")

EMPTY_SCRIPT = b"[Script Info]\nScriptType: v4.00+\n"
"""A script that draws nothing."""


def arguments(info: MediaInfo, *, source: Source, edits: Edits) -> list[str]:
    """Return a command that writes the burnt-in track as a script for libass, in the times of the edited video."""
    options = {**input_options(source), **entry_options(edits), "sub_charenc_mode": "ignore"}  # see `cleaned_script`
    opened = graph.open_input(location(source), **options)
    (track,) = tracks.selected_subtitles(info)
    written = graph.output(opened[str(track.index)], layout.BURNT, **_OUTPUT)
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *written.get_args()]


def cleaned_script(written: bytes, info: MediaInfo) -> str:
    """Return the script to draw from what FFmpeg wrote in the track's own encoding: texts and styles, in one font."""
    script, _ = encodings.decoded(written, language=info.text[0].language)
    styled = info.text[0].codec in _STYLED
    size = None if styled else _size(info)
    return "\n".join(_line(line, size) for line in _drawn_sections(script.splitlines())) + "\n"


def _drawn_sections(lines: Iterable[str]) -> Iterator[str]:
    wanted = False
    for line in lines:
        if line.startswith("["):
            wanted = line.strip().lower() in _SECTIONS
        if wanted:
            yield line


def _line(line: str, size: int | None) -> str:
    if line.startswith("Style:"):
        return _STYLE.sub(lambda found: f"{found[1]}{FONT},{found[2] if size is None else size}", line)
    return _FONT_TAG.sub("", line) if line.startswith("Dialogue:") else line


def _size(info: MediaInfo) -> int:
    """Return a size that is as large on portrait video as on landscape: it follows the smaller side."""
    width, height = info.video.display_width, info.video.display_height
    return _SIZE if width >= height else max(6, round(_SIZE * width / height))


_OUTPUT: dict[str, Any] = {
    "c:s": "ass",
    "format": "ass",
    "map_metadata": -1,
    "avoid_negative_ts": "disabled",  # else a cue that began before a trimmed video would move all that follow
    "fs": MAX_EXTRACTED_BYTES,
}
