"""The verbs of the worker that runs an attempt: claim, heartbeat, and the ways to end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from mediaproc.domain.errors import ProcessingError
from mediaproc.domain.states import JobState, Outcome, next_attempt_at
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.operations.jobs import children, transitions
from mediaproc.operations.jobs.lease import Claim, Held, attempt_row, fenced, hold
from mediaproc.operations.jobs.output_cleanup import drop_output, leave_output
from mediaproc.operations.jobs.outputs import show_output
from mediaproc.settings import settings


def claim(session: Session, *, job_id: UUID, worker: str) -> Claim | None:
    """Take a waiting job that is due. None if another has it, it has ended, or its time has not come.

    The locks make it a conditional update: of several claimants exactly one sees the job waiting.
    """
    held = hold(session, job_id=job_id)
    if held is None or not _due(held):
        return None
    job, video = held.job, held.video
    job.attempt += 1
    if job.parent_id is None:
        video.progress = 0.0
    session.add(Attempt(job_id=job.id, number=job.attempt, worker=worker[:255], started_at=held.now))
    transitions.move(session, held, JobState.RUNNING)
    return Claim(job=job, video=video, attempt=job.attempt, worker=worker)


def heartbeat(
    session: Session, *, job_id: UUID, attempt: int, progress: float | None = None, whole: float | None = None
) -> bool:
    """Renew the lease and write down the progress. False: the lease is lost, stop and write nothing.

    `whole` is the video's progress as a part sees it, `progress` its own; neither falls. A job that has shared out
    its work holds no lease any more; there it changes nothing and says True.
    """
    running = (col(Job.id) == job_id, col(Job.state) == JobState.RUNNING, col(Job.attempt) == attempt)
    known = session.exec(select(Job.parent_id, Job.lease_expires_at).where(*running)).one_or_none()
    if known is None or known[1] is None:
        return known is not None
    is_part = known[0] is not None
    seen = func.greatest(Video.progress, whole) if is_part and whole is not None else progress
    if seen is not None:
        mine = select(Job.video_id).where(*running).scalar_subquery()
        session.exec(update(Video).where(col(Video.id) == mine).values(progress=seen))
    values = {"progress": func.greatest(Job.progress, progress)} if is_part and progress is not None else {}
    leased = col(Job.lease_expires_at).is_not(None)
    renewed = update(Job).where(*running, leased).values(lease_expires_at=func.now() + transitions.lease(), **values)
    return session.exec(renewed).rowcount == 1


def note(session: Session, claim: Claim, *, command: str | None = None, log_tail: str | None = None) -> None:
    """Write down the FFmpeg command or the tail of its log, for the page. Raises LostLease."""
    attempt = attempt_row(session, fenced(session, claim).job)
    attempt.command = attempt.command if command is None else command
    attempt.log_tail = attempt.log_tail if log_tail is None else log_tail
    session.flush()


def complete(session: Session, claim: Claim, *, log_tail: str = "") -> None:
    """End the job: the attempt's output is what the video shows from now on. Raises LostLease.

    A job that has shared out its work is ended by the last of its parts.
    """
    held = fenced(session, claim)
    attempt = attempt_row(session, held.job)
    if held.job.parent_id is not None:
        children.complete(session, held, attempt, log_tail=log_tail)
        return
    if held.job.lease_expires_at is None:
        attempt.log_tail = log_tail or attempt.log_tail
        session.flush()
        return
    transitions.end(attempt, Outcome.COMPLETED, at=held.now, log_tail=log_tail)
    show_output(session, held.video, attempt)
    held.video.ready_at, held.video.progress = held.now, 100.0
    transitions.move(session, held, JobState.COMPLETED)
    children.afterwards(session, held)


def fail(session: Session, claim: Claim, error: ProcessingError, *, log_tail: str = "") -> None:
    """End the attempt with its error; the job waits for another one, or fails for good. Raises LostLease."""
    end_failed(session, fenced(session, claim), error, outcome=Outcome.FAILED, log_tail=log_tail)


def give_back(session: Session, claim: Claim, error: ProcessingError, *, log_tail: str = "") -> None:
    """Put the job back untouched because this worker stops: not the job's fault, so no attempt is used up.

    No message is sent here, or this stopping worker's neighbours would take it: `resend_lost` sends it.
    """
    held = fenced(session, claim)
    transitions.end(attempt_row(session, held.job), Outcome.LOST, at=held.now, error=error, log_tail=log_tail)
    if not claim.is_part:
        leave_output(session, held.video, claim.attempt, for_good=False)
    held.job.max_attempts += 1
    held.job.message_sent_at = None
    transitions.move(session, held, JobState.QUEUED)


def leave_behind(session: Session, claim: Claim) -> None:
    """Let what a fenced-out attempt wrote after it lost its lease be swept, unless viewers still see it.

    What a part wrote lies among what the other parts do: the end of the whole tidies it up.
    """
    if claim.is_part and not children.abandoned(session, claim):
        return
    video = session.exec(
        select(Video).where(col(Video.id) == claim.video_id).with_for_update(key_share=True)
    ).one_or_none()
    if not claim.is_part and _runs_on(session, claim):
        return
    if video is None or video.output_attempt != claim.output:
        drop_output(session, claim.video_id, claim.output)


def end_failed(
    session: Session, held: Held, error: ProcessingError, *, outcome: Outcome, log_tail: str = "", at_once: bool = False
) -> None:
    """End the running attempt of locked rows. `at_once`: without back-off, for what was not the job's own failure."""
    transitions.end(attempt_row(session, held.job), outcome, at=held.now, error=error, log_tail=log_tail)
    again_at = next_attempt_at(
        retryable=error.retryable and held.job.attempt < held.job.max_attempts,
        attempt=_attempts_of(session, held.job),
        max_attempts=held.job.max_attempts,
        base_seconds=0.0 if at_once else settings().retry_base_seconds,
        now=held.now,
    )
    if held.job.parent_id is None:
        leave_output(session, held.video, held.job.attempt, for_good=again_at is None)
    held.job.message_sent_at = None
    state = JobState.FAILED if again_at is None else JobState.RETRYING
    transitions.move(session, held, state, error=error, next_attempt_at=again_at)
    if again_at is not None and again_at <= held.now:
        transitions.send(session, held.job, at=held.now)
    if held.job.parent_id is not None:
        children.failed(session, held, error)


def _runs_on(session: Session, claim: Claim) -> bool:
    """Whether the attempt has shared out its work and waits for the parts that fill its output now.

    Who shared out and then lost the database for longer than a lease believes to have been fenced out.
    """
    mine = (col(Job.id) == claim.job_id, col(Job.attempt) == claim.attempt, col(Job.state) == JobState.RUNNING)
    return session.exec(select(Job.id).where(*mine)).one_or_none() is not None


def _due(held: Held) -> bool:
    return (
        held.job.state.waiting
        and not held.job.held
        and (held.job.next_attempt_at is None or held.job.next_attempt_at <= held.now)
    )


def _attempts_of(session: Session, job: Job) -> int:
    return session.exec(select(func.count()).select_from(Attempt).where(col(Attempt.job_id) == job.id)).one()
