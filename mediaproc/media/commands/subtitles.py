"""Text tracks as WebVTT: how FFmpeg is asked for them, and what of its answer is served."""

from __future__ import annotations

import re
from typing import Any, cast

import ffmpeg

from mediaproc.media import layout, tracks
from mediaproc.media.commands.encode import GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.edits import entry_options
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location

MAX_BYTES = 4 * 1024**2
"""Longest text track that is served: the whole Bible has as much."""

_HEADER = "WEBVTT"
_CLOCK = "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0"
"""The text's clock is that of the segments (RFC 8216, 3.5)."""

_TIMING = re.compile(r"(?:\d+:)?\d\d:\d\d\.\d{3} --> (?:(\d+):)?(\d\d):(\d\d\.\d{3})")
_BEFORE = re.compile(r"^[\d:.]*-[\d:.-]* --> (?=[\d:.]+$)")
"""How FFmpeg writes the start of a text that began before the video does."""

_OUTPUT: dict[str, Any] = {
    "c:s": "webvtt",
    "format": "webvtt",
    "map_metadata": -1,
    "avoid_negative_ts": "disabled",  # else what began before a trimmed video would move all that follows
    "fs": MAX_BYTES,  # what grows on is cut off there, and left out for that
}


def arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Write every text track that is kept. There is at least one.

    A process of its own, since text is what files most often have wrong: it costs no picture and no sound.
    """
    opened = ffmpeg.input(location(source), **input_options(source), **entry_options(preset.edits))
    outputs = [
        ffmpeg.output(opened[str(kept.index)], layout.text(kept.rendition), **_OUTPUT) for kept in tracks.texts(info)
    ]
    return [
        *GLOBAL_ARGUMENTS,
        *("-max_error_rate", "1"),  # in another character set every cue is an error, and none of the other tracks'
        *PROGRESS_ARGUMENTS,
        *cast("list[str]", ffmpeg.merge_outputs(*outputs).get_args()),
    ]


def served(written: bytes) -> str | None:
    """What is served of a track that FFmpeg wrote; None if it has no text, or more than anybody could read."""
    head, *lines = written.decode(errors="replace").split("\n")
    body = [_line(line) for line in lines]
    said = any(line.strip() and not _TIMING.fullmatch(line) for line in body)
    if len(written) >= MAX_BYTES or head != _HEADER or not said:
        return None
    return "\n".join([head, _CLOCK, *body]).rstrip("\n") + "\n"


def _line(line: str) -> str:
    """An arrow within a text would end it there, and lose what follows (WebVTT, 6.1); a text begins at 0 or later."""
    line = _BEFORE.sub("00:00.000 --> ", line)
    return line if _TIMING.fullmatch(line) else line.replace("-->", "--&gt;")


def end_seconds(text: str) -> float:
    """When the last text goes away."""
    ends = [(int(hours or 0), int(minutes), float(rest)) for hours, minutes, rest in _TIMING.findall(text)]
    return max((hours * 3600 + minutes * 60 + rest for hours, minutes, rest in ends), default=0.0)
