"""The parts of a video that was shared out: a chunk of its pictures, its sound, its poster."""

from __future__ import annotations

from mediaproc.domain.states import JobKind
from mediaproc.domain.tables import Job
from mediaproc.media import ladder, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import audio, encode
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc_worker import ffmpeg, overlays
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.encode_part import run_part
from mediaproc_worker.poster import Poster
from mediaproc_worker.source import source_of


def encode_chunk(context: AttemptContext) -> None:
    """Encode one chunk in every rung that is not there already; each segment is in S3 as soon as it is closed."""
    preset, info, source = ffmpeg.preset_of(context), ffmpeg.info_of(context), source_of(context)
    rungs, chunk = _rungs(context, info, preset), _chunk(context, preset)
    threads = settings().threads_per_encode
    arguments = encode.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=threads, chunk=chunk)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    overlays.fetch(context, info, preset)
    with ffmpeg.senders() as pool:
        outboxes = ffmpeg.rung_outboxes(context, pool, rungs, preset, chunk=chunk)
        show = _show if chunk.number == 0 and not _instant(context) else None
        run_part(context, outboxes, arguments, threads=threads, seconds=chunk.length_seconds, show=show)


def encode_audio(context: AttemptContext) -> None:
    """Encode the sound of the whole video, so that no seam can be heard."""
    preset, info, source = ffmpeg.preset_of(context), ffmpeg.info_of(context), source_of(context)
    arguments = audio.arguments(info, source=source, preset=preset)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    with ffmpeg.senders() as pool:
        outboxes = ffmpeg.audio_outboxes(context, pool, tracks.selected_audio(info), preset)
        run_part(context, outboxes, arguments, threads=1, seconds=info.duration_seconds, show=_show)


def take_poster(context: AttemptContext) -> None:
    """Take the poster."""
    overlays.fetch_mark(context, ffmpeg.preset_of(context))
    with ffmpeg.senders() as pool:
        Poster.begin(context, pool, ffmpeg.info_of(context), source_of(context)).look(wait=True)


def _show(context: AttemptContext) -> bool:
    """Let the video be played if the renditions of the other parts have begun too."""
    info = ffmpeg.info_of(context)
    renditions = len(ladder.rungs_for(info, ffmpeg.preset_of(context))) + len(tracks.selected_audio(info))
    return context.write(jobs.mark_playable, renditions=renditions)


def _rungs(context: AttemptContext, info: MediaInfo, preset: Preset) -> list[Rung]:
    with context.transaction() as session:
        before = jobs.reused_names(session, context.claim.job)
    return [rung for rung in ladder.rungs_for(info, preset) if rung.name not in before]


def _chunk(context: AttemptContext, preset: Preset) -> Chunk:
    number = context.claim.job.chunk
    assert number is not None
    return jobs.chunks_of(_siblings(context), segment_seconds=preset.segment_seconds)[number]


def _instant(context: AttemptContext) -> bool:
    """Return whether the source's own video is played until the rungs are complete."""
    return any(each.kind is JobKind.REMUX for each in _siblings(context))


def _siblings(context: AttemptContext) -> list[Job]:
    """The parts of the same output, this one among them."""
    claim = context.claim
    assert claim.job.parent_id is not None
    with context.transaction() as session:
        return jobs.parts_of_output(session, claim.job.parent_id, claim.output)
