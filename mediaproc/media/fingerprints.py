"""Fingerprints: a digest of everything that makes a rendition, so that an equal one can be reused.

A fingerprint is the SHA-256 of the source's identity and of the commands that would make this rendition alone, so that
any difference in the commands changes it. Names and thread counts are the same in all of them, and so is the path
through the ladder: a rung has the size and quality that were asked for, whichever larger rung it is scaled from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mediaproc.media import ladder, segment_edges, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import audio, encode
from mediaproc.media.edits import entry_options
from mediaproc.media.filters import burn_in, graph, overlay
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location
from mediaproc.media.tracks import SelectedTrack

GENERATION = 3
"""Version of what happens to FFmpeg's output before it is stored, to subtitles before they are burnt in, and to the
MP4 made of segments. Raise it when a change there changes what is stored: nothing made before is then reused."""

_SOURCE = Source("source")
_NAME = "rendition"


@dataclass(frozen=True)
class Inputs:
    """Inputs of all renditions of an output: the source's ETag and size in bytes, and FFmpeg's version line."""

    etag: str
    size_bytes: int
    ffmpeg: str


def of_output(inputs: Inputs, info: MediaInfo, preset: Preset, chunks: Sequence[Chunk]) -> dict[str, str]:
    """Return the fingerprint of each rung and audio rendition by its name. `info` describes the edited source.

    Rungs whose CRF is still to be found for a VMAF have none.
    """
    known = preset.target_vmaf is None or bool(preset.chosen)
    rungs = ladder.rungs_for(info, preset) if known and chunks else ()
    videos = {rung.name: _digest(inputs, _video(info, preset, rung, chunks)) for rung in rungs}
    audios = {track.rendition: _digest(inputs, _audio(info, track, preset)) for track in tracks.selected_audio(info)}
    return videos | audios


def _video(info: MediaInfo, preset: Preset, rung: Rung, chunks: Sequence[Chunk]) -> dict[str, Any]:
    """Return the instructions for one rung. The commands between the first and the last differ only in their times."""
    plain, mark = replace(rung, name=_NAME), preset.edits.watermark
    return {
        "commands": [
            encode.encode_arguments(info, source=_SOURCE, preset=preset, rungs=[plain], threads=1, chunk=chunk)
            for chunk in dict.fromkeys((chunks[0], chunks[-1]))
        ],
        "chunks": [(each.start_seconds, each.end_seconds, each.first_segment, each.segments) for each in chunks],
        "frame_rate": str(rung.frame_rate),  # it determines the lag of B-frames
        "watermark": mark.image if mark else None,
        "burnt": _burnt(info, preset),
    }


def _burnt(info: MediaInfo, preset: Preset) -> list[str]:
    if not overlay.burns_in(info, preset.edits):
        return []
    return [burn_in.FONT, *burn_in.arguments(info, source=_SOURCE, edits=preset.edits)]


def _audio(info: MediaInfo, track: SelectedTrack, preset: Preset) -> dict[str, Any]:
    opened = graph.open_input(location(_SOURCE), **input_options(_SOURCE), **entry_options(preset.edits))
    return {
        "command": audio.output(opened, info, replace(track, rendition=_NAME), preset).get_args(),
        "segments": segment_edges.keyframe_expression(preset.segment_seconds),  # audio is cut where the video is
    }


def _digest(inputs: Inputs, instructions: dict[str, Any]) -> str:
    whole = [GENERATION, inputs.etag, inputs.size_bytes, inputs.ffmpeg, instructions]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
