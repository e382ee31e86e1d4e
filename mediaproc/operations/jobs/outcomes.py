"""Outcomes of an attempt: completed, failed, released or lost. One path for whole jobs and for their parts.

A part's end may be its whole's: the last part lets the result be assembled, an `ENDING_KINDS` part completes the
whole, and a part that fails for good fails it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain.errors import DamagedSource, EncodeFailed, ProcessingError, UnsupportedCodec
from mediaproc.domain.retry import next_attempt_at
from mediaproc.domain.states import JobKind, JobState, Outcome
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.operations.jobs import children, transitions
from mediaproc.operations.jobs.children import Part
from mediaproc.operations.jobs.lease import Claim, LockedJob, attempt_row, fence
from mediaproc.operations.jobs.output_cleanup import drop_output, retire_instant, retire_output
from mediaproc.operations.jobs.outputs import show_output
from mediaproc.settings import settings

_SOURCE_ERRORS = (DamagedSource, EncodeFailed, UnsupportedCodec)
"""Errors that may be those of a part of the source only: another way of processing it may succeed."""

_AUDIO_KINDS = frozenset({JobKind.AUDIO, JobKind.REMUX, JobKind.COPY, JobKind.FILES})


def complete(session: Session, claim: Claim, *, log_tail: str = "") -> None:
    """Complete the claimed job; a whole's output becomes what the video shows. Raises LostLease.

    A job that is split stays running: its last part completes it.
    """
    locked = fence(session, claim)
    if locked.job.lease_expires_at is None:
        attempt = attempt_row(session, locked.job)
        attempt.log_tail = log_tail or attempt.log_tail
        session.flush()
        return
    _complete(session, locked, log_tail=log_tail)


def fail(session: Session, claim: Claim, error: ProcessingError, *, log_tail: str = "") -> None:
    """End the attempt with its error; the job is retried or fails for good. Raises LostLease."""
    end_failed(session, fence(session, claim), error, outcome=Outcome.FAILED, log_tail=log_tail)


def release(session: Session, claim: Claim, error: ProcessingError, *, log_tail: str = "") -> None:
    """Return the job to the queue because this worker stops, without using up an attempt. Raises LostLease.

    No message is sent here, or another process of the stopping worker would take it: `resend_lost` sends it.
    """
    locked = fence(session, claim)
    transitions.end(attempt_row(session, locked.job), Outcome.LOST, at=locked.now, error=error, log_tail=log_tail)
    if not claim.is_part:
        retire_output(session, locked.video, claim.attempt, final=False)
    locked.job.max_attempts += 1
    locked.job.message_sent_at = None
    transitions.move(session, locked, JobState.QUEUED)


def discard_output(session: Session, claim: Claim) -> None:
    """Schedule for deletion what an attempt wrote after it lost its lease, unless viewers still see it.

    A part writes among the objects of the other parts, so only an abandoned whole's output goes; otherwise the end of
    the whole deletes what nothing names.
    """
    if claim.is_part and not children.is_abandoned(session, claim):
        return
    video = session.exec(
        select(Video).where(col(Video.id) == claim.video_id).with_for_update(key_share=True)
    ).one_or_none()
    if not claim.is_part and _still_runs(session, claim):
        return
    if video is None or video.output_attempt != claim.output:
        drop_output(session, claim.video_id, claim.output)


def end_failed(
    session: Session,
    locked: LockedJob,
    error: ProcessingError,
    *,
    outcome: Outcome,
    log_tail: str = "",
    at_once: bool = False,
) -> None:
    """End the running attempt of locked rows with an error. `at_once` retries without back-off, for a lost worker."""
    transitions.end(attempt_row(session, locked.job), outcome, at=locked.now, error=error, log_tail=log_tail)
    again_at = next_attempt_at(
        retryable=error.retryable and locked.job.attempt < locked.job.max_attempts,
        attempt=_attempts_of(session, locked.job),
        max_attempts=locked.job.max_attempts,
        base_seconds=0.0 if at_once else settings().retry_base_seconds,
        now=locked.now,
    )
    _retry_or_fail(session, locked, error, again_at=again_at)
    if locked.job.parent_id is not None and not locked.job.kind.afterwards:
        _after_failed_part(session, locked, error)


def _complete(session: Session, locked: LockedJob, *, log_tail: str = "") -> None:
    job, attempt = locked.job, attempt_row(session, locked.job)
    transitions.end(attempt, Outcome.COMPLETED, at=locked.now, log_tail=log_tail)
    if job.parent_id is not None:
        job.progress = 100.0
        transitions.move(session, locked, JobState.COMPLETED)
        _after_completed_part(session, locked, log_tail)
        return
    retire_instant(session, locked.video, attempt.number)
    show_output(session, locked.video, attempt)
    locked.video.ready_at, locked.video.progress = locked.now, 100.0
    transitions.move(session, locked, JobState.COMPLETED)
    children.begin_follow_ups(session, locked)


def _after_completed_part(session: Session, part: LockedJob, log_tail: str) -> None:
    """Complete the whole if this part does that, or let the result be assembled if it was the last one."""
    if part.job.kind.afterwards:
        return
    whole = children.whole_of(session, part)
    children.append_log(attempt_row(session, whole.job), log_tail)
    if part.job.kind in children.ENDING_KINDS:
        _complete(session, whole)
        return
    if part.job.kind is JobKind.ENCODE:
        children.publish_log(session, part, f"{children.name_of(part.job)} is done")
    if not children.unfinished(session, whole.job.id):
        children.begin(session, part, whole.job, Part(JobKind.ASSEMBLE))


def _after_failed_part(session: Session, part: LockedJob, error: ProcessingError) -> None:
    """Stop the other parts and fail the whole if this was the part's last attempt.

    If the chunks are at fault the whole is tried once more in one piece: FFmpeg then encodes around a damaged stretch,
    while a chunk within that stretch has no frame at all. If audio may be at fault the whole is tried once more too,
    without the audio tracks that can't be decoded.
    """
    if part.job.state is not JobState.FAILED:
        children.publish_log(session, part, f"{children.name_of(part.job)} failed and is retried: {error.detail}")
        return
    whole = children.whole_of(session, part)
    children.cancel(session, whole)
    transitions.end(attempt_row(session, whole.job), Outcome.FAILED, at=part.now, error=error)
    another_way = isinstance(error, _SOURCE_ERRORS) and (not whole.job.undivided or _is_first_on_audio(session, part))
    again = another_way and whole.job.attempt < whole.job.max_attempts
    whole.job.undivided = whole.job.undivided or again
    _retry_or_fail(session, whole, error, again_at=whole.now if again else None)


def failed_on_source(session: Session, job_id: UUID) -> int:
    """Return how many attempts of a whole job have failed because of the source."""
    codes = [error.code for error in _SOURCE_ERRORS]
    failed = (col(Attempt.job_id) == job_id, col(Attempt.outcome) == Outcome.FAILED, col(Attempt.error_code).in_(codes))
    return session.exec(select(func.count()).select_from(Attempt).where(*failed)).one()


def _is_first_on_audio(session: Session, part: LockedJob) -> bool:
    """Return whether this part, the first of its whole to fail on the source, reads audio tracks."""
    assert part.job.parent_id is not None
    audio = (part.video.media_info or {}).get("audio")
    return bool(audio) and part.job.kind in _AUDIO_KINDS and failed_on_source(session, part.job.parent_id) <= 1


def _retry_or_fail(session: Session, locked: LockedJob, error: ProcessingError, *, again_at: datetime | None) -> None:
    """Move a job whose attempt has ended to `retrying`, or to `failed` if `again_at` is None."""
    if locked.job.parent_id is None:
        retire_output(session, locked.video, locked.job.attempt, final=again_at is None)
    locked.job.message_sent_at = None
    state = JobState.FAILED if again_at is None else JobState.RETRYING
    transitions.move(session, locked, state, error=error, next_attempt_at=again_at)
    if again_at is not None and again_at <= locked.now:
        transitions.send(session, locked.job, at=locked.now)


def _still_runs(session: Session, claim: Claim) -> bool:
    """True if the attempt is split and waits for its parts.

    A worker that split its job and then lost the database for longer than a lease believes that it lost the job.
    """
    mine = (col(Job.id) == claim.job_id, col(Job.attempt) == claim.attempt, col(Job.state) == JobState.RUNNING)
    return session.exec(select(Job.id).where(*mine)).one_or_none() is not None


def _attempts_of(session: Session, job: Job) -> int:
    return session.exec(select(func.count()).select_from(Attempt).where(col(Attempt.job_id) == job.id)).one()
