"""Source of a video: its media info from ffprobe, and the index of its container."""

from __future__ import annotations

import threading
from pathlib import Path

from mediaproc.media import probe, sniff
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.media.sources import Source
from mediaproc.operations import ingest
from mediaproc.runtime.ffmpeg import ffprobe_path
from mediaproc_worker import ffmpeg_errors, sandboxed_process
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits, ProcessFailed, ProcessTimedOut

_PROBE_LIMITS = Limits(wall_seconds=60, cpu_seconds=60, file_bytes=16 * 1024**2, memory_bytes=2 * 1024**3)


def probed(context: AttemptContext, *, video_needed: bool = True) -> MediaInfo:
    """Return the media info of the attempt's source. Raises a ProcessingError if it can't be processed."""
    head = ingest.source_of(context.claim.video).read(0, sniff.HEAD_BYTES)
    return examined(
        context.source,
        head=head,
        directory=context.workspace,
        cancelled=context.cancelled,
        video_needed=video_needed,
    )


def examined(
    source: Source, *, head: bytes, directory: Path, cancelled: threading.Event, video_needed: bool = True
) -> MediaInfo:
    """Return the media info of a source that begins with the bytes `head`.

    Raises a ProcessingError if it can't be processed.
    """
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
    """Return the index of the source's container. Reading from it may raise SourceMissing or StorageFailed."""
    source = ingest.source_of(context.claim.video)
    return SourceIndex(info, source.read, source.size_bytes)
