"""Cleanup of outputs that nothing shows any more: delete their rows, and schedule their objects for deletion."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from mediaproc.domain.tables import Leftover, Rendition, Storyboard, Video, now
from mediaproc.media import layout
from mediaproc.settings import settings
from mediaproc.storage import keys

SHORTEST_PLAYBACK_SECONDS = 6 * 3600
"""A viewer who has begun to play a video can go on for at least this long."""


def retire_output(session: Session, video: Video, attempt: int, *, final: bool) -> None:
    """Drop an attempt's output, unless viewers see it and another attempt may still replace it.

    `final`: no other attempt follows, so even a shown output goes.
    """
    shown = video.output_attempt == attempt
    if shown and not final:
        return
    if shown:
        video.output_attempt, video.playable = None, False
    if video.poster_key and video.poster_key.startswith(keys.output_prefix(video.id, attempt)):
        video.poster_key = None
    drop_output(session, video.id, attempt)


def drop_output(session: Session, video_id: UUID, attempt: int) -> None:
    """Delete an output's rows and schedule its objects for deletion after the grace period."""
    session.exec(delete(Rendition).where(col(Rendition.video_id) == video_id, col(Rendition.attempt) == attempt))
    session.exec(delete(Storyboard).where(col(Storyboard.video_id) == video_id, col(Storyboard.attempt) == attempt))
    session.add(Leftover(prefix=keys.output_prefix(video_id, attempt), sweep_after=now() + grace()))
    session.flush()


def retire_instant(session: Session, video: Video, attempt: int) -> None:
    """Schedule the instant rendition for deletion once everyone who plays it has had time to reach its end."""
    prefix = keys.rendition_prefix(video.id, attempt, layout.INSTANT)
    known = select(Rendition.id).where(
        col(Rendition.video_id) == video.id, col(Rendition.attempt) == attempt, col(Rendition.name) == layout.INSTANT
    )
    if session.exec(known).one_or_none() is not None:
        seconds = max(SHORTEST_PLAYBACK_SECONDS, 4 * (video.duration_seconds or 0))
        session.add(Leftover(prefix=prefix, sweep_after=now() + timedelta(seconds=seconds)))


def forget_rendition(session: Session, prefix: str) -> None:
    """Delete the row of a single rendition whose objects are deleted. Other prefixes change nothing."""
    if (named := keys.rendition_of(prefix)) is not None:
        video_id, attempt, name = named
        mine = (col(Rendition.video_id) == video_id, col(Rendition.attempt) == attempt, col(Rendition.name) == name)
        session.exec(delete(Rendition).where(*mine))


def grace() -> timedelta:
    """How long a dropped output stays in S3: longer than a lease, for a worker that has not noticed it lost its own."""
    return timedelta(seconds=max(settings().leftover_grace_seconds, 2 * settings().lease_seconds))
