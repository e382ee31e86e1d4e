"""Subtitles command: extracts text tracks in their own formats (see `webvtt` for what becomes of them)."""

from __future__ import annotations

from typing import Any

from mediaproc.media import layout, tracks
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.filters import graph
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location
from mediaproc.media.tracks import SelectedTrack
from mediaproc.media.webvtt import extracted

_MUXERS = {"srt": "srt", "vtt": "webvtt", "ass": "ass"}

_COPIED = frozenset({"subrip", "text", "webvtt", "ass", "ssa"})
"""Codecs whose packets are text. FFmpeg's decoders would drop text that is not UTF-8, and cue settings and voices."""

_OUTPUT: dict[str, Any] = {
    "map_metadata": -1,
    "avoid_negative_ts": "disabled",  # else a cue that begins before the video would move all that follow
    "fs": extracted.MAX_EXTRACTED_BYTES,  # a longer track is cut off here, and then not served
}


def arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Return a command that writes every selected text track. There must be at least one.

    It is a process of its own, so that a broken text track, the most frequent fault of files, costs no video or audio.
    Tracks are written from the beginning, since a trimmed video may begin within a cue.
    """
    end = {} if preset.edits.end_seconds is None else {"t": f"{preset.edits.end_seconds:.3f}"}
    # Decoders leave text in its encoding.
    opened = graph.open_input(location(source), **input_options(source), **end, sub_charenc_mode="ignore")
    outputs = [
        graph.output(opened[str(track.index)], file_name(info, track), **_options(codec_of(info, track)))
        for track in tracks.selected_subtitles(info)
    ]
    return [
        *GLOBAL_ARGUMENTS,
        *("-max_error_rate", "1"),  # a track of which no cue can be decoded is left out; other tracks must go on
        *PROGRESS_ARGUMENTS,
        *graph.arguments(outputs),
    ]


def file_name(info: MediaInfo, track: SelectedTrack) -> str:
    """Return the name of the file in which a track is extracted, in the workspace."""
    return layout.file(track.rendition, extracted.suffix(codec_of(info, track)))


def codec_of(info: MediaInfo, track: SelectedTrack) -> str:
    """Return the codec of a track in the source."""
    return next(each.codec for each in info.text if each.index == track.index)


def _options(codec: str) -> dict[str, Any]:
    suffix = extracted.suffix(codec)
    return {"c:s": "copy" if codec in _COPIED else suffix, "format": _MUXERS[suffix], **_OUTPUT}
