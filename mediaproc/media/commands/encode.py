"""Encode command: decodes the source once and writes every rung of the ladder, each argument with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediaproc.media import clocks, codecs, layout, segment_edges
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import audio
from mediaproc.media.commands.arguments import (
    CMAF,
    FRAGMENTED_OUTPUT,
    GLOBAL_ARGUMENTS,
    PROGRESS_ARGUMENTS,
    filter_threads,
)
from mediaproc.media.edits import entry_options
from mediaproc.media.filters import graph, scale
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo, VideoTrack
from mediaproc.media.sources import Source, location


def encode_arguments(
    info: MediaInfo,
    *,
    source: Source,
    preset: Preset,
    rungs: Sequence[Rung],
    threads: int,
    chunk: Chunk | None = None,
) -> list[str]:
    """Return a command that writes every rung, and beside them each audio track once, as CMAF (see `mp4.segmenter`).

    For a `chunk` it writes only the rungs: the audio of all chunks is encoded in one go, so that no seam is heard.
    """
    options = scale.decode_options(info, source)
    opened = graph.open_input(location(source), threads=threads, **options, **_entry(info, chunk, preset))
    scaled = scale.cascade(opened[str(info.video.index)], info, preset, rungs, chunk)
    outputs = [
        graph.output(
            video,
            layout.whole(rung.name),
            **_output_options(rung, info.video, preset, threads, from_start=not (chunk and chunk.number)),
        )
        for video, rung in zip(scaled, rungs, strict=True)
    ]
    if chunk is None:
        outputs += audio.outputs(opened, info, preset)
    else:
        outputs += clocks.companions(opened, info, used=[info.video.index])
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *filter_threads(threads), *graph.arguments(outputs)]


def _entry(info: MediaInfo, chunk: Chunk | None, preset: Preset) -> dict[str, Any]:
    """Return input options that enter the source at the keyframe before the chunk, keeping the source's times."""
    # A trimmed source, or one whose clock restarts, is never cut into chunks.
    if chunk is None or preset.edits.trimmed or clocks.restarts(info):
        return dict(entry_options(preset.edits))
    return {
        "copyts": None,
        "start_at_zero": None,  # as without `copyts`, time begins with the source
        "noaccurate_seek": None,  # frames before the chunk are dropped by the same rule as those behind it
        **({"ss": f"{chunk.start_seconds:g}"} if chunk.start_seconds else {}),
    }


def _output_options(rung: Rung, video: VideoTrack, preset: Preset, threads: int, *, from_start: bool) -> dict[str, Any]:
    return {
        **_encoder_options(rung, video, preset, threads, from_start=from_start),
        "fps_mode": "vfr",  # each frame keeps its time; none is duplicated
        "enc_time_base": "filter",  # in the source's own clock, so that no time is rounded
        # A chunk's decode times run on from its frames' own times, so every chunk of a rung has the same init
        # segment and they can follow each other; the edit list takes off the delay of B-frames.
        "avoid_negative_ts": "disabled",
        # A fragment at each keyframe, and beside it how long it is shown (see `mp4.segmenter`).
        "movflags": f"{CMAF}+frag_keyframe+frag_discont+dash",
        **FRAGMENTED_OUTPUT,
    }


def reorders(video: VideoTrack, preset: Preset) -> bool:
    """Return whether the encoder writes frames in another order than they are shown (B-frames).

    Of a variable rate it does not: durations in an MP4 follow the order of decoding, and would stand with other frames.
    """
    return codecs.of(preset.codec).reorders and not video.variable_frame_rate


def _encoder_options(
    rung: Rung, video: VideoTrack, preset: Preset, threads: int, *, from_start: bool
) -> dict[str, Any]:
    """Return options that make segments begin by the clock and follow each other without a seam.

    `from_start`: the first frame is the video's, not that of a later chunk.
    """
    start = video.start_seconds if from_start else 0.0
    edges = segment_edges.keyframe_expression(preset.segment_seconds, from_start=from_start, start_seconds=start)
    codec = codecs.of(preset.codec)
    return {
        "c:v": preset.encoder,
        "preset:v": preset.encoder_preset,
        "threads": threads,  # those of the slot; all encoders of the ladder share them
        "crf": rung.crf,  # constant quality…
        "maxrate": rung.max_bitrate_bps,  # …under a ceiling that a player can plan with
        "bufsize": 2 * rung.max_bitrate_bps,  # averaged over two seconds
        # Keyframes by the clock alone: the same in all rungs, in all chunks and at any frame rate. GOPs are closed,
        # so each is a segment of its own.
        "force_key_frames": f"expr:{edges}",
        "g": 100 * preset.segment_seconds * preset.frame_rate_cap,  # nor after so many frames
        # HDR is kept without what Dolby Vision says of each frame of the source: that holds for its own bits alone.
        **({"dolbyvision": 0} if preset.bit_depth == 10 else {}),
        **codec.encoder_options(rung, preset, threads),
        **({"bf": 0} if codec.reorders and not reorders(video, preset) else {}),  # no B-frames
    }
