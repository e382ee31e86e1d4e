"""Duplicate sources: the same bytes, processed before by the same recipe in the same team.

Storage's ETag and the size identify the bytes. The output is copied, so either video can be deleted without the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, literal, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, SQLModel, col, select

from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Attempt, Job, Rendition, Segment, Storyboard, Video
from mediaproc.events.messages import EventType
from mediaproc.media import layout, storyboard
from mediaproc.operations import event_payloads
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, attempt_row, fence
from mediaproc.operations.jobs.outputs import segments_of, show_output
from mediaproc.storage import keys


@dataclass(frozen=True)
class Duplicate:
    """A completed video of the same bytes and recipe, with its output's rows as they were when it was found."""

    video: Video
    attempt: int
    poster_key: str | None
    renditions: tuple[tuple[Rendition, tuple[Segment, ...]], ...]
    board: Storyboard | None

    @property
    def object_keys(self) -> list[str]:
        """The keys of all objects that its rows name."""
        named = [key for row, segments in self.renditions for key in _keys_of(row, segments)]
        return [key for key in (self.poster_key, *named, *self._board_keys()) if key]

    @property
    def large_keys(self) -> frozenset[str]:
        """The keys of objects that may exceed the 5 GiB that S3 copies in one request."""
        return frozenset(row.mp4_key for row, _ in self.renditions if row.mp4_key)

    def _board_keys(self) -> list[str]:
        if self.board is None:
            return []
        tiles = (self.board.tile_width, self.board.tile_height, self.board.columns, self.board.rows)
        sheets = storyboard.Storyboard(*tiles, tuple(self.board.starts_seconds)).sheets
        named = [keys.storyboard_sheet(self.video.id, self.attempt, number) for number in range(sheets)]
        return [*named, keys.preview(self.video.id, self.attempt)]


def record_source(session: Session, claim: Claim, etag: str) -> Duplicate | None:
    """Record the source's ETag and look for a duplicate. Raises LostLease.

    None if the video already has an output: whoever reprocesses it wants it encoded anew.
    """
    locked = fence(session, claim)
    locked.video.source_etag = etag
    session.flush()
    if locked.video.ready_at is not None or locked.job.recipe is None:
        return None
    same = (
        col(Video.team_id) == locked.video.team_id,
        col(Video.source_etag) == etag,
        col(Video.size_bytes) == locked.video.size_bytes,
        col(Video.id) != locked.video.id,
        same_request(locked.job),
    )
    whole = (col(Job.parent_id).is_(None), col(Job.state) == JobState.COMPLETED)
    found = session.exec(
        select(Video, Attempt)
        .join(Job, col(Job.video_id) == col(Video.id))
        .join(Attempt, (col(Attempt.job_id) == col(Job.id)) & (col(Attempt.number) == col(Video.output_attempt)))
        .where(*same, *whole, col(Video.ready_at).is_not(None))
        .order_by(col(Video.ready_at).desc())
        .limit(1)
    ).one_or_none()
    return _duplicate(session, *found) if found else None


def source_etag(session: Session, claim: Claim) -> str | None:
    """The source's ETag as `record_source` recorded it; None if storage gave none."""
    return session.exec(select(Video.source_etag).where(col(Video.id) == claim.video_id)).one()


def take_over(session: Session, claim: Claim, duplicate: Duplicate) -> None:
    """Make the duplicate's output this attempt's and show it. Its objects are copied already. Raises LostLease."""
    locked, before = fence(session, claim), keys.output_prefix(duplicate.video.id, duplicate.attempt)
    _copy_media_info(duplicate.video, locked.video)
    for table in (Rendition, Storyboard):
        mine = (col(table.video_id) == claim.video_id, col(table.attempt) == claim.output)
        session.exec(delete(table).where(*mine))

    def own(key: str) -> str:
        return copy_key(claim, key, before=before)

    copies = [_copy_rendition(session, claim, row, segments, own) for row, segments in duplicate.renditions]
    if duplicate.board is not None:
        values = _without(duplicate.board, "video_id", "attempt")
        session.add(Storyboard(**values, video_id=claim.video_id, attempt=claim.output))
    attempt_row(session, locked.job).poster_key = own(duplicate.poster_key) if duplicate.poster_key else None
    session.flush()
    show_output(session, locked.video, attempt_row(session, locked.job))
    for rendition in copies:
        transitions.publish(session, locked.video, EventType.RENDITION, event_payloads.of_rendition(rendition))


def same_request(job: Job) -> ColumnElement[bool]:
    """Condition on `Job`: it was requested with the same recipe as this job."""
    return _requested(Job.recipe) == _requested(literal(job.recipe, JSONB))


def copy_key(claim: Claim, key: str, *, before: str) -> str:
    """The key that a copy gets, of an object whose output prefix was `before`."""
    return keys.output_prefix(claim.video_id, claim.output) + key.removeprefix(before)


def _duplicate(session: Session, video: Video, attempt: Attempt) -> Duplicate | None:
    mine = (col(Rendition.video_id) == video.id, col(Rendition.attempt) == attempt.number)
    rows = session.exec(select(Rendition).where(*mine, col(Rendition.name) != layout.INSTANT)).all()
    renditions = tuple((row, tuple(segments_of(session, row))) for row in rows)
    board = session.get(Storyboard, (video.id, attempt.number))
    found = Duplicate(video, attempt.number, attempt.poster_key, renditions, board)
    prefix = keys.output_prefix(video.id, attempt.number)
    return found if renditions and all(key.startswith(prefix) for key in found.object_keys) else None


def _requested(recipe: Any) -> Any:
    """A recipe as it was requested, without the CRFs that were found for one video."""
    return type_coerce(recipe, JSONB).op("-")("chosen")


def _keys_of(rendition: Rendition, segments: tuple[Segment, ...]) -> list[str]:
    return [key for key in (rendition.init_key, rendition.mp4_key, *(each.object_key for each in segments)) if key]


def _copy_media_info(original: Video, to: Video) -> None:
    """Probing the same bytes would find the same."""
    to.media_info, to.duration_seconds = original.media_info, original.duration_seconds
    to.width, to.height, to.frame_rate = original.width, original.height, original.frame_rate


def _copy_rendition(
    session: Session, claim: Claim, row: Rendition, segments: tuple[Segment, ...], own: Callable[[str], str]
) -> Rendition:
    rendition = Rendition(
        **_without(row, "id", "video_id", "attempt", "init_key", "mp4_key", "reused", "created_at"),
        video_id=claim.video_id,
        attempt=claim.output,
        reused=True,
        init_key=own(row.init_key) if row.init_key else "",
        mp4_key=own(row.mp4_key) if row.mp4_key else None,
    )
    session.add(rendition)
    session.flush()
    session.add_all(
        Segment(
            **_without(each, "rendition_id", "object_key"), rendition_id=rendition.id, object_key=own(each.object_key)
        )
        for each in segments
    )
    return rendition


def _without(row: SQLModel, *left_out: str) -> dict[str, Any]:
    return row.model_dump(exclude={"created_at", *left_out})
