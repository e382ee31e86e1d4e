"""Active attempts of a team: the jobs that workers execute now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from mediaproc.domain.states import JobKind, JobState
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.operations import tenancy
from mediaproc.operations.tenancy import Principal

MOST = 200
"""Attempts that are told of at most."""


@dataclass(frozen=True)
class ActiveAttempt:
    """An attempt that runs: `worker` is `host:process`, `chunk` counts from 0 and is None but of chunks."""

    worker: str
    video_id: UUID
    title: str
    kind: JobKind
    chunk: int | None
    started_at: datetime


def now(session: Session, principal: Principal) -> list[ActiveAttempt]:
    """All of it, in the order it began. A job that has shared out its work has no lease: nobody is at it."""
    running = (col(Job.state) == JobState.RUNNING, col(Job.lease_expires_at).is_not(None))
    mine = session.exec(tenancy.scoped(principal, Job).where(*running).limit(MOST)).all()
    query = (
        select(Job, Attempt, Video)
        .join(Attempt, (col(Attempt.job_id) == col(Job.id)) & (col(Attempt.number) == col(Job.attempt)))
        .join(Video, col(Video.id) == col(Job.video_id))
        .where(col(Job.id).in_([job.id for job in mine]))
        .order_by(col(Attempt.started_at), col(Job.id))
    )
    return [_active_attempt(*row) for row in session.exec(query)]


def _active_attempt(job: Job, attempt: Attempt, video: Video) -> ActiveAttempt:
    return ActiveAttempt(
        worker=attempt.worker,
        video_id=video.id,
        title=video.title,
        kind=job.kind,
        chunk=job.chunk,
        started_at=attempt.started_at,
    )
