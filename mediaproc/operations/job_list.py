"""The team's work: what waits, runs, failed or is done.

A row is a whole job, the newest of its video: what came before it is history that the video's page tells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from mediaproc.domain.states import JobState, Priority
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.operations import cursors, progress, queue_places, tenancy, views
from mediaproc.operations.cursors import Page
from mediaproc.operations.queue_places import Place
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.views import ErrorView

MOST = 500
"""Rows that are read in one go, whatever is asked for."""


@dataclass(frozen=True)
class Work:
    """A whole job, with what is shown of its video.

    `attempt` of `attempts` counts those of this job alone. `started_at` is when the newest one began, None before the
    first. `latest_progress` is the data of the newest progress event while it runs. `place` is set while no worker is
    at it, which may be so of a running job, too.
    """

    job_id: UUID
    video_id: UUID
    title: str
    state: JobState
    priority: Priority
    progress: float
    attempt: int
    attempts: int
    error: ErrorView | None
    created_at: datetime
    started_at: datetime | None
    next_attempt_at: datetime | None
    finished_at: datetime | None
    latest_progress: dict[str, Any] | None
    place: Place | None = None


def page(
    session: Session,
    principal: Principal,
    *,
    states: Collection[JobState],
    at_work: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Work]:
    """The newest work in these states, or what comes after the cursor. Raises Invalid for what is no cursor.

    `at_work` narrows running jobs to those that a worker is at, or to those that wait for one.
    """
    limit = min(limit, MOST)
    before = cursors.read(cursor) if cursor else None
    each = [_newest_in(principal, state, cursors.beyond(limit), before, at_work) for state in sorted(states)]
    rows = tenancy.scoped(principal, Job).where(col(Job.id).in_(select(union_all(*each).subquery().c.id)))
    jobs = session.exec(rows.order_by(col(Job.id).desc()).limit(cursors.beyond(limit))).all()
    found = cursors.page_of(jobs, limit=limit, cursor_of=lambda job: cursors.after(job.id))
    return Page(items=_with_videos(session, principal, found.items), next_cursor=found.next_cursor)


def counts(session: Session, principal: Principal) -> dict[JobState, int]:
    """How much of the work is in each state that asks for attention; no further than to one more than `MOST`.

    Running jobs that wait for a worker count as queued.
    """
    found = {state: _count(session, principal, state, True) for state in set(JobState) - {JobState.COMPLETED}}
    found[JobState.QUEUED] += _count(session, principal, JobState.RUNNING, False)
    return found


def _count(session: Session, principal: Principal, state: JobState, at_work: bool) -> int:
    rows = _newest_in(principal, state, MOST + 1, None, at_work).subquery()
    return session.exec(select(func.count()).select_from(rows)).one()


def _newest_in(
    principal: Principal, state: JobState, limit: int, before: UUID | None, at_work: bool | None = None
) -> Any:
    """The ids of one state, read in the order of its index: all states together would have to be sorted."""
    later: Any = aliased(Job)
    another = select(later.id).where(later.video_id == Job.video_id, later.parent_id.is_(None), later.id > Job.id)
    newest_whole = (col(Job.state) == state, col(Job.parent_id).is_(None), ~another.exists())
    in_trash = select(Video.id).where(Video.id == Job.video_id, col(Video.deleted_at).is_not(None))
    query = tenancy.scoped(principal, Job).with_only_columns(col(Job.id)).where(*newest_whole, ~in_trash.exists())
    if state is JobState.RUNNING and at_work is not None:
        waits = col(Job.video_id).in_(queue_places.ids(principal.team_id))
        query = query.where(~waits if at_work else waits)
    if before is not None:
        query = query.where(col(Job.id) < before)
    return query.order_by(col(Job.id).desc().nulls_last()).limit(limit)


def _with_videos(session: Session, principal: Principal, jobs: Sequence[Job]) -> list[Work]:
    if not jobs:
        return []
    wanted = tenancy.scoped(principal, Video).where(col(Video.id).in_([job.video_id for job in jobs]))
    videos = {video.id: video for video in session.exec(wanted)}
    attempts = _attempts(session, [job.id for job in jobs])
    shown = [job for job in jobs if job.video_id in videos]
    latest = progress.latest(list(videos.values()), {job.video_id: job for job in shown})
    unfinished = any(not job.state.final for job in shown)
    places = queue_places.of_team(session, principal) if unfinished else {}
    return [
        _work(job, videos[job.video_id], attempts.get(job.id), latest.get(job.video_id), places.get(job.video_id))
        for job in shown
    ]


def _attempts(session: Session, job_ids: Sequence[UUID]) -> dict[UUID, tuple[int, datetime]]:
    """How many attempts each job has begun, and when the newest one."""
    counted = select(Attempt.job_id, func.count(), func.max(Attempt.started_at)).group_by(col(Attempt.job_id))
    found = session.exec(counted.where(col(Attempt.job_id).in_(job_ids)))
    return {id: (count, at) for id, count, at in found}


def _work(
    job: Job,
    video: Video,
    begun: tuple[int, datetime] | None,
    latest_progress: dict[str, Any] | None,
    place: Place | None,
) -> Work:
    count, started_at = begun or (0, None)
    return Work(
        job_id=job.id,
        video_id=video.id,
        title=video.title,
        state=job.state,
        priority=job.priority,
        progress=video.progress,
        attempt=count,
        attempts=job.max_attempts - (job.attempt - count),
        error=views.error_of(job),
        created_at=job.created_at,
        started_at=started_at,
        next_attempt_at=job.next_attempt_at if job.state is JobState.RETRYING else None,
        finished_at=job.finished_at,
        latest_progress=latest_progress,
        place=None if job.state.final else place,
    )
