"""Jobs for the periodic process: rescue, resend, sweep, prune. Safe to run on every host at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_
from sqlmodel import Session, col, select

from mediaproc import database, logs
from mediaproc.domain import tables
from mediaproc.domain.errors import WorkerLost
from mediaproc.domain.states import JOB_LANES, JobState, Lane, Outcome
from mediaproc.domain.tables import IdempotentAnswer, Job, Leftover, RefreshToken, now
from mediaproc.operations import idempotency
from mediaproc.operations.jobs import output_cleanup, transitions
from mediaproc.operations.jobs.lease import lock_job
from mediaproc.operations.jobs.outcomes import end_failed
from mediaproc.queue import tasks
from mediaproc.settings import settings
from mediaproc.storage import objects

log = logs.get_logger(__name__)

SWEEP_AGAIN = timedelta(minutes=1)
"""Delay before a failed sweep is tried again."""

ENDED_SIGN_IN_LIFE = timedelta(days=30)
"""How long an ended or expired session stays in the database for later inspection."""


def rescue_expired(session: Session, *, limit: int = 100) -> int:
    """Requeue running jobs whose lease has expired. Returns how many.

    They are sent again at once. The attempt is used up, so a job that kills its worker each time fails in the end. A
    job that can't be rescued, whatever is wrong with its rows, does not keep the others from it.
    """
    expired = select(Job.id).where(col(Job.state) == JobState.RUNNING, col(Job.lease_expires_at) < func.now())
    return sum(_rescued(session, job_id) for job_id in session.exec(expired.limit(limit)).all())


def resend_lost(session: Session, *, limit: int = 1000) -> int:
    """Send the messages of waiting jobs that have none: due retries, released jobs, and messages that Redis lost.

    Returns how many.
    """
    jobs = [job for lane in JOB_LANES for job in _without_message(session, lane, limit)]
    at = session.exec(select(func.now())).one()
    for job in jobs:
        transitions.send(session, job, at=at)
    return len(jobs)


def sweep_leftovers(*, limit: int = 10) -> int:
    """Delete objects that nothing shows any more. Returns how many prefixes; one that fails is tried again later.

    Storage may be slow, so it is called between transactions, which this opens itself.
    """
    with database.transaction() as session:
        due = _due_leftovers(session, limit)
    return sum(_sweep(leftover) for leftover in due)


def prune(session: Session) -> int:
    """Delete idempotent answers, refresh tokens and sessions that are past their time. Returns how many rows."""
    old = col(IdempotentAnswer.created_at) < now() - idempotency.ANSWER_LIFE
    answers = session.exec(delete(IdempotentAnswer).where(old))
    tokens = session.exec(delete(RefreshToken).where(col(RefreshToken.expires_at) < now()))
    return answers.rowcount + tokens.rowcount + _prune_sign_ins(session)


def _prune_sign_ins(session: Session) -> int:
    row = tables.Session
    since = now() - ENDED_SIGN_IN_LIFE
    unusable_since = since - timedelta(seconds=settings().refresh_token_seconds)
    return session.exec(
        delete(row).where(or_(col(row.ended_at) < since, col(row.last_used_at) < unusable_since))
    ).rowcount


def _rescued(session: Session, job_id: UUID) -> bool:
    try:
        with database.savepoint(session):
            return _rescue(session, job_id)
    except Exception:
        log.exception("rescue_failed", job_id=str(job_id))
        return False


def _rescue(session: Session, job_id: UUID) -> bool:
    locked = lock_job(session, job_id=job_id, skip_locked=True)
    if locked is None or not locked.job.lease_expired(locked.now):
        return False
    log.warning("attempt_lost", job_id=str(job_id), video_id=str(locked.video.id), attempt=locked.job.attempt)
    end_failed(session, locked, WorkerLost(), outcome=Outcome.LOST, at_once=True)
    return True


def _without_message(session: Session, lane: Lane, limit: int) -> list[Job]:
    unsent = _waiting(session, lane, col(Job.message_sent_at).is_(None), limit)
    missing = min(_sent(session, lane) - tasks.size(lane), limit - len(unsent))
    if missing <= 0:
        return unsent
    lost = and_(_sent_long_ago(), col(Job.id).not_in(tasks.waiting(lane)))
    return [*unsent, *_waiting(session, lane, lost, missing)]


def _waiting(session: Session, lane: Lane, missing: ColumnElement[bool], limit: int) -> list[Job]:
    due = or_(col(Job.next_attempt_at).is_(None), col(Job.next_attempt_at) <= func.now())
    waiting = col(Job.state).in_([JobState.QUEUED, JobState.RETRYING])
    free = col(Job.held).is_(False)
    query = select(Job).where(waiting, due, free, col(Job.lane) == lane, missing).order_by(col(Job.id)).limit(limit)
    return list(session.exec(query.with_for_update(skip_locked=True, key_share=True)).all())


def _sent(session: Session, lane: Lane) -> int:
    """The number of waiting jobs that must have a message. Any message lets one job be claimed, whichever it names."""
    waiting = col(Job.state).in_([JobState.QUEUED, JobState.RETRYING])
    sent = select(func.count()).select_from(Job).where(waiting, _sent_long_ago(), col(Job.lane) == lane)
    return session.exec(sent).one()


def _sent_long_ago() -> ColumnElement[bool]:
    """Condition: the message is old enough to be missed. A newer one may be taken but not yet claimed."""
    return col(Job.message_sent_at) < func.now() - timedelta(seconds=2 * settings().rescue_interval_seconds)


def _due_leftovers(session: Session, limit: int) -> Sequence[Leftover]:
    """Leftovers that are due, postponed so that no other host takes them, and so that a failed sweep is tried again."""
    due = select(Leftover).where(col(Leftover.sweep_after) < func.now()).order_by(col(Leftover.sweep_after))
    found = session.exec(due.limit(limit).with_for_update(skip_locked=True)).all()
    for leftover in found:
        leftover.sweep_after = now() + SWEEP_AGAIN
    return found


def _sweep(leftover: Leftover) -> bool:
    try:
        with database.transaction() as session:
            output_cleanup.forget_rendition(session, leftover.prefix)
        objects.delete_prefix(leftover.prefix)
    except Exception:
        log.warning("sweep_failed", prefix=leftover.prefix, exc_info=True)
        return False
    with database.transaction() as session:
        session.exec(delete(Leftover).where(col(Leftover.id) == leftover.id))
    return True
