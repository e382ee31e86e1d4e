"""The same file processed before by the same recipe in the same team: found by what storage says of its bytes, and its
output taken over as a copy, so that either video may go without the other.
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
from mediaproc.operations.jobs.lease import Claim, attempt_row, fenced
from mediaproc.operations.jobs.outputs import segments_of, show_output
from mediaproc.storage import keys


@dataclass(frozen=True)
class Duplicate:
    """A completed video of the same bytes and recipe, with the rows of its output as they were when it was found."""

    video: Video
    attempt: int
    poster_key: str | None
    renditions: tuple[tuple[Rendition, tuple[Segment, ...]], ...]
    board: Storyboard | None

    @property
    def object_keys(self) -> list[str]:
        """Every object that its rows name."""
        named = [key for row, segments in self.renditions for key in _keys_of(row, segments)]
        return [key for key in (self.poster_key, *named, *self._board_keys()) if key]

    @property
    def large_keys(self) -> frozenset[str]:
        """Those that may be larger than S3 copies at once."""
        return frozenset(row.mp4_key for row, _ in self.renditions if row.mp4_key)

    def _board_keys(self) -> list[str]:
        if self.board is None:
            return []
        tiles = (self.board.tile_width, self.board.tile_height, self.board.columns, self.board.rows)
        sheets = storyboard.Storyboard(*tiles, tuple(self.board.starts_seconds)).sheets
        named = [keys.storyboard_sheet(self.video.id, self.attempt, number) for number in range(sheets)]
        return [*named, keys.preview(self.video.id, self.attempt)]


def know_source(session: Session, claim: Claim, etag: str) -> Duplicate | None:
    """Write down what storage calls the source's bytes, and find a twin. Raises LostLease.

    None where something of the video is shown already: whoever asks for it to be processed again wants it made anew.
    """
    held = fenced(session, claim)
    held.video.source_etag = etag
    session.flush()
    if held.video.ready_at is not None or held.job.recipe is None:
        return None
    same = (
        col(Video.team_id) == held.video.team_id,
        col(Video.source_etag) == etag,
        col(Video.size_bytes) == held.video.size_bytes,
        col(Video.id) != held.video.id,
        same_request(held.job),
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
    return _twin(session, *found) if found else None


def take_over(session: Session, claim: Claim, twin: Duplicate) -> None:
    """Make the twin's output, whose objects are copied, that of this attempt, and show it. Raises LostLease."""
    held, before = fenced(session, claim), keys.output_prefix(twin.video.id, twin.attempt)
    _take_info(held.video, twin.video)
    for table in (Rendition, Storyboard):
        mine = (col(table.video_id) == claim.video_id, col(table.attempt) == claim.output)
        session.exec(delete(table).where(*mine))

    def own(key: str) -> str:
        return own_key(claim, key, before=before)

    made = [_own_rendition(session, claim, row, segments, own) for row, segments in twin.renditions]
    if twin.board is not None:
        session.add(
            Storyboard(**_but(twin.board, "video_id", "attempt"), video_id=claim.video_id, attempt=claim.output)
        )
    attempt_row(session, held.job).poster_key = own(twin.poster_key) if twin.poster_key else None
    session.flush()
    show_output(session, held.video, attempt_row(session, held.job))
    for rendition in made:
        transitions.tell(session, held.video, EventType.RENDITION, event_payloads.of_rendition(rendition))


def same_request(job: Job) -> ColumnElement[bool]:
    """Of a job in a query: whether it was asked for by the same recipe as this one."""
    return _asked(Job.recipe) == _asked(literal(job.recipe, JSONB))


def own_key(claim: Claim, key: str, *, before: str) -> str:
    """The key of the copy of an object of another output, whose prefix was `before`."""
    return keys.output_prefix(claim.video_id, claim.output) + key.removeprefix(before)


def _twin(session: Session, video: Video, attempt: Attempt) -> Duplicate | None:
    mine = (col(Rendition.video_id) == video.id, col(Rendition.attempt) == attempt.number)
    rows = session.exec(select(Rendition).where(*mine, col(Rendition.name) != layout.INSTANT)).all()
    made = tuple((row, tuple(segments_of(session, row))) for row in rows)
    twin = Duplicate(
        video, attempt.number, attempt.poster_key, made, session.get(Storyboard, (video.id, attempt.number))
    )
    prefix = keys.output_prefix(video.id, attempt.number)
    return twin if made and all(key.startswith(prefix) for key in twin.object_keys) else None


def _asked(recipe: Any) -> Any:
    """A recipe as it was asked for, without the CRFs that were found for one video."""
    return type_coerce(recipe, JSONB).op("-")("chosen")


def _keys_of(rendition: Rendition, segments: tuple[Segment, ...]) -> list[str]:
    return [key for key in (rendition.init_key, rendition.mp4_key, *(each.object_key for each in segments)) if key]


def _take_info(video: Video, twin: Video) -> None:
    """What probing the same bytes would find."""
    video.media_info, video.duration_seconds = twin.media_info, twin.duration_seconds
    video.width, video.height, video.frame_rate = twin.width, twin.height, twin.frame_rate


def _own_rendition(
    session: Session, claim: Claim, row: Rendition, segments: tuple[Segment, ...], own: Callable[[str], str]
) -> Rendition:
    rendition = Rendition(
        **_but(row, "id", "video_id", "attempt", "init_key", "mp4_key", "reused", "created_at"),
        video_id=claim.video_id,
        attempt=claim.output,
        reused=True,
        init_key=own(row.init_key) if row.init_key else "",
        mp4_key=own(row.mp4_key) if row.mp4_key else None,
    )
    session.add(rendition)
    session.flush()
    session.add_all(
        Segment(**_but(each, "rendition_id", "object_key"), rendition_id=rendition.id, object_key=own(each.object_key))
        for each in segments
    )
    return rendition


def _but(row: SQLModel, *left_out: str) -> dict[str, Any]:
    return row.model_dump(exclude={"created_at", *left_out})
