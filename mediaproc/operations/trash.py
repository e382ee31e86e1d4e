"""Trash: videos that were deleted on the page. They are hidden at once, and deleted with their objects a week later.

`DELETE /videos/{id}` of the API deletes at once: programs that delete mean it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from mediaproc import database
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import JobState, VideoStatus
from mediaproc.domain.tables import Leftover, Video, now
from mediaproc.events.messages import EventType
from mediaproc.operations import event_payloads, tenancy, uploads, views
from mediaproc.operations.jobs import output_cleanup, requests, transitions
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.views import VideoView
from mediaproc.storage import keys

KEPT = timedelta(days=7)
"""How long a deleted video can be restored."""


def discard(session: Session, principal: Principal, id: UUID) -> None:
    """Move a video to the trash and cancel its job. One that is not uploaded yet is deleted. Raises NotFound.

    It is told as removed before its job ends, since pages stop to follow a video that is cancelled.
    """
    video = tenancy.find(session, principal, Video, id, lock=True)
    if video.status is VideoStatus.UPLOADING:
        remove(session, video)
        return
    video.deleted_at = now()
    transitions.publish(session, video, EventType.REMOVED, {}, to_webhooks=False)
    job = requests.newest(session, video_id=video.id)
    if job is not None and not job.state.final:
        requests.cancel(session, job=job)


def restore(session: Session, principal: Principal, id: UUID) -> VideoView:
    """Take a video out of the trash; a job that was cancelled with it begins again. Nothing happens to a video that is
    not in it. Raises NotFound.
    """
    query = select(Video).where(Video.id == id, Video.team_id == principal.team_id)
    video = session.exec(query.with_for_update()).one_or_none()
    if video is None:
        raise NotFound
    if video.deleted_at is not None:
        _restore(session, video, deleted_at=video.deleted_at)
    return views.of_videos(session, [video])[0]


def remove(session: Session, video: Video) -> None:
    """Delete a video: its rows now, its objects soon after, running work at its next write.

    Swept twice, since a worker that does not know yet may still be storing a segment.
    """
    uploads.leave_behind(session, video)
    prefix = keys.video_prefix(video.id)
    session.add_all([Leftover(prefix=prefix), Leftover(prefix=prefix, sweep_after=now() + output_cleanup.grace())])
    transitions.publish(session, video, EventType.REMOVED, {})
    session.delete(video)
    session.flush()


def purge(*, limit: int = 100) -> int:
    """Delete videos that have been in the trash for a week, each in a transaction of its own. Returns how many."""
    old = select(Video.id).where(col(Video.deleted_at) < now() - KEPT).limit(limit)
    with database.transaction() as session:
        ids = session.exec(old).all()
    return sum(_purge(id) for id in ids)


_TICK = timedelta(seconds=5)
"""The database's clock, which ends jobs, may differ that much from this host's."""


def _restore(session: Session, video: Video, *, deleted_at: datetime) -> None:
    video.deleted_at = None
    session.flush()
    job = requests.newest(session, video_id=video.id)
    if (
        job is not None
        and job.state is JobState.CANCELLED
        and job.finished_at
        and job.finished_at >= deleted_at - _TICK
    ):
        requests.retry(session, video=video)
    transitions.publish(session, video, EventType.CHANGED, event_payloads.of_choices(video))


def _purge(id: UUID) -> bool:
    with database.transaction() as session:
        query = select(Video).where(Video.id == id, col(Video.deleted_at) < now() - KEPT)
        video = session.exec(query.with_for_update(skip_locked=True)).one_or_none()
        if video is not None:
            remove(session, video)
        return video is not None
