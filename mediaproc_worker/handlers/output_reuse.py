"""Output reuse: copies the whole output of the same file, if the team has processed it before with the same preset."""

from __future__ import annotations

from mediaproc import logs
from mediaproc.domain.errors import SourceMissing, StorageFailed
from mediaproc.domain.states import Stage
from mediaproc.operations import ingest
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys, objects
from mediaproc_worker import renditions
from mediaproc_worker.context import AttemptContext

log = logs.get_logger(__name__)


def taken_over(context: AttemptContext) -> bool:
    """Copy the output of a duplicate, if there is one, and return whether nothing is left to do."""
    etag = ingest.source_of(context.claim.video).etag()
    duplicate = context.write(jobs.record_source, etag) if etag else None
    if duplicate is None:
        return False
    try:
        _copy(context, duplicate)
    except (SourceMissing, StorageFailed) as error:  # deleted at this very moment, most likely
        log.warning("not_taken_over", error=str(error))
        objects.delete_prefix(keys.output_prefix(context.claim.video_id, context.claim.output))
        return False
    context.write(jobs.take_over, duplicate)
    context.log(f"Taken over from “{duplicate.video.title}”: the same file was processed before")
    return True


def _copy(context: AttemptContext, duplicate: jobs.Duplicate) -> None:
    """Copy all objects. Raises SourceMissing if one is gone, and StorageFailed."""
    wanted, before = duplicate.object_keys, keys.output_prefix(duplicate.video.id, duplicate.attempt)

    def copy(key: str) -> None:
        context.check()
        objects.copy(key, jobs.copy_key(context.claim, key, before=before), large=key in duplicate.large_keys)

    with renditions.upload_pool() as pool:
        for done, _ in enumerate(pool.map(copy, wanted), start=1):
            context.report(Stage.PACKAGE, 100.0 * done / len(wanted))
