"""State transitions: move a job, and with it its video; record an attempt's outcome; publish the change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from mediaproc import database
from mediaproc.domain.errors import Expected
from mediaproc.domain.states import JobState, Outcome, VideoStatus, video_status
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.events import publisher
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import current_output, event_payloads, webhooks
from mediaproc.operations.jobs.lease import LockedJob
from mediaproc.queue import tasks
from mediaproc.settings import settings


def move(
    session: Session,
    locked: LockedJob,
    state: JobState,
    *,
    error: Expected | None = None,
    next_attempt_at: datetime | None = None,
) -> None:
    """Move a whole job and its video to a state, and publish the status after the commit.

    A part moves alone: its video's status is that of the whole. A video with a complete output stays completed when
    the job fails or is cancelled; the job alone has the error.
    """
    job, video = locked.job, locked.video
    job.state, job.next_attempt_at = state, next_attempt_at
    job.lease_expires_at = locked.now + lease() if state is JobState.RUNNING else None
    job.finished_at = locked.now if state.final else None
    _set_error(job, error)
    if job.parent_id is not None:
        session.flush()
        return
    video.status = video_status(state, ready=video.ready)
    _set_error(video, error if state is JobState.FAILED and not video.ready else None)
    if state is not JobState.COMPLETED and video.status is VideoStatus.COMPLETED:
        _return_to_output(session, video)
    session.flush()
    publish(session, video, EventType.STATUS, event_payloads.of_status(video.status, job))


def send(session: Session, job: Job, *, at: datetime) -> None:
    """Put the job's message on its lane after the commit. If that fails, `resend_lost` sends it."""
    job.message_sent_at = at
    session.flush()
    database.after_commit(session, _sending(job))


def publish(session: Session, video: Video, type: EventType, data: dict[str, Any], *, to_webhooks: bool = True) -> None:
    """Publish an event about the video after the commit, and write its webhook deliveries in this transaction."""
    if to_webhooks:
        webhooks.notify(session, video, type, data)
    event = Event(type=type, team_id=video.team_id, video_id=video.id, data={"video_id": str(video.id), **data})
    database.after_commit(session, lambda: publisher.publish(event))


def end(attempt: Attempt, outcome: Outcome, *, at: datetime, error: Expected | None = None, log_tail: str = "") -> None:
    """Record the outcome of an attempt."""
    attempt.outcome, attempt.ended_at = outcome, at
    attempt.log_tail = log_tail or attempt.log_tail
    _set_error(attempt, error)


def lease() -> timedelta:
    """The length of a lease, from a claim or a heartbeat on."""
    return timedelta(seconds=settings().lease_seconds)


def _return_to_output(session: Session, video: Video) -> None:
    """Describe the output that the video still has, after a job that would have replaced it ended in vain."""
    video.progress = 100.0
    if (preset := current_output.preset_of(session, video)) is not None:
        video.preset, video.preset_version = preset.name, preset.version


def _sending(job: Job) -> Callable[[], None]:
    lane, job_id = job.lane, job.id
    return lambda: tasks.send(lane, job_id)


def _set_error(row: Job | Video | Attempt, error: Expected | None) -> None:
    row.error_code = error.code if error else None
    row.error_detail = error.detail if error else None
