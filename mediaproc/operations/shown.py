"""What is shown of videos beside their rows, for many of them in one query."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select

from mediaproc.domain.tables import Job, Rendition, Video


def newest_jobs(session: Session, videos: Sequence[Video]) -> dict[UUID, Job]:
    """The newest whole job of each video; parts of jobs don't count."""
    query = select(Job).where(col(Job.video_id).in_([video.id for video in videos]), col(Job.parent_id).is_(None))
    newest = query.ext(distinct_on(col(Job.video_id))).order_by(col(Job.video_id), col(Job.id).desc())
    return {job.video_id: job for job in session.exec(newest)}


def renditions(session: Session, videos: Sequence[Video]) -> dict[UUID, list[Rendition]]:
    """The sizes and files of each video's shown output, the largest first; not the sound that only plays beside."""
    outputs = [(video.id, video.output_attempt) for video in videos if video.output_attempt is not None]
    if not outputs:
        return {}
    query = select(Rendition).where(tuple_(col(Rendition.video_id), col(Rendition.attempt)).in_(outputs))
    found: dict[UUID, list[Rendition]] = {}
    own = or_(col(Rendition.height) > 0, col(Rendition.mp4_key).is_not(None))
    for rendition in session.exec(query.where(own).order_by(col(Rendition.height).desc(), col(Rendition.id))):
        found.setdefault(rendition.video_id, []).append(rendition)
    return found
