"""Storyboard of a completed video: the first frame of some segments of its smallest rung, tiled into sheets.

Only those frames are read from S3: a few megabytes an hour, where the rung has hundreds.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mediaproc.media import layout, storyboard
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.mp4.first_frame import first_frame
from mediaproc.media.sources import Source
from mediaproc.media.storyboard import Storyboard
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys, objects
from mediaproc_worker import ffmpeg, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits

_HEAD_BYTES = 48 * 1024
"""Bytes of the first read of a segment. Most frames fit; the rest of a larger one is a second request."""

_LIMITS = Limits(wall_seconds=120, cpu_seconds=120, file_bytes=64 * 1024**2, memory_bytes=2 * 1024**3)


def make_storyboard(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `storyboard`."""
    with context.transaction() as session:
        frames = jobs.frames_of(session, context.claim)
    if frames is None or not frames.segment_keys:
        return
    start = context.info.video.start_seconds
    board = storyboard.storyboard_for(frames.width, frames.height, frames.durations, start_seconds=start)
    with renditions.upload_pool() as pool:
        _fetch(context, pool, frames)
        _tile(context, board, frames.video_range)
        _send(context, pool, board)
    context.write(jobs.set_storyboard, board)


def _fetch(context: AttemptContext, pool: ThreadPoolExecutor, frames: jobs.Frames) -> None:
    """Put the init segment and the chosen frames into one file, as if they were consecutive."""
    wanted = [frames.segment_keys[place] for place in storyboard.tile_segments(len(frames.segment_keys))]
    with (context.workspace / layout.STILLS).open("wb") as file:
        file.write(objects.get_bytes(frames.init_key))
        for still in pool.map(_still, wanted):
            context.check()
            file.write(still)


def _still(key: str) -> bytes:
    head = objects.get_range(key, 0, _HEAD_BYTES)
    frame = first_frame(head)
    if frame.end > len(head):
        head += objects.get_range(key, len(head), frame.end - len(head))
    return frame.alone(head)


def _tile(context: AttemptContext, board: Storyboard, video_range: str) -> None:
    arguments = storyboard.arguments(board, video_range=video_range)
    context.write(jobs.note, command=shell_line(arguments, source=Source(layout.STILLS)))
    ffmpeg.run(context, arguments, limits=_LIMITS)


def _send(context: AttemptContext, pool: ThreadPoolExecutor, board: Storyboard) -> None:
    claim = context.claim
    files = {
        layout.STORYBOARD_SHEETS % number: keys.storyboard_sheet(claim.video_id, claim.output, number)
        for number in range(board.sheets)
    } | {layout.PREVIEW: keys.preview(claim.video_id, claim.output)}
    sent = [
        pool.submit(objects.put_file, context.workspace / name, key, content_type="image/jpeg")
        for name, key in files.items()
    ]
    for each in sent:
        each.result()
