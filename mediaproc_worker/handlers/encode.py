"""Encode: one chunk of a video in all rungs of its ladder."""

from __future__ import annotations

from mediaproc.domain.states import JobKind
from mediaproc.domain.tables import Job
from mediaproc.media import ladder
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import encode
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.ladder import Rung
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc_worker import overlays, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.encode_part import mark_playable_when_all_began, run_part


def encode_chunk(context: AttemptContext) -> None:
    """Encode one chunk in every rung that is not reused; each segment is uploaded as soon as it is closed."""
    rungs, chunk, threads = _rungs(context), _chunk(context), settings().threads_per_encode
    arguments = encode.encode_arguments(
        context.info, source=context.source, preset=context.preset, rungs=rungs, threads=threads, chunk=chunk
    )
    context.write(jobs.note, command=shell_line(arguments, source=context.source))
    overlays.fetch(context)
    with renditions.upload_pool() as pool:
        outboxes = renditions.rung_outboxes(context, pool, rungs, chunk=chunk)
        show = mark_playable_when_all_began if chunk.number == 0 and not _instant(context) else None
        run_part(context, outboxes, arguments, threads=threads, seconds=chunk.length_seconds, show=show)


def _rungs(context: AttemptContext) -> list[Rung]:
    with context.transaction() as session:
        reused = jobs.reused_names(session, context.claim.job)
    return [rung for rung in ladder.rungs_for(context.info, context.preset) if rung.name not in reused]


def _chunk(context: AttemptContext) -> Chunk:
    number = context.claim.job.chunk
    assert number is not None
    return jobs.chunks_of(_siblings(context), segment_seconds=context.preset.segment_seconds)[number]


def _instant(context: AttemptContext) -> bool:
    """Return whether the source's own video is played until the rungs are complete."""
    return any(each.kind is JobKind.REMUX for each in _siblings(context))


def _siblings(context: AttemptContext) -> list[Job]:
    """The parts of the same output, this one among them."""
    claim = context.claim
    assert claim.job.parent_id is not None
    with context.transaction() as session:
        return jobs.parts_of_output(session, claim.job.parent_id, claim.output)
