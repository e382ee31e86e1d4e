"""The present state of videos, as followers of events need it: light rows, nothing presigned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from mediaproc.domain import tables
from mediaproc.domain.states import VideoStatus
from mediaproc.domain.tables import Job, Rendition, Video
from mediaproc.operations import api_keys, current_output, progress, tenancy
from mediaproc.operations.tenancy import Principal

MOST_OF_A_TEAM = 100
_UNFINISHED = [status for status in VideoStatus if not status.final]


@dataclass(frozen=True)
class Present:
    """A video now: its row, its newest job, the renditions that are shown, the data of its newest progress event."""

    video: Video
    job: Job | None
    renditions: Sequence[Rendition]
    progress: dict[str, Any] | None


@dataclass(frozen=True)
class Standing:
    """Current state: statuses of existing videos, and valid sessions and API keys."""

    statuses: dict[UUID, VideoStatus]
    credentials: frozenset[UUID]


def of_video(session: Session, principal: Principal, id: UUID) -> Present:
    """One video. Raises NotFound."""
    return _presents(session, [tenancy.find(session, principal, Video, id)])[0]


def of_some(session: Session, principal: Principal, ids: Collection[UUID]) -> list[Present]:
    """Those of these videos that are there."""
    return _presents(session, session.exec(tenancy.scoped(principal, Video).where(col(Video.id).in_(ids))).all())


def of_team(session: Session, principal: Principal) -> list[Present]:
    """A team's newest videos and all unfinished ones, oldest first; at most `MOST_OF_A_TEAM` of each."""
    newest = tenancy.scoped(principal, Video).order_by(tenancy.newest_first()).limit(MOST_OF_A_TEAM)
    unfinished = newest.where(col(Video.status).in_(_UNFINISHED))
    found = {video.id: video for query in (newest, unfinished) for video in session.exec(query)}
    return _presents(session, [found[id] for id in sorted(found)])


def standing(session: Session, *, video_ids: Collection[UUID], credential_ids: Collection[UUID]) -> Standing:
    """How it stands with everything that is followed. Nothing of it is shown to anyone: it is for comparing only."""
    shown = (col(Video.id).in_(video_ids), col(Video.deleted_at).is_(None))
    found = session.exec(select(Video.id, Video.status).where(*shown))
    statuses = {id: VideoStatus(status) for id, status in found}
    row = tables.Session
    live = session.exec(select(row.id).where(col(row.id).in_(credential_ids), col(row.ended_at).is_(None)))
    return Standing(statuses=statuses, credentials=frozenset(live) | api_keys.good(session, credential_ids))


def _presents(session: Session, videos: Sequence[Video]) -> list[Present]:
    jobs, renditions = current_output.newest_jobs(session, videos), current_output.renditions(session, videos)
    latest = progress.latest(videos, jobs)
    return [
        Present(
            video=video,
            job=jobs.get(video.id),
            renditions=current_output.own(renditions.get(video.id, [])),
            progress=latest.get(video.id),
        )
        for video in videos
    ]
