"""What becomes of an attempt's output when nothing shows it any more: its rows go, its objects are swept later."""

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
"""How long whoever has begun to play a video can go on, at least."""


def leave_output(session: Session, video: Video, attempt: int, *, for_good: bool) -> None:
    """Leave an attempt's output behind, unless viewers see it and another attempt may still take its place.

    `for_good`: no other attempt follows, so what was shown of this one goes too.
    """
    shown = video.output_attempt == attempt
    if shown and not for_good:
        return
    if shown:
        video.output_attempt, video.playable = None, False
    if video.poster_key and video.poster_key.startswith(keys.output_prefix(video.id, attempt)):
        video.poster_key = None
    drop_output(session, video.id, attempt)


def drop_output(session: Session, video_id: UUID, attempt: int) -> None:
    """Delete an output's rows and let its objects be swept when no viewer or zombie worker can touch them."""
    session.exec(delete(Rendition).where(col(Rendition.video_id) == video_id, col(Rendition.attempt) == attempt))
    session.exec(delete(Storyboard).where(col(Storyboard.video_id) == video_id, col(Storyboard.attempt) == attempt))
    session.add(Leftover(prefix=keys.output_prefix(video_id, attempt), sweep_after=now() + grace()))
    session.flush()


def retire_instant(session: Session, video: Video, attempt: int) -> None:
    """Let what was played until the rungs were made be swept, once whoever plays it has seen it to its end."""
    prefix = keys.rendition_prefix(video.id, attempt, layout.INSTANT)
    known = select(Rendition.id).where(
        col(Rendition.video_id) == video.id, col(Rendition.attempt) == attempt, col(Rendition.name) == layout.INSTANT
    )
    if session.exec(known).one_or_none() is not None:
        seconds = max(SHORTEST_PLAYBACK_SECONDS, 4 * (video.duration_seconds or 0))
        session.add(Leftover(prefix=prefix, sweep_after=now() + timedelta(seconds=seconds)))


def forget_rendition(session: Session, prefix: str) -> None:
    """Delete the rows of a single rendition whose objects are swept."""
    if (named := keys.rendition_of(prefix)) is not None:
        video_id, attempt, name = named
        mine = (col(Rendition.video_id) == video_id, col(Rendition.attempt) == attempt, col(Rendition.name) == name)
        session.exec(delete(Rendition).where(*mine))


def grace() -> timedelta:
    """How long left output stays in S3: longer than a lease, for the worker that does not know yet that it lost it."""
    return timedelta(seconds=max(settings().leftover_grace_seconds, 2 * settings().lease_seconds))
