"""Reading a source: where FFmpeg finds it, and what it is."""

from __future__ import annotations

import threading
from pathlib import Path

from botocore.exceptions import ClientError

from mediaproc.domain.errors import SourceMissing, StorageFailed
from mediaproc.media import probe, sniff
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.media.sources import Source
from mediaproc.runtime.ffmpeg import ffprobe_path
from mediaproc.settings import settings
from mediaproc.storage import objects
from mediaproc.storage.client import client
from mediaproc.storage.failures import translated
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
    return Source(objects.url_for_servers(context.claim.video.source_key, seconds=seconds))


def probed(context: AttemptContext, source: Source, *, video_needed: bool = True) -> MediaInfo:
    """What the source is. Raises the expected error if it can't be processed."""
    head = _head(context.claim.video.source_key)
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
    """What ffprobe says of a source that begins with `head`. Raises the expected error if it can't be processed."""
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
    """What the container says in one place. Reading it may raise SourceMissing or StorageFailed."""
    key, size_bytes = context.claim.video.source_key, context.claim.video.size_bytes

    def read(offset: int, size: int) -> bytes:
        return objects.get_range(key, offset, size)

    return SourceIndex(info, read, size_bytes)


def _head(key: str) -> bytes:
    """The first bytes of an object. Raises SourceMissing or StorageFailed."""
    try:
        with translated(StorageFailed):
            answer = client().get_object(
                Bucket=settings().s3_bucket, Key=key, Range=f"bytes=0-{sniff.HEAD_BYTES - 1}"
            )  # fmt: skip
            return bytes(answer["Body"].read())
    except ClientError as error:
        raise SourceMissing from error
