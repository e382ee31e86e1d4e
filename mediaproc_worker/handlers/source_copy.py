"""Keep a source as it is: its picture into segments, playable at once, and then into one MP4. It takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from mediaproc.domain.errors import Detail, NotCopyable
from mediaproc.media import ladder, tracks
from mediaproc.media.commands import source_copy, subtitles
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.media.tracks import Label
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc_worker import ffmpeg, packaging
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.encode_part import run_part
from mediaproc_worker.handlers.subtitles import keep_texts
from mediaproc_worker.packaging import Made
from mediaproc_worker.poster import Poster
from mediaproc_worker.segment_uploader import Outbox
from mediaproc_worker.server_side_remux import grafted
from mediaproc_worker.source import source_of


def check_copyable(info: MediaInfo, keyframes: Sequence[float]) -> None:
    """Raises NotCopyable where browsers would not play the source."""
    if (obstacle := source_copy.obstacle(info, keyframes)) is not None:
        raise NotCopyable(Detail.NOT_COPYABLE_BECAUSE.format(obstacle=obstacle))


def keep_source(context: AttemptContext) -> None:
    """Make everything of a video whose source is kept."""
    preset, info, source = ffmpeg.preset_of(context), ffmpeg.info_of(context), source_of(context)
    context.log(source_copy.summary(info, preset))
    (rung,) = ladder.rungs_for(info, preset)
    with ffmpeg.senders(others=2) as pool:
        poster, file = Poster.begin(context, pool, info, source), pool.submit(grafted, context, info, rung.name)
        picture = ffmpeg.copied_outbox(context, pool, info, preset, name=rung.name)
        outboxes = [picture, *_audio_outboxes(context, pool, info, preset)]
        made = _copied(context, outboxes, info, source, preset)
        if tracks.selected_subtitles(info):
            arguments = subtitles.arguments(info, source=source, preset=preset)
            keep_texts(context, info, arguments, edits=preset.edits)
        _finish(context, pool, made, file_bytes=file.result())
        poster.look(wait=True)
    ffmpeg.mention_what_is_missing(context, sum(seconds for _, seconds in made[0].pieces))


def _copied(
    context: AttemptContext, outboxes: list[Outbox], info: MediaInfo, source: Source, preset: Preset
) -> list[Made]:
    """The segments, each in S3 as soon as it is cut; their bytes stay in the workspace for the MP4."""
    arguments = source_copy.copy_arguments(info, source=source, preset=preset)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    done = run_part(
        context, outboxes, arguments, threads=1, seconds=info.duration_seconds, base=jobs.PLANNED, end=jobs.ENCODED,
        show=lambda attempt: attempt.write(jobs.mark_playable),
    )  # fmt: skip
    return [_made(each) for each in done]


def _audio_outboxes(context: AttemptContext, pool: ThreadPoolExecutor, info: MediaInfo, preset: Preset) -> list[Outbox]:
    kept = tracks.selected_audio(info)
    outboxes = ffmpeg.audio_outboxes(context, pool, kept, preset)
    for outbox, each in zip(outboxes, kept, strict=True):
        outbox.row = replace(outbox.row, channels=source_copy.output_channels(info, each, preset))
    return outboxes


def _finish(context: AttemptContext, pool: ThreadPoolExecutor, made: Sequence[Made], *, file_bytes: int | None) -> None:
    """The MP4 is in storage already, or it is remuxed from the bytes in the workspace."""
    if file_bytes is None:
        packaging.package(context, pool, made, base=jobs.ENCODED)
        return
    picture, *sounds = made
    key = keys.download(context.claim.video_id, context.claim.output, picture.name)
    for sound in sounds:
        packaging.finish(context, sound)
    packaging.finish(context, picture, mp4_key=key, mp4_size_bytes=file_bytes)


def _made(outbox: Outbox) -> Made:
    assert outbox.rendition_id is not None
    row = outbox.row
    label = Label(row.title, row.language, row.role, row.is_default) if outbox.is_audio else None
    return Made(outbox.name, outbox.rendition_id, outbox.pieces, label)
