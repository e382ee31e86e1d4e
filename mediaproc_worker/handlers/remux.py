"""Remux: the instant rung, which is the source's own video cut into segments, and the audio of all renditions."""

from __future__ import annotations

from mediaproc.media import hls, layout, tracks
from mediaproc.media.commands import remux
from mediaproc.media.commands.arguments import shell_line
from mediaproc.operations.jobs import execution as jobs
from mediaproc_worker import renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.encode_part import run_part
from mediaproc_worker.segment_uploader import Outbox


def copy_video(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `remux`: its output is playable within a second, at any length."""
    info, source = context.info, context.source
    arguments = remux.copy_arguments(info, source=source, preset=context.preset)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    with renditions.upload_pool() as pool:
        video, cuts = renditions.copied_outbox(context, pool, name=layout.INSTANT)
        outboxes = [video, *renditions.audio_outboxes(context, pool, tracks.selected_audio(info), beside=cuts)]
        made = run_part(context, outboxes, arguments, threads=1, seconds=info.duration_seconds, show=_show)
    for outbox in made:
        _finish(context, outbox)


def _show(context: AttemptContext) -> bool:
    return context.write(jobs.mark_playable)


def _finish(context: AttemptContext, outbox: Outbox) -> None:
    """Record that it is complete, before the rungs are: players may seek anywhere."""
    assert outbox.rendition_id is not None
    context.write(
        jobs.finish_rendition,
        outbox.rendition_id,
        bitrate_bps=hls.average_bitrate_bps(outbox.pieces),
        peak_bitrate_bps=hls.peak_bitrate_bps(outbox.pieces),
    )
