"""Subtitles that become a part of the picture: which track, how FFmpeg is asked for it, and what is drawn of it.

They are drawn with one font, which comes with Mediaproc: chunks are encoded on many hosts, with whatever fonts those
have, and no seam may be seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

import ffmpeg

from mediaproc.media import layout, tracks
from mediaproc.media.commands.encode import GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.commands.subtitles import MAX_BYTES
from mediaproc.media.edits import Edits, entry_options
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location

FONT = "Noto Sans"

_SIZE = 20
"""Of text that has no style of its own, where a picture is 288 high: a line of it takes a fifteenth of the height."""

_STYLED = frozenset({"ass", "ssa"})
_SECTIONS = frozenset({"[script info]", "[v4+ styles]", "[v4 styles]", "[events]"})
"""What is drawn from. Fonts and pictures within a script are left out: both come from strangers."""

_STYLE = re.compile(r"^(Style:[^,]*,)[^,]*,([^,]*)")
_FONT_TAG = re.compile(r"\\fn[^\\}]*")

NOTHING = "[Script Info]\nScriptType: v4.00+\n"
"""A script that draws nothing."""


def arguments(info: MediaInfo, *, source: Source, edits: Edits) -> list[str]:
    """Write the one text track that is burnt in, as a script for libass, in the times of what is kept."""
    opened = ffmpeg.input(location(source), **input_options(source), **entry_options(edits))
    (kept,) = tracks.texts(info)
    written = ffmpeg.output(opened[str(kept.index)], layout.BURNT, **_OUTPUT)
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *cast("list[str]", written.get_args())]


def drawn(script: str, info: MediaInfo) -> str:
    """What is drawn of a script that FFmpeg wrote: its texts and styles, all in one font."""
    styled = info.text[0].codec in _STYLED
    size = None if styled else _size(info)
    return "\n".join(_line(line, size) for line in _known(script.splitlines())) + "\n"


def _known(lines: Iterable[str]) -> Iterator[str]:
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
    """As large on an upright picture as on one that lies: by its smaller side."""
    width, height = info.video.display_width, info.video.display_height
    return _SIZE if width >= height else max(6, round(_SIZE * width / height))


_OUTPUT: dict[str, Any] = {
    "c:s": "ass",
    "format": "ass",
    "map_metadata": -1,
    "avoid_negative_ts": "disabled",  # else what began before a trimmed video would move all that follows
    "fs": MAX_BYTES,
}
