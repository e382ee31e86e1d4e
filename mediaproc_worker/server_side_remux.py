"""Server-side remux: the MP4 of a copied source, made within storage from a new header and the source's own bytes.

Only the header and the first bytes pass through the worker. S3 wants parts of at least 5 MiB, except for the last one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from mediaproc import logs
from mediaproc.domain.errors import Expected, StorageFailed
from mediaproc.media.commands import source_copy
from mediaproc.media.mp4 import faststart
from mediaproc.media.mp4.faststart import FaststartFile
from mediaproc.operations import ingest
from mediaproc.storage import keys, multipart
from mediaproc.storage.multipart import NoSuchUpload, UploadedPart
from mediaproc_worker.context import AttemptContext

log = logs.get_logger(__name__)

SMALLEST_BYTES = 16 * 1024**2
"""A smaller file is uploaded in less time than all the requests take."""

_FIRST_BYTES = 5 * 1024**2
_PART_BYTES = 64 * 1024**2
_COPIES = 4
"""Parts that storage copies in parallel."""


def remuxed(context: AttemptContext, name: str) -> int | None:
    """Make a rendition's MP4 within storage and return its size in bytes.

    Returns None if the source is not suitable or storage does not copy parts: then the MP4 must be uploaded.
    """
    info = context.info
    if context.claim.video.size_bytes < SMALLEST_BYTES or not source_copy.copies_all_audio(info):
        return None
    source = ingest.source_of(context.claim.video)
    made = faststart.faststart_file(source.read, source.size_bytes, tracks=1 + len(info.audio))
    if made is None:
        return None
    try:
        return _joined(context, made, keys.download(context.claim.video_id, context.claim.output, name))
    except (StorageFailed, NoSuchUpload) as error:
        log.warning("not_grafted", error=str(error))
        return None


def _joined(context: AttemptContext, made: FaststartFile, key: str) -> int:
    upload_id = multipart.create(key, content_type="video/mp4")
    try:
        multipart.complete(key, upload_id=upload_id, parts=_parts(context, made, key, upload_id))
    except BaseException:
        with suppress(Expected):
            multipart.abort(key, upload_id=upload_id)
        raise
    return made.size_bytes


def _parts(context: AttemptContext, made: FaststartFile, key: str, upload_id: str) -> list[UploadedPart]:
    source, rest = ingest.source_of(context.claim.video), min(made.start + _FIRST_BYTES, made.end)
    first = made.head + source.read(made.start, rest - made.start)

    def copied(number: int, start: int) -> UploadedPart:
        context.check()
        end = min(start + _PART_BYTES, made.end)
        return source.copy_part(key, upload_id=upload_id, part_number=number, start=start, end=end)

    with ThreadPoolExecutor(_COPIES, thread_name_prefix="graft") as pool:
        starts = range(rest, made.end, _PART_BYTES)
        copies = [pool.submit(copied, number, start) for number, start in enumerate(starts, start=2)]
        head = multipart.put_part(key, upload_id=upload_id, part_number=1, body=first)
        return [head, *(each.result() for each in copies)]
