"""An attempt while it runs: claim a job, renew the lease, record the command and the log. `outcomes` ends it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.media.presets import Preset
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, LockedJob, attempt_row, fence, lock_job


def claim(session: Session, *, job_id: UUID, worker: str) -> Claim | None:
    """Claim a waiting job that is due. None if another worker has it, it has ended, or it is not due yet.

    `worker` is `host:process`. The locks make this a conditional update: of several workers exactly one sees the job
    waiting.
    """
    locked = lock_job(session, job_id=job_id)
    if locked is None or not _is_due(locked):
        return None
    job, video = locked.job, locked.video
    job.attempt += 1
    if job.parent_id is None:
        video.progress = 0.0
    session.add(Attempt(job_id=job.id, number=job.attempt, worker=worker[:255], started_at=locked.now))
    transitions.move(session, locked, JobState.RUNNING)
    return Claim(job=job, video=video, attempt=job.attempt, worker=worker)


def heartbeat(
    session: Session, *, job_id: UUID, attempt: int, progress: float | None = None, whole: float | None = None
) -> bool:
    """Renew the lease and record the progress. False if the lease is lost: stop, and write nothing more.

    `progress` is the attempt's own and `whole` the video's as a part computes it, both in percent; the video's never
    falls. A job that is split holds no lease: nothing changes, and the answer is True.
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
    """Record the FFmpeg command or the end of its log, for the page. Raises LostLease."""
    attempt = attempt_row(session, fence(session, claim).job)
    attempt.command = attempt.command if command is None else command
    attempt.log_tail = attempt.log_tail if log_tail is None else log_tail
    session.flush()


def switch_preset(session: Session, claim: Claim, preset: Preset) -> None:
    """Go on with another preset, for a source that the requested one does not accept. Raises LostLease."""
    locked = fence(session, claim)
    locked.job.recipe = preset.to_json()
    for row in (locked.job, locked.video):
        row.preset, row.preset_version = preset.name, preset.version
    session.flush()


def _is_due(locked: LockedJob) -> bool:
    return (
        locked.job.state.waiting
        and not locked.job.held
        and (locked.job.next_attempt_at is None or locked.job.next_attempt_at <= locked.now)
    )
