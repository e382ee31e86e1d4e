"""One FFmpeg of a part, from its start until all that it wrote is in S3."""

from __future__ import annotations

from collections.abc import Callable

from mediaproc.media.progress import Estimate, parse_blocks
from mediaproc_worker import ffmpeg as ffmpeg_module
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.segment_uploader import Outbox


def run_part(
    context: AttemptContext,
    outboxes: list[Outbox],
    arguments: list[str],
    *,
    threads: int,
    seconds: float,
    base: float = 0.0,
    end: float = 100.0,
    show: Callable[[AttemptContext], bool] | None = None,
) -> list[Outbox]:
    """Run FFmpeg over `seconds` of video and ship what it writes; the renditions that were made, all arrived.

    It takes the attempt from `base` to `end` percent.
    `show`, if there is one, lets the video be played once every rendition of this part has begun. Until then FFmpeg
    goes ahead of what others encode on this host.
    """
    estimate, begun, shown = Estimate(seconds), show is None, show is None
    with ffmpeg_module.ffmpeg(context, arguments, threads=threads, ahead=not begun) as ffmpeg:

        def look() -> None:
            nonlocal begun, shown
            for outbox in outboxes:
                outbox.look()
            if not begun and _begun(outboxes):
                begun = True
                ffmpeg_module.stand_back(context, ffmpeg)
            shown = shown or _show(context, outboxes, show)

        for block in parse_blocks(ffmpeg.lines(in_silence=lambda: shown or look())):
            estimate.update(block)
            ffmpeg_module.report(context, estimate, block, base=base, end=end)
            look()
    _finish(outboxes)
    made = ffmpeg_module.all_arrived(outboxes)
    if not shown:
        _show(context, made, show)
    return made


def _finish(outboxes: list[Outbox]) -> None:
    """Ship what is left. The last frame of copied video is held until the audio beside it ends."""
    for outbox in outboxes:
        outbox.look()
    audio_end = max((outbox.end_seconds for outbox in outboxes), default=0.0)
    for outbox in outboxes:
        outbox.finish(until_seconds=audio_end)


def _begun(outboxes: list[Outbox]) -> bool:
    return bool(outboxes) and all(outbox.started for outbox in outboxes)


def _show(context: AttemptContext, outboxes: list[Outbox], show: Callable[[AttemptContext], bool] | None) -> bool:
    if show is None or not _begun(outboxes):
        return False
    if show(context):
        context.log("Playable")
    return True
