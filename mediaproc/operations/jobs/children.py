"""Parts of a split job. A part is a job too: claimed, leased and retried like any other.

All changes in a tree of jobs are made under the lock of its video's row, so of two parts that end together exactly one
is the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import Session, col, select

from mediaproc.domain import fair_ranks
from mediaproc.domain.states import JobKind, JobState, Lane, Outcome, Priority
from mediaproc.domain.tables import Attempt, Job, Rendition, Storyboard
from mediaproc.events.messages import EventType
from mediaproc.media.chunks import Chunk, chunk_of
from mediaproc.operations.jobs import start_ranks, transitions
from mediaproc.operations.jobs.lease import Claim, LockedJob, attempt_row, fence, lock_job
from mediaproc.operations.jobs.rendition_reuse import reused_names
from mediaproc.settings import settings

_LOG_TAIL_LINES = 60

PLANNED, ENCODED = 1.0, 94.0
"""Percent of the whole once it is planned, and once every chunk is encoded."""

_KINDS: dict[Lane, tuple[JobKind, ...]] = {
    Lane.ENCODE: (JobKind.ENCODE, JobKind.FILES, JobKind.TUNE, JobKind.MEASURE),
    Lane.COPY: (JobKind.REMUX, JobKind.AUDIO, JobKind.SUBTITLES, JobKind.COPY, JobKind.ASSEMBLE),
}
_LANES = {kind: lane for lane, kinds in _KINDS.items() for kind in kinds}
"""Lane of each kind that is not quick."""

ENDING_KINDS = frozenset({JobKind.ASSEMBLE, JobKind.FILES, JobKind.COPY})
"""Kinds whose completion completes the whole."""


@dataclass(frozen=True)
class Part:
    """A part to begin: its kind and, for a chunk, its number and range in seconds.

    `held` keeps it from being claimed until another part releases it (see `crf_search`).
    """

    kind: JobKind
    chunk: int | None = None
    start_seconds: float | None = None
    length_seconds: float | None = None
    held: bool = False

    @property
    def lane(self) -> Lane:
        """The lane of its kind; only CPU-bound kinds take an encoding slot."""
        return _LANES.get(self.kind, Lane.QUICK)


@dataclass(frozen=True)
class Share:
    """A part's share of the whole's progress: from `base` up by at most `size` percent.

    `workers` is the number of attempts that encode the whole at this moment.
    """

    base: float = 0.0
    size: float = 100.0
    workers: int = 1

    def of_whole(self, percent: float) -> float:
        """The whole's progress in percent when the part's own is `percent`."""
        return self.base + self.size * percent / 100

    def eta_seconds(self, percent: float, own: float) -> float:
        """Seconds until the whole is encoded, for a part that is at `percent` and needs `own` more seconds."""
        mine = self.size * (1 - percent / 100)
        left = (ENCODED if self.size < 100 else 100.0) - self.of_whole(percent)
        return own if mine <= 0 or left <= mine else own * left / mine / self.workers


def split(session: Session, claim: Claim, wanted: Sequence[Part]) -> None:
    """Split the job into parts: it gives up its lease and waits for them. Raises LostLease."""
    locked = fence(session, claim)
    if locked.job.lease_expires_at is None:
        return
    locked.job.lease_expires_at = None
    locked.job.undivided = locked.job.undivided or _is_in_one_piece(session, locked.job, wanted)
    locked.video.progress = max(locked.video.progress, PLANNED)
    start = start_ranks.upcoming(session, locked.job.team_id)
    for part in wanted:
        begin(session, locked, locked.job, part, start_rank=start)
    if any(part.lane is Lane.ENCODE for part in wanted):
        start_ranks.record(session, locked.job.team_id, start)


def share_of(session: Session, claim: Claim) -> Share:
    """The share of a claimed part. A chunk's depends on the length of all chunks, and on what the others have done."""
    if claim.job.parent_id is None or claim.job.kind in (JobKind.FILES, JobKind.COPY):
        return Share()
    if claim.job.kind.afterwards:
        return Share(0, 0)
    if claim.job.kind is not JobKind.ENCODE:
        return Share(ENCODED, 100 - ENCODED) if claim.job.kind is JobKind.ASSEMBLE else Share(PLANNED, 0)
    siblings = parts_of_output(session, claim.job.parent_id, claim.output)
    chunks = [job for job in siblings if job.kind is JobKind.ENCODE]
    scale = (ENCODED - PLANNED) / sum(_weight(job) for job in chunks)
    done = sum(_weight(job) * job.progress / 100 for job in chunks if job.id != claim.job_id)
    running = sum(job.state is JobState.RUNNING for job in chunks)
    return Share(PLANNED + scale * done, scale * _weight(claim.job), workers=max(1, running))


def begin(session: Session, locked: LockedJob, whole: Job, part: Part, *, start_rank: int = 0) -> None:
    """Add one part of a whole job and send its message. `locked` gives the time."""
    job = Job(
        team_id=whole.team_id,
        video_id=whole.video_id,
        parent_id=whole.id,
        output=whole.attempt,
        kind=part.kind,
        lane=part.lane,
        preset=whole.preset,
        # Nobody waits for a follow-up job, so it runs after all others.
        priority=Priority.BATCH if part.kind.afterwards else whole.priority,
        preset_version=whole.preset_version,
        recipe=whole.recipe,
        held=part.held,
        rank=fair_ranks.rank_of(start_rank, part.chunk) if part.lane is Lane.ENCODE else 0,
        chunk=part.chunk,
        start_seconds=part.start_seconds,
        length_seconds=part.length_seconds,
        max_attempts=settings().max_attempts,
    )
    session.add(job)
    session.flush()
    if not job.held:
        transitions.send(session, job, at=locked.now)


def begin_follow_ups(session: Session, whole: LockedJob) -> None:
    """Begin the jobs that follow a completed whole, unless their results were taken over with the output."""
    if session.get(Storyboard, (whole.video.id, whole.job.attempt)) is None:
        begin(session, whole, whole.job, Part(JobKind.STORYBOARD))
    if settings().measure_vmaf and (whole.job.recipe or {}).get("rungs") and _has_unmeasured_rung(session, whole):
        rank = start_ranks.upcoming(session, whole.job.team_id)
        begin(session, whole, whole.job, Part(JobKind.MEASURE), start_rank=rank)


def cancel(session: Session, whole: LockedJob) -> None:
    """Cancel every unfinished part of a job. Running workers learn of it with their next heartbeat."""
    for job in unfinished(session, whole.job.id):
        if job.state is JobState.RUNNING:
            transitions.end(attempt_row(session, job), Outcome.CANCELLED, at=whole.now)
        transitions.move(session, LockedJob(job=job, video=whole.video, now=whole.now), JobState.CANCELLED)


def is_abandoned(session: Session, claim: Claim) -> bool:
    """True if the whole that a part belongs to is gone, cancelled or failed."""
    state = session.exec(select(Job.state).where(col(Job.id) == claim.job.parent_id)).one_or_none()
    return state in (None, JobState.CANCELLED, JobState.FAILED)


def parts_of_job(session: Session, job_id: UUID) -> list[Job]:
    """The parts of a job in the order in which they were begun, those of earlier attempts included."""
    return list(session.exec(select(Job).where(col(Job.parent_id) == job_id).order_by(col(Job.id))).all())


def parts_of_output(session: Session, job_id: UUID, output: int) -> list[Job]:
    """The parts that one attempt of a job began. `output` is that attempt's number."""
    return [part for part in parts_of_job(session, job_id) if part.output == output]


def chunks_of(parts: Sequence[Job], *, segment_seconds: int) -> list[Chunk]:
    """The chunks that the parts of one attempt encode, in order."""
    encodes = [part for part in parts if part.kind is JobKind.ENCODE]
    known = sorted((part.start_seconds or 0.0, part.length_seconds or 0.0) for part in encodes)
    return [
        chunk_of(
            number,
            start_seconds=start,
            length_seconds=length,
            last=number == len(known) - 1,
            segment_seconds=segment_seconds,
        )
        for number, (start, length) in enumerate(known)
    ]


def whole_of(session: Session, part: LockedJob) -> LockedJob:
    """The whole that a part belongs to, locked."""
    assert part.job.parent_id is not None
    whole = lock_job(session, job_id=part.job.parent_id)
    assert whole is not None, "a part goes with its whole"
    return whole


def unfinished(session: Session, whole_id: UUID) -> list[Job]:
    """The parts of a job that have not ended, locked."""
    ended = [state for state in JobState if state.final]
    query = select(Job).where(and_(col(Job.parent_id) == whole_id, col(Job.state).not_in(ended)))
    return list(session.exec(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all())


def append_log(attempt: Attempt, lines: str) -> None:
    """Append a part's log to that of its whole, which is the one that people read."""
    together = [*attempt.log_tail.splitlines(), *lines.splitlines()]
    attempt.log_tail = "\n".join(together[-_LOG_TAIL_LINES:])


def publish_log(session: Session, part: LockedJob, text: str) -> None:
    """Publish a line of log about a part, under the number of the whole's attempt."""
    transitions.publish(session, part.video, EventType.LOG, {"attempt": part.job.output, "text": text})


def name_of(job: Job) -> str:
    """A part's name for people: "Chunk 1", "Poster"."""
    return f"Chunk {job.chunk + 1}" if job.chunk is not None else job.kind.name.capitalize()


def _is_in_one_piece(session: Session, whole: Job, wanted: Sequence[Part]) -> bool:
    """True if nothing could be done more simply: no chunks, no instant rendition, no reused renditions."""
    kinds = [part.kind for part in wanted]
    divided = kinds.count(JobKind.ENCODE) > 1 or JobKind.REMUX in kinds
    return not divided and not reused_names(session, whole)


def _has_unmeasured_rung(session: Session, whole: LockedJob) -> bool:
    mine = (col(Rendition.video_id) == whole.video.id, col(Rendition.attempt) == whole.job.attempt)
    rungs = (col(Rendition.height) > 0, col(Rendition.mp4_key).is_not(None), col(Rendition.vmaf).is_(None))
    return session.exec(select(Rendition.id).where(*mine, *rungs).limit(1)).first() is not None


def _weight(job: Job) -> float:
    """A chunk's length in seconds; one of unknown length is the only chunk."""
    return job.length_seconds or 1.0
