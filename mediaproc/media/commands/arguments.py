"""Arguments that FFmpeg commands share, and a command as a line for a shell.

Every command is a list of arguments without the program's name, to be run in the workspace (see `layout`).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from mediaproc.media.sources import Source, location

GLOBAL_ARGUMENTS = (
    "-hide_banner",  # the log's tail is for errors
    *("-loglevel", "warning"),
    "-nostdin",  # a stray key press ends FFmpeg
    "-y",  # the workspace is its own
)

PROGRESS_ARGUMENTS = (
    *("-progress", "pipe:1"),
    *("-stats_period", "0.2"),  # seconds; longer than any delay on the way to the page: five reports a second
    "-nostats",
)

OWN_DEMUXERS = ("mov,mp4,m4a,3gp,3g2,mj2",)
"""The only demuxer for files that were encoded here."""

CMAF = "cmaf+delay_moov"
"""`movflags` of fragments that HLS, DASH and the MP4 share. The header waits for packets, which say what is in it."""

FRAGMENTED_OUTPUT: dict[str, Any] = {
    "format": "mp4",
    "flush_packets": 1,  # a segment is in the file as soon as it is closed
    "map_metadata": -1,  # the place of recording is private
    "map_chapters": -1,
}
"""Options of every file that is cut into segments while it grows."""


def filter_threads(threads: int) -> tuple[str, ...]:
    """Return arguments that limit filters to this many threads; FFmpeg's default is all cores of the host."""
    return ("-filter_threads", str(threads), "-filter_complex_threads", str(threads))


def shell_line(arguments: Sequence[str], *, source: Source, program: str = "ffmpeg") -> str:
    """Return a command for pasting into a shell. A presigned URL appears as "$SOURCE": it is secret and expires."""
    secret = location(source) if source.remote else None
    return " ".join([program, *('"$SOURCE"' if word == secret else shlex.quote(word) for word in arguments)])
