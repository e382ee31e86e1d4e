"""Poster: a still taken while the video is encoded, so that lists show it early. A video without one is no failure."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from mediaproc import logs
from mediaproc.domain.errors import StorageFailed
from mediaproc.media import layout
from mediaproc.media.commands import poster
from mediaproc.operations.jobs import execution as jobs
from mediaproc.runtime.ffmpeg import ffmpeg_path
from mediaproc.storage import keys, objects
from mediaproc_worker import sandboxed_process
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits, ProcessEnded

log = logs.get_logger(__name__)

_LIMITS = Limits(wall_seconds=120, cpu_seconds=120, file_bytes=64 * 1024**2, memory_bytes=4 * 1024**3)


@dataclass
class Poster:
    """A poster that is being made. `look()` records it once it is in S3."""

    context: AttemptContext
    _made: Future[str | None]

    @classmethod
    def begin(cls, context: AttemptContext, pool: ThreadPoolExecutor) -> Poster:
        """Make and upload it in a thread of the pool."""
        return cls(context, pool.submit(_make, context))

    def look(self, *, wait: bool = False) -> None:
        """Record the poster's object key if it is uploaded, or with `wait` once it is."""
        if self._made.cancelled() or not (wait or self._made.done()):
            return
        key = self._made.result()
        self._made = Future()
        self._made.cancel()
        if key is not None:
            self.context.write(jobs.set_poster, key)


def _make(context: AttemptContext) -> str | None:
    key = keys.poster(context.claim.video_id, context.claim.output)
    try:
        _take(context)
        objects.put_file(context.workspace / layout.POSTER, key, content_type="image/jpeg")
    except (ProcessEnded, StorageFailed, OSError) as error:
        log.warning("no_poster", error=type(error).__name__, reason=str(error))
        return None
    return key


def _take(context: AttemptContext) -> None:
    """Try positions until a frame shows something; the last one stays if none does.

    The first frame is taken if there is none at any of them: a container may claim to be far longer than it is.
    """
    info, edits = context.info, context.preset.edits
    for position in (*poster.POSITIONS, 0.0) if info.duration_seconds else (0.0,):
        if position == 0.0 and (context.workspace / layout.POSTER).exists():
            return
        printed = sandboxed_process.run(
            ffmpeg_path(),
            poster.arguments(info, source=context.source, at_fraction=position, threads=1, edits=edits),
            directory=context.workspace,
            cancelled=context.cancelled,
            limits=_LIMITS,
            log_name="poster.log",
        )
        if poster.parse_stats(printed).shows_something:
            return
