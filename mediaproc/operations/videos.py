"""Videos: look at them, page through them, name, download, cancel, retry, reprocess and delete them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import or_
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Conflict, Detail, Invalid, NotFound
from mediaproc.domain.states import Priority, VideoStatus
from mediaproc.domain.tables import Job, Rendition, Video
from mediaproc.events.messages import EventType
from mediaproc.operations import (
    current_output,
    event_payloads,
    filenames,
    presets,
    tenancy,
    trash,
    video_sorting,
    views,
)
from mediaproc.operations.jobs import requests, transitions
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.video_sorting import Order
from mediaproc.operations.views import AttemptView, JobView, VideoView
from mediaproc.storage import presign

__all__ = [
    "AttemptView",
    "JobView",
    "Order",
    "VideoPage",
    "VideoView",
    "cancel",
    "change",
    "delete",
    "download_url",
    "jobs",
    "page",
    "prioritize",
    "rename",
    "reprocess",
    "retry",
    "view",
]

DOWNLOAD_SECONDS = 6 * 3600
"""S3 looks at the time when a download begins, so this is for pauses and for resuming."""

SOURCE = "source"
"""The name by which the uploaded file is downloaded."""


class VideoPage(BaseModel):
    """Some videos, the newest first unless another order is asked for."""

    items: list[VideoView]
    next_cursor: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


def view(session: Session, principal: Principal, id: UUID) -> VideoView:
    """One video. Raises NotFound."""
    return _view(session, tenancy.find(session, principal, Video, id))


def page(
    session: Session,
    principal: Principal,
    *,
    limit: int = 50,
    cursor: str | None = None,
    status: VideoStatus | Sequence[VideoStatus] | None = None,
    query: str | None = None,
    order: Order = Order.NEWEST,
) -> VideoPage:
    """The first videos in this order, or those after the cursor: pages are stable while videos are added."""
    rows = tenancy.scoped(principal, Video)
    if status:
        rows = rows.where(col(Video.status).in_([status] if isinstance(status, VideoStatus) else status))
    if query:
        rows = rows.where(_named_like(query))
    found = video_sorting.page(session, rows, order, limit=limit, cursor=cursor)
    return VideoPage(items=views.of_videos(session, found.items), next_cursor=found.next_cursor)


def jobs(session: Session, principal: Principal, id: UUID) -> list[JobView]:
    """Every job of a video with its attempts, the newest job first. Raises NotFound."""
    return views.of_jobs(session, tenancy.find(session, principal, Video, id))


def rename(session: Session, principal: Principal, id: UUID, *, title: str) -> VideoView:
    """Give a video another title. Raises NotFound, and Invalid for an empty one."""
    video = tenancy.find(session, principal, Video, id, lock=True)
    wanted = " ".join("".join(letter for letter in title if letter.isprintable()).split())
    if not wanted or len(wanted) > filenames.LONGEST:
        raise Invalid.field("title", Detail.TITLE_LENGTH.format(longest=filenames.LONGEST))
    video.title = wanted
    session.flush()
    transitions.publish(session, video, EventType.CHANGED, event_payloads.of_choices(video))
    return _view(session, video)


def prioritize(session: Session, principal: Principal, id: UUID, *, priority: Priority) -> VideoView:
    """Let a video's work go before or after others'. Raises NotFound."""
    video = tenancy.find(session, principal, Video, id, lock=True)
    requests.prioritize(session, video=video, priority=priority)
    transitions.publish(session, video, EventType.CHANGED, event_payloads.of_choices(video))
    return _view(session, video)


def change(
    session: Session, principal: Principal, id: UUID, *, title: str | None = None, priority: Priority | None = None
) -> VideoView:
    """Change what is named of a video; all or nothing. Raises NotFound and Invalid."""
    if priority is not None:
        prioritize(session, principal, id, priority=priority)
    return view(session, principal, id) if title is None else rename(session, principal, id, title=title)


def delete(session: Session, principal: Principal, id: UUID) -> None:
    """Delete a video at once, with its objects and running work (see `trash.remove`). Raises NotFound."""
    trash.remove(session, tenancy.find(session, principal, Video, id, lock=True))


def cancel(session: Session, principal: Principal, id: UUID) -> VideoView:
    """Stop the work on a video. Raises NotFound, and Conflict when none is going on."""
    video = tenancy.find(session, principal, Video, id, lock=True)
    job = requests.newest(session, video_id=video.id)
    if job is None:
        raise Conflict(Detail.UPLOAD_UNFINISHED_CANCEL_IT)
    requests.cancel(session, job=job)
    return _view(session, video)


def retry(session: Session, principal: Principal, id: UUID) -> VideoView:
    """Process a failed or cancelled video again. Raises NotFound and Conflict."""
    video = tenancy.find(session, principal, Video, id, lock=True)
    requests.retry(session, video=video)
    return _view(session, video)


def reprocess(session: Session, principal: Principal, id: UUID, *, preset: str) -> VideoView:
    """Process a video with another preset. Raises NotFound, Conflict, and Invalid for an unknown preset."""
    video = tenancy.find(session, principal, Video, id, lock=True)
    presets.check(session, principal, preset)
    requests.reprocess(session, video=video, preset=preset)
    return _view(session, video)


def download_url(
    session: Session, principal: Principal, id: UUID, *, rendition: str | None = None, head: bool = False
) -> str:
    """Presigned download URL with the right file name, or the URL for HEAD (`head`).

    The file is a rendition (the best by default) or the `source`. Raises NotFound for an unknown rendition, and
    Conflict while there is no file yet.
    """
    video = tenancy.find(session, principal, Video, id)
    key, name = _source_file(session, video) if rendition == SOURCE else _made_file(session, video, rendition)
    return presign.get(key, seconds=DOWNLOAD_SECONDS, content_disposition=filenames.attachment(name), head=head)


def _view(session: Session, video: Video) -> VideoView:
    return views.of_videos(session, [video])[0]


def _named_like(text: str) -> Any:
    """A condition: the text stands somewhere in the title or file name, in whatever case.

    ILIKE on the plain columns, because their trigrams are indexed.
    """
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", text.replace("\0", "")) + "%"
    return or_(*(col(name).ilike(pattern) for name in (Video.title, Video.filename)))


def _source_file(session: Session, video: Video) -> tuple[str, str]:
    if session.exec(select(Job.id).where(Job.video_id == video.id).limit(1)).one_or_none() is None:
        raise Conflict(Detail.UPLOAD_UNFINISHED)
    return video.source_key, video.filename


def _made_file(session: Session, video: Video, name: str | None) -> tuple[str, str]:
    output = select(Rendition).where(Rendition.video_id == video.id, Rendition.attempt == video.output_attempt)
    found = session.exec(output.order_by(col(Rendition.height).desc(), col(Rendition.id))).all()
    wanted = [each for each in current_output.sizes(found) if name in (None, each.name)]
    if name is not None and found and not wanted:
        raise NotFound(Detail.RENDITION_UNKNOWN.format(name=name))
    for rendition in wanted:
        if rendition.mp4_key:
            return rendition.mp4_key, filenames.of_rendition(video.title, rendition.name, rendition.mp4_key)
    raise Conflict(Detail.NO_FILE_YET)
