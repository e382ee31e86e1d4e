"""Take hold of a job's rows for one change, or learn that one may not change them any more."""

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
    """This attempt is no longer the one that may write: cancelled, rescued, or its video deleted.

    Not one of the expected errors: nobody is told, the worker just stops and writes nothing.
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
        """Whether the job is a part of one that shared out its work."""
        return self.job.parent_id is not None

    @property
    def output(self) -> int:
        """The attempt whose output this one writes to: itself, or that of the whole."""
        return self.attempt if self.job.output is None else self.job.output


@dataclass(frozen=True)
class Held:
    """Locked rows, and the database's clock: leases compare with no other."""

    job: Job
    video: Video
    now: datetime


def hold(session: Session, *, job_id: UUID, skip_locked: bool = False) -> Held | None:
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
    return Held(job=row[0], video=video, now=row[1]) if video and row else None


def hold_video(session: Session, video_id: UUID) -> Video:
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


def fenced(session: Session, claim: Claim) -> Held:
    """The rows of a claim, locked for one write. Raises LostLease if the claim no longer holds."""
    held = hold(session, job_id=claim.job_id)
    if held is None or held.job.state is not JobState.RUNNING or held.job.attempt != claim.attempt:
        raise LostLease
    return held


def output_row(session: Session, job: Job) -> Attempt:
    """The row of the attempt whose output the job's newest attempt writes to."""
    if job.parent_id is None:
        return attempt_row(session, job)
    return session.exec(select(Attempt).where(Attempt.job_id == job.parent_id, Attempt.number == job.output)).one()


def attempt_row(session: Session, job: Job) -> Attempt:
    """The row of the job's newest attempt."""
    return session.exec(select(Attempt).where(Attempt.job_id == job.id, Attempt.number == job.attempt)).one()
