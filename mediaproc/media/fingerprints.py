"""What a rendition is made by, as one word: of two that have the same one can stand for the other.

It is the SHA-256 of the source's identity and of the commands that would make this rendition alone, so whatever they
say differently makes another word. Names and threads are alike in all of them. So is the way through the ladder: a
rung has the size and the quality that it was asked for, whichever larger one it is scaled from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import ffmpeg

from mediaproc.media import ladder, segment_edges, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import encode
from mediaproc.media.edits import entry_options
from mediaproc.media.filters import burn_in, overlay
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location
from mediaproc.media.tracks import SelectedTrack

GENERATION = 1
"""Of what is done to FFmpeg's output before it is stored, to subtitles before they are burnt in, and to make an MP4 of
segments: where that changes what is stored, this number rises, and nothing made before is used again."""

_SOURCE = Source("source")
_NAME = "rendition"


@dataclass(frozen=True)
class Made:
    """What all renditions of an output have in common: the bytes (what storage calls them, and how many), and what
    FFmpeg says of itself."""

    etag: str
    size_bytes: int
    ffmpeg: str


def of_output(made: Made, info: MediaInfo, preset: Preset, chunks: Sequence[Chunk]) -> dict[str, str]:
    """The fingerprint of each rung and sound by its name. `info` is of the source once edited.

    Rungs whose CRF is still to be found for a VMAF have none.
    """
    known = preset.target_vmaf is None or bool(preset.chosen)
    rungs = ladder.rungs_for(info, preset) if known and chunks else ()
    pictures = {rung.name: _digest(made, _picture(info, preset, rung, chunks)) for rung in rungs}
    sounds = {kept.rendition: _digest(made, _sound(info, kept, preset)) for kept in tracks.sounds(info)}
    return pictures | sounds


def _picture(info: MediaInfo, preset: Preset, rung: Rung, chunks: Sequence[Chunk]) -> dict[str, Any]:
    """Of the commands the first and the last stand for those between, which differ in their times alone."""
    plain, mark = replace(rung, name=_NAME), preset.edits.watermark
    return {
        "commands": [
            encode.encode_arguments(info, source=_SOURCE, preset=preset, rungs=[plain], threads=1, chunk=chunk)
            for chunk in dict.fromkeys((chunks[0], chunks[-1]))
        ],
        "chunks": [(each.start_seconds, each.end_seconds, each.first_segment, each.segments) for each in chunks],
        "frame_rate": str(rung.frame_rate),  # the lag of B-frames goes by it
        "watermark": mark.image if mark else None,
        "burnt": _burnt(info, preset),
    }


def _burnt(info: MediaInfo, preset: Preset) -> list[str]:
    if not overlay.burns_in(info, preset.edits):
        return []
    return [burn_in.FONT, *burn_in.arguments(info, source=_SOURCE, edits=preset.edits)]


def _sound(info: MediaInfo, kept: SelectedTrack, preset: Preset) -> dict[str, Any]:
    opened = ffmpeg.input(location(_SOURCE), **input_options(_SOURCE), **entry_options(preset.edits))
    written = encode.sound_output(opened, info, replace(kept, rendition=_NAME), preset)
    return {
        "command": cast("list[str]", written.get_args()),
        "segments": segment_edges.keyframe_expression(preset.segment_seconds),  # they are cut where the pictures' are
    }


def _digest(made: Made, instructions: dict[str, Any]) -> str:
    whole = [GENERATION, made.etag, made.size_bytes, made.ffmpeg, instructions]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
