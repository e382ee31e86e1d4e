"""Lease and fence: lock a job's rows for one change, or learn that this attempt no longer holds the job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Attempt, Job, Video


class LostLease(Exception):
    """This attempt may no longer write: it was cancelled or rescued, or its video was deleted.

    Not an `Expected` error: nobody is told, the worker just stops and writes nothing.
    """


@dataclass(frozen=True)
class Claim:
    """The right to run one attempt. `job` and `video` are as they were when it was claimed.

    `attempt` fences every write and names the output prefix; it is unique among all attempts of the video.
    """

    job: Job
    video: Video
    attempt: int
    worker: str

    @property
    def job_id(self) -> UUID:
        """The job that is run."""
        return self.job.id

    @property
    def video_id(self) -> UUID:
        """The video that is processed."""
        return self.video.id

    @property
    def team_id(self) -> UUID:
        """The team that owns both."""
        return self.video.team_id

    @property
    def is_part(self) -> bool:
        """True if the job is a part of a split job."""
        return self.job.parent_id is not None

    @property
    def output(self) -> int:
        """The number of the attempt whose output this one writes to: itself, or that of the whole."""
        return self.attempt if self.job.output is None else self.job.output


@dataclass(frozen=True)
class LockedJob:
    """A job's row and its video's, locked, and the database's time. Leases are compared with no other clock."""

    job: Job
    video: Video
    now: datetime


def lock_job(session: Session, *, job_id: UUID, skip_locked: bool = False) -> LockedJob | None:
    """Lock the video's row, then the job's, and read them afresh. None if they are gone (or busy and skipped)."""
    video = session.exec(
        select(Video)
        .where(col(Video.id) == select(Job.video_id).where(col(Job.id) == job_id).scalar_subquery())
        .with_for_update(key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).one_or_none()
    row = (
        video
        and session.exec(
            select(Job, func.now())
            .where(col(Job.id) == job_id)
            .with_for_update(key_share=True, of=Job)
            .execution_options(populate_existing=True)
        ).one_or_none()
    )
    return LockedJob(job=row[0], video=video, now=row[1]) if video and row else None


def lock_video(session: Session, video_id: UUID) -> Video:
    """Lock a video's row and read it afresh, so that no other job of it begins meanwhile. Raises NotFound."""
    video = session.exec(
        select(Video)
        .where(col(Video.id) == video_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if video is None:
        raise NotFound
    return video


def fence(session: Session, claim: Claim) -> LockedJob:
    """The rows of a claim, locked for one write. Raises LostLease if the claim no longer holds."""
    locked = lock_job(session, job_id=claim.job_id)
    if locked is None or locked.job.state is not JobState.RUNNING or locked.job.attempt != claim.attempt:
        raise LostLease
    return locked


def output_row(session: Session, job: Job) -> Attempt:
    """The row of the attempt whose output the job's newest attempt writes to."""
    if job.parent_id is None:
        return attempt_row(session, job)
    return session.exec(select(Attempt).where(Attempt.job_id == job.parent_id, Attempt.number == job.output)).one()


def attempt_row(session: Session, job: Job) -> Attempt:
    """The row of the job's newest attempt."""
    return session.exec(select(Attempt).where(Attempt.job_id == job.id, Attempt.number == job.attempt)).one()
