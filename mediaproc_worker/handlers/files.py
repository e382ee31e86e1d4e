"""Presets that make files alone, in one piece: their work is short, or can't be cut (loudness is that of the whole)."""

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
from mediaproc.media.presets import Loop, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.progress import Estimate, parse_blocks
from mediaproc.media.sources import Source
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.objects import put_large_file
from mediaproc_worker import ffmpeg as ffmpeg_module
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.poster import Poster
from mediaproc_worker.segment_uploader import Outbox
from mediaproc_worker.source import source_of

_MEASURED = 30.0
"""Percent when the loudness is known: measuring decodes everything but encodes nothing."""


@dataclass(frozen=True)
class File:
    """A file in the workspace, and the row that it gets."""

    row: jobs.NewRendition
    suffix: str
    content_type: str


def make_files(context: AttemptContext) -> None:
    """Make every file of a preset that has no ladder. Raises NoAudioTrack where it asks for a sound that is none."""
    preset, info, source = ffmpeg_module.preset_of(context), ffmpeg_module.info_of(context), source_of(context)
    with ffmpeg_module.senders() as pool:
        if preset.loop is None and audio.main_track(info) is None:
            raise NoAudioTrack
        poster = Poster.begin(context, pool, info, source) if info.video.shown else None
        if preset.loop is not None:
            _make_loop(context, info, source, preset.loop)
        else:
            _make_audio_files(
                context,
                info,
                source,
                preset,
                ffmpeg_module.audio_outboxes(context, pool, tracks.selected_audio(info)[:1], preset),
            )
        if poster is not None:
            poster.look(wait=True)


# Sound ------------------------------------------------------------------------------------------------------


def _make_audio_files(
    context: AttemptContext, info: MediaInfo, source: Source, preset: Preset, outboxes: list[Outbox]
) -> None:
    """The sound as HLS, as the file of the same bits, and as the other files."""
    measured = _measured(context, info, source, preset)
    arguments = audio.file_arguments(info, source=source, preset=preset, measured=measured)
    base = jobs.PLANNED if measured is None else _MEASURED
    _run(context, arguments, source=source, seconds=info.duration_seconds, base=base, outboxes=outboxes)
    (sound,) = ffmpeg_module.all_arrived(outboxes) or [None]
    if sound is None or sound.rendition_id is None:
        raise NoAudioTrack(Detail.AUDIO_TRACK_EMPTY)
    ffmpeg_module.run(context, download.m4a_arguments())
    seconds = sum(duration for _, duration in sound.pieces)
    _finish(context, sound.rendition_id, File(sound.row, "m4a", "audio/mp4"), sound.pieces)
    for each in preset.audio_files:
        row = jobs.NewRendition(name=each.name, kind=RenditionKind.AUDIO, codec=each.codec, codecs="", init_key="")
        _keep(context, File(row, each.suffix, each.content_type), seconds=seconds)
    ffmpeg_module.set_length(context, seconds)


def _measured(context: AttemptContext, info: MediaInfo, source: Source, preset: Preset) -> Loudness | None:
    """How loud the sound is, where the preset wants it at a certain loudness."""
    target = preset.audio.loudness_lufs
    if target is None:
        return None
    arguments = audio.loudness_arguments(info, source=source, preset=preset)
    context.log("Measuring the loudness")
    ffmpeg_module.run(context, arguments)
    measured = loudness.parse((context.workspace / layout.LOUDNESS).read_text())
    heard = f"{measured.integrated:.1f} LUFS" if measured.audible else "silent"
    context.log(f"The sound is {heard}; wanted are {target:.0f} LUFS")
    return measured


# Loops ------------------------------------------------------------------------------------------------------


def _make_loop(context: AttemptContext, info: MediaInfo, source: Source, loop: Loop) -> None:
    threads = settings().threads_per_encode
    arguments = loop_commands.arguments(info, source=source, loop=loop, threads=threads)
    seconds = min(loop.seconds, info.duration_seconds or loop.seconds)
    _run(context, arguments, source=source, seconds=seconds, base=jobs.PLANNED, threads=threads)
    for each in loop.files:
        width, height = loop_commands.size_of(info, each)
        row = jobs.NewRendition(
            name=each.name, codec=each.codec, codecs="", init_key="", width=width, height=height,
            frame_rate=float(each.frame_rate),
        )  # fmt: skip
        _keep(context, File(row, each.suffix, each.content_type), seconds=seconds)


# Both -------------------------------------------------------------------------------------------------------


def _run(
    context: AttemptContext,
    arguments: list[str],
    *,
    source: Source,
    seconds: float,
    base: float,
    threads: int = 1,
    outboxes: Sequence[Outbox] = (),
) -> None:
    """Run FFmpeg, telling progress, and ship what can be played while it is written."""
    context.write(jobs.note, command=shell_line(arguments, source=source))
    estimate, shown = Estimate(seconds), not outboxes
    with ffmpeg_module.ffmpeg(context, arguments, threads=threads) as ffmpeg:
        for block in parse_blocks(ffmpeg.lines()):
            estimate.update(block)
            ffmpeg_module.report(context, estimate, block, base=base, end=jobs.ENCODED)
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


def _keep(context: AttemptContext, file: File, *, seconds: float) -> None:
    """Give a file its row, then send it."""
    size_bytes = (context.workspace / layout.file(file.row.name, file.suffix)).stat().st_size
    rendition_id = context.write(jobs.add_rendition, file.row)
    _finish(context, rendition_id, file, [(size_bytes, seconds)])


def _finish(context: AttemptContext, rendition_id: UUID, file: File, pieces: list[tuple[int, float]]) -> None:
    """Send a file and say that its rendition is whole."""
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
