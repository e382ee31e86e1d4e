"""Storyboard of an output: the frames it is made from, and its row. A follow-up job makes it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from mediaproc.domain.tables import Rendition, Storyboard, now
from mediaproc.events.messages import EventType
from mediaproc.media import layout, storyboard
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, fence
from mediaproc.operations.jobs.output_cleanup import drop_output
from mediaproc.operations.jobs.outputs import segments_of


@dataclass(frozen=True)
class Frames:
    """The smallest rung of an output: object keys of its init segment and segments, and their durations in seconds."""

    width: int
    height: int
    init_key: str
    segment_keys: tuple[str, ...]
    durations: tuple[float, ...]
    video_range: str


def frames_of(session: Session, claim: Claim) -> Frames | None:
    """The frames to make the storyboard from; None if the output is gone or has no video."""
    mine = (col(Rendition.video_id) == claim.video_id, col(Rendition.attempt) == claim.output)
    encoded = col(Rendition.name) != layout.INSTANT
    rungs = select(Rendition).where(*mine, encoded, col(Rendition.height) > 0, col(Rendition.finished))
    smallest = session.exec(rungs.order_by(col(Rendition.height)).limit(1)).one_or_none()
    if smallest is None:
        return None
    rows = segments_of(session, smallest)
    return Frames(
        width=smallest.width,
        height=smallest.height,
        init_key=smallest.init_key,
        segment_keys=tuple(row.object_key for row in rows),
        durations=tuple(row.duration_seconds for row in rows),
        video_range=smallest.video_range,
    )


def set_storyboard(session: Session, claim: Claim, made: storyboard.Storyboard) -> None:
    """Record a storyboard whose sheets are in S3, unless its output is no longer shown. Raises LostLease."""
    video = fence(session, claim).video
    if video.output_attempt != claim.output:
        drop_output(session, video.id, claim.output)  # its sheets may have come after the sweep
        return
    values = {
        "tile_width": made.tile_width,
        "tile_height": made.tile_height,
        "columns": made.columns,
        "rows": made.rows,
        "starts_seconds": list(made.starts_seconds),
        "preview_tiles": len(made.preview),
    }
    row = insert(Storyboard).values(video_id=video.id, attempt=claim.output, created_at=now(), **values)
    session.exec(row.on_conflict_do_update(index_elements=["video_id", "attempt"], set_=values))  # pyright: ignore
    transitions.publish(session, video, EventType.STORYBOARD, {"attempt": claim.output})
