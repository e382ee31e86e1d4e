"""How much there is to do and how much there is, over all teams: for whoever runs Mediaproc, never for a team.

Numbers alone; nothing here names a team, a person or a video.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc import logs
from mediaproc.domain.states import JOB_LANES, JobState, Lane, VideoStatus
from mediaproc.domain.tables import Job, Video, now
from mediaproc.queue.huey import huey_of

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class Figures:
    """The numbers of one moment, zeros included."""

    jobs: dict[tuple[Lane, JobState], int]
    videos: dict[VideoStatus, int]
    oldest_waiting_seconds: dict[Lane, float]
    """Of each lane that carries jobs: how long the job has waited that could have begun first. 0: none waits."""
    messages: dict[Lane, int]
    """Of each lane: messages on its queue. Empty while Redis is away."""


def figures(session: Session) -> Figures:
    """Count everything now."""
    return Figures(
        jobs=_jobs(session), videos=_videos(session), oldest_waiting_seconds=_waiting(session), messages=_messages()
    )


def _jobs(session: Session) -> dict[tuple[Lane, JobState], int]:
    counted = session.exec(select(Job.lane, Job.state, func.count()).group_by(col(Job.lane), col(Job.state)))
    none = {(lane, state): 0 for lane in JOB_LANES for state in JobState}
    return none | {(Lane(lane), JobState(state)): count for lane, state, count in counted}


def _videos(session: Session) -> dict[VideoStatus, int]:
    counted = session.exec(select(Video.status, func.count()).group_by(col(Video.status)))
    return dict.fromkeys(VideoStatus, 0) | {VideoStatus(status): count for status, count in counted}


def _waiting(session: Session) -> dict[Lane, float]:
    """A job that is held, or whose next attempt is not due, waits for something else than a worker."""
    at = now()
    ready_at: Any = func.coalesce(Job.next_attempt_at, Job.created_at)
    asked = select(Job.lane, func.min(ready_at)).where(
        col(Job.state).in_([state for state in JobState if state.waiting]), col(Job.held).is_(False), ready_at <= at
    )
    oldest = dict(session.exec(asked.group_by(col(Job.lane))).all())
    return {lane: (at - oldest[lane]).total_seconds() if lane in oldest else 0.0 for lane in JOB_LANES}


def _messages() -> dict[Lane, int]:
    try:
        return {lane: int(huey_of(lane).pending_count()) for lane in Lane}
    except RedisError as error:
        log.warning("queue_not_counted", error=type(error).__name__)
        return {}
