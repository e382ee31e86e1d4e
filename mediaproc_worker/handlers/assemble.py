"""Assemble: completes a video whose chunks are all encoded, with MP4s made from the segments in S3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mediaproc.domain.errors import Detail, EncodeFailed
from mediaproc.domain.states import RenditionKind, Stage
from mediaproc.domain.tables import Rendition, Segment
from mediaproc.media import layout
from mediaproc.media.chunks import Chunk
from mediaproc.media.mp4 import boxes
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys, objects
from mediaproc.storage.objects import PARALLEL_UPLOADS
from mediaproc_worker import packaging, rendition_reuse, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.frame_holds import Holds
from mediaproc_worker.packaging import Made

Whole = dict[str, tuple[Rendition, Sequence[Segment]]]
"""Renditions by name, with their segments in order."""

_READ_AHEAD = 8


def assemble(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `assemble`."""
    context.report(Stage.PACKAGE, 0.0)
    whole = _whole(context)
    with renditions.upload_pool() as pool, ThreadPoolExecutor(PARALLEL_UPLOADS, thread_name_prefix="fetch") as fetchers:
        holds = _holds(context, whole)

        def fetch(made: Made) -> None:
            _fetch(context, fetchers, *whole[made.name], holds=holds)

        sweeping = fetchers.submit(_sweep, context, whole)
        packaging.package(context, pool, _without_file(context, whole), base=0.0, fetch=fetch)
        sweeping.result()
    renditions.set_length(context, max(_end_seconds(context, *each) for each in whole.values()))


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
    """Return the fingerprints of what was encoded for this output. Reused renditions have theirs already."""
    with context.transaction() as session:
        before = jobs.reused_names(session, context.claim.job)
    words = rendition_reuse.fingerprints_of(context, context.info, context.preset, _chunks(context))
    return {name: word for name, word in words.items() if name not in before}


def _chunks(context: AttemptContext) -> Sequence[Chunk]:
    """Return the chunks that the output was encoded in."""
    claim, preset = context.claim, context.preset
    assert claim.job.parent_id is not None
    with context.transaction() as session:
        parts = jobs.parts_of_output(session, claim.job.parent_id, claim.output)
    return jobs.chunks_of(parts, segment_seconds=preset.segment_seconds)


def _holds(context: AttemptContext, whole: Whole) -> Holds:
    """Return where the last frame before has to be held, the same in all rungs."""
    ends = [_end_seconds(context, *each) for each in whole.values() if each[0].kind is RenditionKind.AUDIO]
    return Holds(max(ends, default=0.0))


def _end_seconds(context: AttemptContext, rendition: Rendition, segments: Sequence[Segment]) -> float:
    """Return when a rendition ends, without what an audio encoder puts before the beginning."""
    if rendition.kind is not RenditionKind.AUDIO:
        return context.info.video.start_seconds + sum(each.duration_seconds for each in segments)
    init = objects.get_bytes(rendition.init_key)
    moov = init[boxes.locate(init, "moov").offset :]
    return sum(each.duration_seconds for each in segments) - boxes.media_time_of(moov) / boxes.timescale_of(moov)


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
    context: AttemptContext, pool: ThreadPoolExecutor, rendition: Rendition, segments: Sequence[Segment], holds: Holds
) -> None:
    """Put a rendition's init segment and segments into the workspace, concatenated in one file.

    A video's segment whose last frame is held is stored anew.
    """
    init, bodies = objects.get_bytes(rendition.init_key), _bodies(context, pool, segments)
    with (context.workspace / layout.whole(rendition.name)).open("wb") as file:
        file.write(init)
        if rendition.kind is RenditionKind.AUDIO:
            file.writelines(bodies)
            return
        for joint in holds.joints(init[boxes.locate(init, "moov").offset :], bodies):
            file.write(joint.body)
            if joint.seconds is not None:
                _store(context, segments[joint.place], joint.body, joint.seconds)


def _bodies(context: AttemptContext, pool: ThreadPoolExecutor, segments: Sequence[Segment]) -> Iterator[bytes]:
    wanted = [each.object_key for each in segments]
    for start in range(0, len(wanted), _READ_AHEAD):
        context.check()
        yield from pool.map(objects.get_bytes, wanted[start : start + _READ_AHEAD])


def _store(context: AttemptContext, segment: Segment, body: bytes, seconds: float) -> None:
    objects.put_bytes(body, segment.object_key, content_type="video/mp4")
    context.write(jobs.hold_segment, segment, duration_seconds=seconds, size_bytes=len(body))


def _sweep(context: AttemptContext, whole: Whole) -> None:
    """Delete the objects of lost attempts that lie among the segments of this output."""
    claim = context.claim
    counted = {key for rendition, rows in whole.values() for key in (rendition.init_key, *(r.object_key for r in rows))}
    prefixes = [keys.rendition_prefix(claim.video_id, claim.output, name) for name in whole]
    context.check()
    for prefix in prefixes:
        objects.delete_others(prefix, counted)
