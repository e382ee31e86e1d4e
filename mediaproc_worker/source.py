"""Reading a source: where FFmpeg finds it, and what it is."""

from __future__ import annotations

import threading
from pathlib import Path

from mediaproc.media import probe, sniff
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.media.sources import Source
from mediaproc.operations import ingest
from mediaproc.runtime.ffmpeg import ffprobe_path
from mediaproc.settings import settings
from mediaproc_worker import ffmpeg_errors, sandboxed_process
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits, ProcessFailed, ProcessTimedOut

_PROBE_LIMITS = Limits(wall_seconds=60, cpu_seconds=60, file_bytes=16 * 1024**2, memory_bytes=2 * 1024**3)
_LONGEST_ADDRESS_SECONDS = 7 * 24 * 3600
"""S3's own limit for a presigned address."""


def source_of(context: AttemptContext) -> Source:
    """The source as a presigned address that lasts as long as an attempt may: every container that is let in can
    be read by range, so nothing is downloaded first.
    """
    seconds = min(settings().attempt_timeout_seconds + 3600, _LONGEST_ADDRESS_SECONDS)
    return Source(ingest.source_of(context.claim.video).url(seconds=seconds))


def probed(context: AttemptContext, source: Source, *, video_needed: bool = True) -> MediaInfo:
    """Probe the source. Raises a ProcessingError if it can't be processed."""
    head = ingest.source_of(context.claim.video).read(0, sniff.HEAD_BYTES)
    return examined(
        source,
        head=head,
        directory=context.workspace,
        cancelled=context.cancelled,
        video_needed=video_needed,
    )


def examined(
    source: Source, *, head: bytes, directory: Path, cancelled: threading.Event, video_needed: bool = True
) -> MediaInfo:
    """Run ffprobe on a source that begins with `head`. Raises a ProcessingError if it can't be processed."""
    content_type = sniff.content_type_of(head)
    try:
        output = sandboxed_process.run(
            ffprobe_path(),
            probe.ffprobe_arguments(source),
            directory=directory,
            cancelled=cancelled,
            limits=_PROBE_LIMITS,
            log_name="ffprobe.log",
        )
        return probe.parse_ffprobe(output, content_type=content_type, video_needed=video_needed)
    except ProcessFailed as failure:
        raise ffmpeg_errors.beyond_the_file(failure) or ffmpeg_errors.refusal(probe.NotMedia(content_type)) from failure
    except ProcessTimedOut as failure:
        raise ffmpeg_errors.reason_of(failure) from failure
    except probe.Refused as refused:
        raise ffmpeg_errors.refusal(refused) from refused


def index_of(context: AttemptContext, info: MediaInfo) -> SourceIndex:
    """Index of the source's container. Reading it may raise SourceMissing or StorageFailed."""
    source = ingest.source_of(context.claim.video)
    return SourceIndex(info, source.read, source.size_bytes)
