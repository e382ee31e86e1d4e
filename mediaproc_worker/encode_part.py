"""Encode part: one FFmpeg of a job, from its start until all of its segments are uploaded."""

from __future__ import annotations

from collections.abc import Callable

from mediaproc.media import ladder, tracks
from mediaproc.media.progress import Estimate, parse_blocks
from mediaproc.operations.jobs import execution as jobs
from mediaproc_worker import ffmpeg, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.segment_uploader import Outbox

Show = Callable[[AttemptContext], bool]
"""Makes the video playable if it can be, and returns whether it did."""


def run_part(
    context: AttemptContext,
    outboxes: list[Outbox],
    arguments: list[str],
    *,
    threads: int,
    seconds: float,
    base: float = 0.0,
    end: float = 100.0,
    show: Show | None = None,
) -> list[Outbox]:
    """Run FFmpeg over `seconds` of video, upload its segments, and return the renditions that were made.

    It takes the attempt from `base` to `end` percent. `show` is called once every rendition has a first segment;
    until then FFmpeg has full CPU priority. Raises DamagedSource, EncodeFailed or what FFmpeg's failure means.
    """
    estimate, begun, shown = Estimate(seconds), show is None, show is None
    with ffmpeg.running(context, arguments, threads=threads, urgent=not begun) as process:

        def look() -> None:
            nonlocal begun, shown
            for outbox in outboxes:
                outbox.look()
            if not begun and _begun(outboxes):
                begun = True
                ffmpeg.lower_priority(context, process)
            shown = shown or _show(context, outboxes, show)

        for block in parse_blocks(process.lines(in_silence=lambda: shown or look())):
            estimate.update(block)
            ffmpeg.report(context, estimate, block, base=base, end=end)
            look()
    renditions.finish_all(outboxes)
    made = renditions.all_arrived(outboxes)
    if not shown:
        _show(context, made, show)
    return made


def mark_playable_when_all_began(context: AttemptContext) -> bool:
    """Make the video playable if the renditions of all of its parts have a first segment."""
    expected = len(ladder.rungs_for(context.info, context.preset)) + len(tracks.selected_audio(context.info))
    return context.write(jobs.mark_playable, renditions=expected)


def _begun(outboxes: list[Outbox]) -> bool:
    return bool(outboxes) and all(outbox.started for outbox in outboxes)


def _show(context: AttemptContext, outboxes: list[Outbox], show: Show | None) -> bool:
    if show is None or not _begun(outboxes):
        return False
    if show(context):
        context.log("Playable")
    return True
