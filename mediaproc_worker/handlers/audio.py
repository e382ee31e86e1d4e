"""Audio: the audio tracks of a video, encoded in one piece each so that there are no audible seams."""

from __future__ import annotations

from mediaproc.media import tracks
from mediaproc.media.commands import audio
from mediaproc.media.commands.arguments import shell_line
from mediaproc.operations.jobs import execution as jobs
from mediaproc_worker import renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.encode_part import mark_playable_when_all_began, run_part


def encode_audio(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `audio`."""
    info, source = context.info, context.source
    arguments = audio.arguments(info, source=source, preset=context.preset)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    with renditions.upload_pool() as pool:
        outboxes = renditions.audio_outboxes(context, pool, tracks.selected_audio(info))
        run_part(
            context, outboxes, arguments, threads=1, seconds=info.duration_seconds, show=mark_playable_when_all_began
        )
