"""The parts of a video that was shared out: a chunk of its pictures, its sound, its poster."""

from __future__ import annotations

from mediaproc.domain.states import JobKind
from mediaproc.media import command, ladder, plan
from mediaproc.media.plan import Chunk
from mediaproc.media.presets import Preset
from mediaproc.media.progress import Estimate, parse_blocks
from mediaproc.operations import jobs
from mediaproc.settings import settings
from mediaproc_worker import making
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.posting import Poster
from mediaproc_worker.reading import source_of
from mediaproc_worker.shipping import Outbox


def encode_chunk(context: AttemptContext) -> None:
    """Encode one chunk in every rung; each segment is in S3 as soon as it is closed."""
    preset, info, source = making.preset_of(context), making.info_of(context), source_of(context)
    rungs, chunk = ladder.rungs_for(info, preset), _chunk(context, preset)
    threads = settings().threads_per_encode
    arguments = command.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=threads, chunk=chunk)
    context.write(jobs.note, command=command.shell_line(arguments, source=source))
    with making.senders() as pool:
        outboxes = making.rung_outboxes(context, pool, rungs, preset, chunk=chunk)
        _run(context, outboxes, arguments, threads=threads, seconds=chunk.length_seconds, first=chunk.number == 0)


def encode_sound(context: AttemptContext) -> None:
    """Encode the sound of the whole video, so that no seam can be heard."""
    preset, info, source = making.preset_of(context), making.info_of(context), source_of(context)
    arguments = command.sound_arguments(info, source=source, preset=preset)
    context.write(jobs.note, command=command.shell_line(arguments, source=source))
    with making.senders() as pool:
        outboxes = making.sound_outboxes(context, pool, info, preset)
        _run(context, outboxes, arguments, threads=1, seconds=info.duration_seconds, first=True)


def take_poster(context: AttemptContext) -> None:
    """Take the poster."""
    with making.senders() as pool:
        Poster.begin(context, pool, making.info_of(context), source_of(context)).look(wait=True)


def _run(
    context: AttemptContext, outboxes: list[Outbox], arguments: list[str], *, threads: int, seconds: float, first: bool
) -> None:
    """Run FFmpeg and ship what it writes. The `first` chunk and the sound make the video playable, together."""
    estimate, shown = Estimate(seconds), not first
    with making.ffmpeg(context, arguments, threads=threads) as ffmpeg:
        for block in parse_blocks(ffmpeg.lines()):
            estimate.update(block)
            making.report(context, estimate, block, base=0.0, end=100.0)
            for outbox in outboxes:
                outbox.look()
            shown = shown or _show(context, outboxes)
    for outbox in outboxes:
        outbox.finish()
    making.all_arrived(outboxes)
    if not shown:
        _show(context, outboxes)


def _show(context: AttemptContext, outboxes: list[Outbox]) -> bool:
    """Once every rendition of this part has begun: let the video be played, if those of the others have too."""
    if not outboxes or not all(outbox.started for outbox in outboxes):
        return False
    info = making.info_of(context)
    renditions = len(ladder.rungs_for(info, making.preset_of(context))) + bool(command.main_audio(info))
    if context.write(jobs.mark_playable, renditions=renditions):
        context.log("Playable")
    return True


def _chunk(context: AttemptContext, preset: Preset) -> Chunk:
    job = context.claim.job
    assert job.parent_id and job.chunk is not None and job.start_seconds is not None and job.length_seconds
    with context.transaction() as session:
        chunks = [each for each in jobs.of_job(session, job.parent_id) if each.kind is JobKind.ENCODE]
    return plan.chunk_of(
        job.chunk,
        start_seconds=job.start_seconds,
        length_seconds=job.length_seconds,
        last=job.chunk == len(chunks) - 1,
        segment_seconds=preset.segment_seconds,
    )
