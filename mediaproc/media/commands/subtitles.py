"""Subtitles command: writes text tracks as WebVTT, and cleans FFmpeg's output for serving."""

from __future__ import annotations

import re
from typing import Any

from mediaproc.media import layout, tracks
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.edits import entry_options
from mediaproc.media.filters import graph
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location

MAX_BYTES = 4 * 1024**2
"""Longest text track that is served: the length of the whole Bible."""

_HEADER = "WEBVTT"
_CLOCK = "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0"
"""Maps the text's clock to that of the segments (RFC 8216, 3.5)."""

_TIMING = re.compile(r"(?:\d+:)?\d\d:\d\d\.\d{3} --> (?:(\d+):)?(\d\d):(\d\d\.\d{3})")
_NEGATIVE_START = re.compile(r"^[\d:.]*-[\d:.-]* --> (?=[\d:.]+$)")
"""How FFmpeg writes the start of a cue that began before the video does."""

_OUTPUT: dict[str, Any] = {
    "c:s": "webvtt",
    "format": "webvtt",
    "map_metadata": -1,
    "avoid_negative_ts": "disabled",  # else a cue that began before a trimmed video would move all that follow
    "fs": MAX_BYTES,  # a longer track is cut off here, and then not served
}


def arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Return a command that writes every selected text track. There must be at least one.

    It is a process of its own, so that a broken text track, the most frequent fault of files, costs no video or audio.
    """
    opened = graph.open_input(location(source), **input_options(source), **entry_options(preset.edits))
    outputs = [
        graph.output(opened[str(track.index)], layout.text(track.rendition), **_OUTPUT)
        for track in tracks.selected_subtitles(info)
    ]
    return [
        *GLOBAL_ARGUMENTS,
        *("-max_error_rate", "1"),  # with an unknown character set every cue is an error; other tracks must go on
        *PROGRESS_ARGUMENTS,
        *graph.arguments(outputs),
    ]


def served_vtt(written: bytes) -> str | None:
    """Return the WebVTT to serve from what FFmpeg wrote; None if it has no text or reaches `MAX_BYTES`."""
    head, *lines = written.decode(errors="replace").split("\n")
    body = [_line(line) for line in lines]
    has_text = any(line.strip() and not _TIMING.fullmatch(line) for line in body)
    if len(written) >= MAX_BYTES or head != _HEADER or not has_text:
        return None
    return "\n".join([head, _CLOCK, *body]).rstrip("\n") + "\n"


def _line(line: str) -> str:
    """Return a line with a start of 0 or later, and no arrow in its text, which would end the cue (WebVTT, 6.1)."""
    line = _NEGATIVE_START.sub("00:00.000 --> ", line)
    return line if _TIMING.fullmatch(line) else line.replace("-->", "--&gt;")


def end_seconds(text: str) -> float:
    """Return when the last cue of a WebVTT ends, in seconds."""
    ends = [(int(hours or 0), int(minutes), float(rest)) for hours, minutes, rest in _TIMING.findall(text)]
    return max((hours * 3600 + minutes * 60 + rest for hours, minutes, rest in ends), default=0.0)
