"""Source copy: the source's own video, without encoding, as segments and as one MP4. It takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from mediaproc.domain.errors import Detail, NotCopyable
from mediaproc.media import ladder, layout, tracks
from mediaproc.media.commands import source_copy, subtitles
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.probe import MediaInfo
from mediaproc.media.tracks import Label
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc_worker import frame_holds, packaging, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.encode_part import run_part
from mediaproc_worker.handlers.subtitles import store_subtitles
from mediaproc_worker.packaging import Made
from mediaproc_worker.poster import Poster
from mediaproc_worker.segment_uploader import Outbox
from mediaproc_worker.server_side_remux import remuxed


def check_copyable(info: MediaInfo, keyframes: Sequence[float]) -> None:
    """Raise NotCopyable if browsers would not play the source."""
    if (obstacle := source_copy.obstacle(info, keyframes)) is not None:
        raise NotCopyable(Detail.NOT_COPYABLE_BECAUSE.format(obstacle=obstacle))


def copy_source(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `copy`: it makes the whole output."""
    preset, info = context.preset, context.info
    context.log(source_copy.summary(info, preset))
    (rung,) = ladder.rungs_for(info, preset)
    with renditions.upload_pool(others=2) as pool:
        poster, file = Poster.begin(context, pool), pool.submit(remuxed, context, rung.name)
        video, cuts = renditions.copied_outbox(context, pool, name=rung.name)
        outboxes = [video, *_audio_outboxes(context, pool, cuts)]
        made = _copied(context, outboxes)
        frame_holds.hold_in_file(context.workspace / layout.whole(rung.name), cuts)
        if tracks.selected_subtitles(info):
            store_subtitles(context, subtitles.arguments(info, source=context.source, preset=preset))
        # Storage would copy the source's private data into the MP4.
        _finish(context, pool, made, file_bytes=None if video.private_found else file.result())
        poster.look(wait=True)
        if video.private_found:
            context.log("Private data beside the frames, such as positions, was removed")
    renditions.set_length(context, max([*cuts.ends_seconds, *(each.end_seconds for each in outboxes)]))


def _copied(context: AttemptContext, outboxes: list[Outbox]) -> list[Made]:
    """Upload each segment as soon as it is cut. The segments stay in the workspace for the MP4."""
    info, source = context.info, context.source
    arguments = source_copy.copy_arguments(info, source=source, preset=context.preset)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    done = run_part(
        context, outboxes, arguments, threads=1, seconds=info.duration_seconds, base=jobs.PLANNED, end=jobs.ENCODED,
        show=lambda attempt: attempt.write(jobs.mark_playable),
    )  # fmt: skip
    return [_made(each) for each in done]


def _audio_outboxes(context: AttemptContext, pool: ThreadPoolExecutor, cuts: Segmenter) -> list[Outbox]:
    selected = tracks.selected_audio(context.info)
    outboxes = renditions.audio_outboxes(context, pool, selected, beside=cuts)
    for outbox, track in zip(outboxes, selected, strict=True):
        channels = source_copy.output_channels(context.info, track, context.preset)
        outbox.row = replace(outbox.row, channels=channels)
    return outboxes


def _finish(context: AttemptContext, pool: ThreadPoolExecutor, made: Sequence[Made], *, file_bytes: int | None) -> None:
    """Complete all renditions. The MP4 is in storage already, or it is remuxed from the segments in the workspace."""
    if file_bytes is None:
        packaging.package(context, pool, made, base=jobs.ENCODED)
        return
    video, *audio = made
    key = keys.download(context.claim.video_id, context.claim.output, video.name)
    for each in audio:
        packaging.finish(context, each)
    packaging.finish(context, video, mp4_key=key, mp4_size_bytes=file_bytes)


def _made(outbox: Outbox) -> Made:
    assert outbox.rendition_id is not None
    row = outbox.row
    label = Label(row.title, row.language, row.role, row.is_default) if outbox.is_audio else None
    return Made(outbox.name, outbox.rendition_id, outbox.pieces, label)
