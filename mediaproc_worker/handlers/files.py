"""Files: the output of presets without a ladder. Made in one piece, since it is short or needs the whole (loudness)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mediaproc.domain.errors import Detail, NoAudioTrack
from mediaproc.domain.states import RenditionKind, Stage
from mediaproc.media import hls, layout, loudness, tracks
from mediaproc.media.commands import audio, download
from mediaproc.media.commands import loop as loop_commands
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.loudness import Loudness
from mediaproc.media.presets import Loop
from mediaproc.media.progress import Estimate, parse_blocks
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.objects import put_large_file
from mediaproc_worker import ffmpeg, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.poster import Poster
from mediaproc_worker.segment_uploader import Outbox

_MEASURED = 30.0
"""Progress in percent once the loudness is measured."""


@dataclass(frozen=True)
class File:
    """A file in the workspace, and the row that it gets."""

    row: jobs.NewRendition
    suffix: str
    content_type: str


def make_files(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `files`. Raises NoAudioTrack if an audio preset gets a silent source."""
    preset, info = context.preset, context.info
    with renditions.upload_pool() as pool:
        if preset.loop is None and audio.main_track(info) is None:
            raise NoAudioTrack
        poster = Poster.begin(context, pool) if info.video.shown else None
        if preset.loop is not None:
            _make_loop(context, preset.loop)
        else:
            _make_audio_files(context, renditions.audio_outboxes(context, pool, tracks.selected_audio(info)[:1]))
        if poster is not None:
            poster.look(wait=True)


# Audio ------------------------------------------------------------------------------------------------------


def _make_audio_files(context: AttemptContext, outboxes: list[Outbox]) -> None:
    """Make the audio as HLS, as an M4A of the same packets, and as the preset's other files."""
    info, preset, measured = context.info, context.preset, _measured(context)
    arguments = audio.file_arguments(info, source=context.source, preset=preset, measured=measured)
    base = jobs.PLANNED if measured is None else _MEASURED
    _run(context, arguments, seconds=info.duration_seconds, base=base, outboxes=outboxes)
    (made,) = renditions.all_arrived(outboxes) or [None]
    if made is None or made.rendition_id is None:
        raise NoAudioTrack(Detail.AUDIO_TRACK_EMPTY)
    ffmpeg.run(context, download.m4a_arguments())
    seconds = sum(duration for _, duration in made.pieces)
    _finish(context, made.rendition_id, File(made.row, "m4a", "audio/mp4"), made.pieces)
    for each in preset.audio_files:
        row = jobs.NewRendition(name=each.name, kind=RenditionKind.AUDIO, codec=each.codec, codecs="", init_key="")
        _store(context, File(row, each.suffix, each.content_type), seconds=seconds)
    renditions.set_length(context, seconds)


def _measured(context: AttemptContext) -> Loudness | None:
    """Measure the loudness if the preset normalizes it; otherwise return None."""
    target = context.preset.audio.loudness_lufs
    if target is None:
        return None
    arguments = audio.loudness_arguments(context.info, source=context.source, preset=context.preset)
    context.log("Measuring the loudness")
    ffmpeg.run(context, arguments)
    measured = loudness.parse((context.workspace / layout.LOUDNESS).read_text())
    level = f"{measured.integrated:.1f} LUFS" if measured.audible else "silent"
    context.log(f"Loudness: {level}; target: {target:.0f} LUFS")
    return measured


# Loops ------------------------------------------------------------------------------------------------------


def _make_loop(context: AttemptContext, loop: Loop) -> None:
    info, threads = context.info, settings().threads_per_encode
    arguments = loop_commands.arguments(info, source=context.source, loop=loop, threads=threads)
    seconds = min(loop.seconds, info.duration_seconds or loop.seconds)
    _run(context, arguments, seconds=seconds, base=jobs.PLANNED, threads=threads)
    for each in loop.files:
        width, height = loop_commands.size_of(info, each)
        row = jobs.NewRendition(
            name=each.name, codec=each.codec, codecs="", init_key="", width=width, height=height,
            frame_rate=float(each.frame_rate),
        )  # fmt: skip
        _store(context, File(row, each.suffix, each.content_type), seconds=seconds)


# Both -------------------------------------------------------------------------------------------------------


def _run(
    context: AttemptContext,
    arguments: list[str],
    *,
    seconds: float,
    base: float,
    threads: int = 1,
    outboxes: Sequence[Outbox] = (),
) -> None:
    """Run FFmpeg, report its progress, and upload segments while they are written."""
    context.write(jobs.note, command=shell_line(arguments, source=context.source))
    estimate, shown = Estimate(seconds), not outboxes
    with ffmpeg.running(context, arguments, threads=threads) as process:
        for block in parse_blocks(process.lines()):
            estimate.update(block)
            ffmpeg.report(context, estimate, block, base=base, end=jobs.ENCODED)
            for outbox in outboxes:
                outbox.look()
            shown = shown or _show(context, outboxes)
    for outbox in outboxes:
        outbox.finish()


def _show(context: AttemptContext, outboxes: Sequence[Outbox]) -> bool:
    if not all(outbox.started for outbox in outboxes):
        return False
    context.write(jobs.mark_playable)
    return True


def _store(context: AttemptContext, file: File, *, seconds: float) -> None:
    """Record a rendition that is one file, and upload it."""
    size_bytes = (context.workspace / layout.file(file.row.name, file.suffix)).stat().st_size
    rendition_id = context.write(jobs.add_rendition, file.row)
    _finish(context, rendition_id, file, [(size_bytes, seconds)])


def _finish(context: AttemptContext, rendition_id: UUID, file: File, pieces: list[tuple[int, float]]) -> None:
    """Upload a file and record that its rendition is complete."""
    context.report(Stage.PACKAGE, jobs.ENCODED)
    path = context.workspace / layout.file(file.row.name, file.suffix)
    key = keys.file(context.claim.video_id, context.claim.output, file.row.name, file.suffix)
    size_bytes = put_large_file(path, key, content_type=file.content_type, check=context.check)
    path.unlink()
    context.write(
        jobs.finish_rendition,
        rendition_id,
        mp4_key=key,
        mp4_size_bytes=size_bytes,
        bitrate_bps=hls.average_bitrate_bps(pieces),
        peak_bitrate_bps=hls.peak_bitrate_bps(pieces),
    )
