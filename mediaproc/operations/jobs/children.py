"""A job that shares out its work: its parts are jobs too, claimed, leased and tried again like any other.

All of a tree's changes are made under the lock of its video's row, so of two parts that end together one is the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import Session, col, select

from mediaproc.domain.errors import DamagedSource, EncodeFailed, ProcessingError
from mediaproc.domain.states import JobKind, JobState, Lane, Outcome, Priority
from mediaproc.domain.tables import Attempt, Job, Rendition, Storyboard
from mediaproc.events.messages import EventType
from mediaproc.media.chunks import Chunk, chunk_of
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, Held, attempt_row, fenced, hold
from mediaproc.operations.jobs.output_cleanup import leave_output, retire_instant
from mediaproc.operations.jobs.outputs import show_output
from mediaproc.operations.jobs.rendition_reuse import reused_of
from mediaproc.settings import settings

_LOG_TAIL_LINES = 60

PLANNED, ENCODED = 1.0, 94.0
"""Percent of the whole when it is planned, and when every chunk is encoded."""

_KINDS: dict[Lane, tuple[JobKind, ...]] = {
    Lane.ENCODE: (JobKind.ENCODE, JobKind.FILES, JobKind.TUNE, JobKind.MEASURE),
    Lane.COPY: (JobKind.REMUX, JobKind.AUDIO, JobKind.SUBTITLES, JobKind.COPY, JobKind.ASSEMBLE),
}
_LANES = {kind: lane for lane, kinds in _KINDS.items() for kind in kinds}
"""Where each kind waits that is not quick."""

_ENDING = frozenset({JobKind.ASSEMBLE, JobKind.FILES, JobKind.COPY})
"""The kinds whose end is that of the whole."""


@dataclass(frozen=True)
class Part:
    """One part as it is asked for: its kind, and for a chunk which and how much of the video.

    `held`: not before another part lets it (see `tuning`).
    """

    kind: JobKind
    chunk: int | None = None
    start_seconds: float | None = None
    length_seconds: float | None = None
    held: bool = False

    @property
    def lane(self) -> Lane:
        """Only what keeps processors busy takes a slot for encoding."""
        return _LANES.get(self.kind, Lane.QUICK)


@dataclass(frozen=True)
class Share:
    """What an attempt's own progress means for the whole: it goes from `base` by at most `size` percent.

    `workers` is how many attempts are at it together.
    """

    base: float = 0.0
    size: float = 100.0
    workers: int = 1

    def of_whole(self, percent: float) -> float:
        """The whole's progress when the attempt's own is `percent`."""
        return self.base + self.size * percent / 100

    def eta_seconds(self, percent: float, own: float) -> float:
        """Seconds until the whole is encoded, of an attempt that is at `percent` and needs `own` seconds more."""
        mine = self.size * (1 - percent / 100)
        left = (ENCODED if self.size < 100 else 100.0) - self.of_whole(percent)
        return own if mine <= 0 or left <= mine else own * left / mine / self.workers


def share_out(session: Session, claim: Claim, wanted: Sequence[Part]) -> None:
    """Let parts do the rest of the job, which gives up its lease and waits for them. Raises LostLease."""
    held = fenced(session, claim)
    if held.job.lease_expires_at is None:
        return
    held.job.lease_expires_at = None
    held.job.undivided = held.job.undivided or _plain(session, held.job, wanted)
    held.video.progress = max(held.video.progress, PLANNED)
    for part in wanted:
        begin(session, held, held.job, part)


def _plain(session: Session, whole: Job, wanted: Sequence[Part]) -> bool:
    """Whether it is done in the plainest way already: without chunks, nothing instant, nothing from before."""
    kinds = [part.kind for part in wanted]
    divided = kinds.count(JobKind.ENCODE) > 1 or JobKind.REMUX in kinds
    return not divided and not reused_of(session, whole)


def share_of(session: Session, claim: Claim) -> Share:
    """How an attempt's progress counts: that of a chunk by what the other chunks have done so far."""
    if claim.job.parent_id is None or claim.job.kind in (JobKind.FILES, JobKind.COPY):
        return Share()
    if claim.job.kind.afterwards:
        return Share(0, 0)
    if claim.job.kind is not JobKind.ENCODE:
        return Share(ENCODED, 100 - ENCODED) if claim.job.kind is JobKind.ASSEMBLE else Share(PLANNED, 0)
    siblings = of_output(session, claim.job.parent_id, claim.output)
    chunks = [job for job in siblings if job.kind is JobKind.ENCODE]
    scale = (ENCODED - PLANNED) / sum(_weight(job) for job in chunks)
    done = sum(_weight(job) * job.progress / 100 for job in chunks if job.id != claim.job_id)
    running = sum(job.state is JobState.RUNNING for job in chunks)
    return Share(PLANNED + scale * done, scale * _weight(claim.job), workers=max(1, running))


def complete(session: Session, held: Held, attempt: Attempt, *, log_tail: str) -> None:
    """End a part of locked rows; the last one lets the whole be assembled, and assembling ends the whole."""
    transitions.end(attempt, Outcome.COMPLETED, at=held.now, log_tail=log_tail)
    held.job.progress = 100.0
    transitions.move(session, held, JobState.COMPLETED)
    if held.job.kind.afterwards:
        return
    whole = whole_of(session, held)
    _keep_log(attempt_row(session, whole.job), log_tail)
    if held.job.kind in _ENDING:
        _complete_whole(session, whole)
        return
    if held.job.kind is JobKind.ENCODE:
        _tell(session, held, f"Chunk {(held.job.chunk or 0) + 1} is done")
    if not unfinished(session, whole.job.id):
        begin(session, held, whole.job, Part(JobKind.ASSEMBLE))


def failed(session: Session, held: Held, error: ProcessingError) -> None:
    """After an attempt of a part ended badly: if it was its last one the other parts stop, and the whole fails.

    Where the chunks are at fault it is tried once more in one piece: a source with a damaged stretch is then encoded
    around it, while a chunk within that stretch has not one frame.
    """
    if held.job.kind.afterwards:
        return
    if held.job.state is not JobState.FAILED:
        _tell(session, held, f"{_name(held.job)}: {error.detail}; it is tried again")
        return
    whole = whole_of(session, held)
    cancel(session, whole)
    transitions.end(attempt_row(session, whole.job), Outcome.FAILED, at=held.now, error=error)
    divided = isinstance(error, DamagedSource | EncodeFailed) and not whole.job.undivided
    again = divided and whole.job.attempt < whole.job.max_attempts
    leave_output(session, whole.video, whole.job.attempt, for_good=not again)
    if not again:
        transitions.move(session, whole, JobState.FAILED, error=error)
        return
    whole.job.undivided = True
    transitions.move(session, whole, JobState.RETRYING, error=error, next_attempt_at=whole.now)
    transitions.send(session, whole.job, at=whole.now)


def cancel(session: Session, whole: Held) -> None:
    """End every unfinished part of a job. Running workers learn it by their next heartbeat."""
    for job in unfinished(session, whole.job.id):
        if job.state is JobState.RUNNING:
            transitions.end(attempt_row(session, job), Outcome.CANCELLED, at=whole.now)
        transitions.move(session, Held(job=job, video=whole.video, now=whole.now), JobState.CANCELLED)


def abandoned(session: Session, claim: Claim) -> bool:
    """Whether nothing will come of the whole that a part belongs to any more."""
    state = session.exec(select(Job.state).where(col(Job.id) == claim.job.parent_id)).one_or_none()
    return state in (None, JobState.CANCELLED, JobState.FAILED)


def afterwards(session: Session, whole: Held) -> None:
    """What a whole that has just been completed lets begin, for nobody to wait for: unless it was taken over too."""
    if session.get(Storyboard, (whole.video.id, whole.job.attempt)) is None:
        begin(session, whole, whole.job, Part(JobKind.STORYBOARD))
    if settings().measure_vmaf and (whole.job.recipe or {}).get("rungs") and _unmeasured(session, whole):
        begin(session, whole, whole.job, Part(JobKind.MEASURE))


def _unmeasured(session: Session, whole: Held) -> bool:
    """Whether there is a rung whose VMAF did not come along with it."""
    mine = (col(Rendition.video_id) == whole.video.id, col(Rendition.attempt) == whole.job.attempt)
    rungs = (col(Rendition.height) > 0, col(Rendition.mp4_key).is_not(None), col(Rendition.vmaf).is_(None))
    return session.exec(select(Rendition.id).where(*mine, *rungs).limit(1)).first() is not None


def of_job(session: Session, job_id: UUID) -> list[Job]:
    """The parts of a job, in the order in which they were asked for."""
    return list(session.exec(select(Job).where(col(Job.parent_id) == job_id).order_by(col(Job.id))).all())


def of_output(session: Session, job_id: UUID, output: int) -> list[Job]:
    """Those that one attempt of the job asked for: the parts of an attempt before have ended, but are still there."""
    return [part for part in of_job(session, job_id) if part.output == output]


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


def begin(session: Session, held: Held, whole: Job, part: Part) -> None:
    """Let one more part do its share of a whole job."""
    job = Job(
        team_id=whole.team_id,
        video_id=whole.video_id,
        parent_id=whole.id,
        output=whole.attempt,
        kind=part.kind,
        lane=part.lane,
        preset=whole.preset,
        # What nobody waits for goes after everything that somebody does.
        priority=Priority.BATCH if part.kind.afterwards else whole.priority,
        preset_version=whole.preset_version,
        recipe=whole.recipe,
        held=part.held,
        chunk=part.chunk,
        start_seconds=part.start_seconds,
        length_seconds=part.length_seconds,
        max_attempts=settings().max_attempts,
    )
    session.add(job)
    session.flush()
    if not job.held:
        transitions.send(session, job, at=held.now)


def whole_of(session: Session, held: Held) -> Held:
    """The locked rows of the whole that a part belongs to."""
    assert held.job.parent_id is not None
    whole = hold(session, job_id=held.job.parent_id)
    assert whole is not None, "a part goes with its whole"
    return whole


def unfinished(session: Session, whole_id: UUID) -> list[Job]:
    """The parts of a job that have not ended, locked."""
    ended = [state for state in JobState if state.final]
    query = select(Job).where(and_(col(Job.parent_id) == whole_id, col(Job.state).not_in(ended)))
    return list(session.exec(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all())


def _keep_log(attempt: Attempt, lines: str) -> None:
    """What a part that went well had to say stands in the log of the whole, where people look."""
    together = [*attempt.log_tail.splitlines(), *lines.splitlines()]
    attempt.log_tail = "\n".join(together[-_LOG_TAIL_LINES:])


def _complete_whole(session: Session, whole: Held) -> None:
    attempt = attempt_row(session, whole.job)
    transitions.end(attempt, Outcome.COMPLETED, at=whole.now)
    retire_instant(session, whole.video, attempt.number)
    show_output(session, whole.video, attempt)
    whole.video.ready_at, whole.video.progress = whole.now, 100.0
    transitions.move(session, whole, JobState.COMPLETED)
    afterwards(session, whole)


def _weight(job: Job) -> float:
    """What a chunk counts for the whole; one whose length is not known is the only one."""
    return job.length_seconds or 1.0


def _tell(session: Session, held: Held, text: str) -> None:
    transitions.tell(session, held.video, EventType.LOG, {"attempt": held.job.output, "text": text})


def _name(job: Job) -> str:
    return f"Chunk {job.chunk + 1}" if job.chunk is not None else job.kind.value.capitalize()
