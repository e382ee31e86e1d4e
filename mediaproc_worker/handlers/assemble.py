"""Assemble: completes a video whose chunks are all encoded, with MP4s made from the segments in S3."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from mediaproc.domain.errors import Detail, EncodeFailed
from mediaproc.domain.states import RenditionKind, Stage
from mediaproc.domain.tables import Rendition, Segment
from mediaproc.media import layout
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys, objects
from mediaproc.storage.objects import PARALLEL_UPLOADS
from mediaproc_worker import packaging, rendition_reuse, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.packaging import Made

Whole = dict[str, tuple[Rendition, Sequence[Segment]]]
"""Renditions by name, with their segments in order."""

_READ_AHEAD = 8


def assemble(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `assemble`."""
    context.report(Stage.PACKAGE, 0.0)
    whole = _whole(context)
    with renditions.upload_pool() as pool, ThreadPoolExecutor(PARALLEL_UPLOADS, thread_name_prefix="fetch") as fetchers:

        def fetch(made: Made) -> None:
            _fetch(context, fetchers, *whole[made.name])

        sweeping = fetchers.submit(_sweep, context, whole)
        packaging.package(context, pool, _without_file(context, whole), base=0.0, fetch=fetch)
        sweeping.result()
    _, segments = next(iter(whole.values()))
    renditions.log_shortfall(context, sum(each.duration_seconds for each in segments))


def _without_file(context: AttemptContext, whole: Whole) -> list[Made]:
    """Return the renditions whose MP4 is still to be made, and the audio; finish those that were reused with theirs."""
    words, left = _fingerprints(context), list[Made]()
    for name, (row, segments) in whole.items():
        made = _made(row, segments, words.get(name))
        if row.mp4_key:
            packaging.finish(context, made, mp4_key=row.mp4_key, mp4_size_bytes=row.mp4_size_bytes)
        else:
            left.append(made)
    return left


def _whole(context: AttemptContext) -> Whole:
    """Return the renditions that the chunks have made. Raises EncodeFailed if segments are missing."""
    claim = context.claim
    with context.transaction() as session:
        found = jobs.renditions_to_assemble(session, claim)
        whole: Whole = {each.name: (each, jobs.segments_of(session, each)) for each in found}
    ends = {_end(segments) for rendition, segments in whole.values() if rendition.height}
    if len(ends) != 1:
        raise EncodeFailed(Detail.CHUNKS_INCOMPLETE)
    return whole


def _fingerprints(context: AttemptContext) -> dict[str, str]:
    """Record the fingerprints of what was encoded for this output. Reused renditions have theirs already."""
    claim, preset = context.claim, context.preset
    assert claim.job.parent_id is not None
    with context.transaction() as session:
        parts = jobs.parts_of_output(session, claim.job.parent_id, claim.output)
        before = jobs.reused_names(session, claim.job)
    chunks = jobs.chunks_of(parts, segment_seconds=preset.segment_seconds)
    words = rendition_reuse.fingerprints_of(context, context.info, preset, chunks)
    return {name: word for name, word in words.items() if name not in before}


def _end(segments: Sequence[Segment]) -> int:
    """Return the number after the last segment. Raises EncodeFailed if one is missing."""
    number = 0
    for segment in segments:
        if segment.number != number:
            raise EncodeFailed(Detail.SEGMENT_MISSING.format(number=number))
        number += segment.span
    return number


def _made(rendition: Rendition, segments: Sequence[Segment], fingerprint: str | None) -> Made:
    pieces = [(each.size_bytes, each.duration_seconds) for each in segments]
    label = rendition.label if rendition.kind is RenditionKind.AUDIO else None
    return Made(rendition.name, rendition.id, pieces, label, fingerprint)


def _fetch(
    context: AttemptContext, pool: ThreadPoolExecutor, rendition: Rendition, segments: Sequence[Segment]
) -> None:
    """Put a rendition's init segment and segments into the workspace, concatenated in one file."""
    wanted = [rendition.init_key, *(each.object_key for each in segments)]
    with (context.workspace / layout.whole(rendition.name)).open("wb") as file:
        for start in range(0, len(wanted), _READ_AHEAD):
            context.check()
            for body in pool.map(objects.get_bytes, wanted[start : start + _READ_AHEAD]):
                file.write(body)


def _sweep(context: AttemptContext, whole: Whole) -> None:
    """Delete the objects of lost attempts that lie among the segments of this output."""
    claim = context.claim
    counted = {key for rendition, rows in whole.values() for key in (rendition.init_key, *(r.object_key for r in rows))}
    prefixes = [keys.rendition_prefix(claim.video_id, claim.output, name) for name in whole]
    context.check()
    for prefix in prefixes:
        objects.delete_others(prefix, counted)
