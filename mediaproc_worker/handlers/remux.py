"""The instant rung: the source's own picture as segments, not encoded, and the sound of all renditions beside it."""

from __future__ import annotations

from mediaproc.media import hls, layout, tracks
from mediaproc.media.commands import remux
from mediaproc.media.commands.arguments import shell_line
from mediaproc.operations.jobs import execution as jobs
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.encode_part import run_part
from mediaproc_worker.segment_uploader import Outbox
from mediaproc_worker.source import source_of


def copy_video(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `remux`: what it writes is playable at once, at any length."""
    preset, info, source = ffmpeg.preset_of(context), ffmpeg.info_of(context), source_of(context)
    arguments = remux.copy_arguments(info, source=source, preset=preset)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    with ffmpeg.senders() as pool:
        picture, cuts = ffmpeg.copied_outbox(context, pool, info, preset, name=layout.INSTANT)
        sounds = tracks.selected_audio(info)
        outboxes = [picture, *ffmpeg.audio_outboxes(context, pool, sounds, preset, beside=cuts)]
        made = run_part(context, outboxes, arguments, threads=1, seconds=info.duration_seconds, show=_show)
    for outbox in made:
        _finish(context, outbox)


def _show(context: AttemptContext) -> bool:
    return context.write(jobs.mark_playable)


def _finish(context: AttemptContext, outbox: Outbox) -> None:
    """It grows no more, whatever the rungs do: players may jump anywhere."""
    assert outbox.rendition_id is not None
    context.write(
        jobs.finish_rendition,
        outbox.rendition_id,
        bitrate_bps=hls.average_bitrate_bps(outbox.pieces),
        peak_bitrate_bps=hls.peak_bitrate_bps(outbox.pieces),
    )
