"""What an attempt makes, written down as it comes: media info, poster, renditions, segments. All fenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from mediaproc.domain.errors import EncodeFailed
from mediaproc.domain.states import RenditionKind
from mediaproc.domain.tables import Attempt, Rendition, Segment, Video, new_id, now
from mediaproc.events.messages import EventType
from mediaproc.media import layout
from mediaproc.media.filters import hdr
from mediaproc.media.track_roles import Role
from mediaproc.operations import event_payloads
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, fenced, output_row
from mediaproc.operations.jobs.output_cleanup import drop_output


@dataclass(frozen=True)
class NewRendition:
    """A rendition that an attempt begins. `codecs` is RFC 6381, `language` RFC 5646; no picture has `height` 0."""

    name: str
    codec: str
    codecs: str
    init_key: str
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    bitrate_bps: int = 0
    peak_bitrate_bps: int = 0
    kind: RenditionKind = RenditionKind.VIDEO
    title: str = ""
    language: str = ""
    role: Role = Role.MAIN
    is_default: bool = False
    channels: int = 0
    video_range: str = hdr.SDR
    mp4_key: str | None = None
    mp4_size_bytes: int | None = None
    vmaf: float | None = None
    fingerprint: str | None = None
    reused: bool = False


@dataclass(frozen=True)
class NewSegment:
    """A segment that is in S3 already. `number` counts from 0."""

    number: int
    object_key: str
    duration_seconds: float
    size_bytes: int
    span: int = 1


def set_media_info(
    session: Session,
    claim: Claim,
    info: dict[str, Any],
    *,
    duration_seconds: float | None,
    width: int | None,
    height: int | None,
    frame_rate: float | None,
) -> None:
    """Write down what probing found: `info` as it is, and the figures that lists show. Raises LostLease."""
    video = fenced(session, claim).video
    video.media_info = info
    video.duration_seconds, video.frame_rate = duration_seconds, frame_rate
    video.width, video.height = width, height
    session.flush()


def set_poster(session: Session, claim: Claim, key: str) -> None:
    """The attempt's poster, shown at once unless the video has a whole output of an earlier attempt."""
    held = fenced(session, claim)
    output_row(session, held.job).poster_key = key
    if held.video.ready_at is None:
        held.video.poster_key = key
    session.flush()


def add_rendition(session: Session, claim: Claim, new: NewRendition) -> UUID:
    """Begin a rendition and return its id; the same name gives the same id again. Raises LostLease.

    Raises EncodeFailed when another part of the job has begun it with another init segment.
    """
    fenced(session, claim)
    if claim.is_part:
        _check_init(session, claim, new)
    values = asdict(new)
    row = insert(Rendition).values(
        id=new_id(), video_id=claim.video_id, attempt=claim.output, created_at=now(), size_bytes=0, finished=False,
        **values,
    )  # fmt: skip
    known = row.on_conflict_do_update(index_elements=["video_id", "attempt", "name"], set_=values)
    return session.exec(known.returning(Rendition.id)).scalar_one()  # pyright: ignore


def add_segments(session: Session, claim: Claim, rendition_id: UUID, segments: Sequence[NewSegment]) -> None:
    """Add segments that are in S3; those that are known stay as they are, but for their span. Raises LostLease."""
    fenced(session, claim)
    rows = [{"rendition_id": rendition_id, **asdict(segment)} for segment in segments]
    if rows:
        row = insert(Segment).values(rows)
        known = row.on_conflict_do_update(
            index_elements=["rendition_id", "number"], set_={"span": func.greatest(Segment.span, row.excluded.span)}
        )  # fmt: skip
        session.exec(known)  # pyright: ignore


def mark_playable(session: Session, claim: Claim, *, renditions: int | None = None) -> bool:
    """Show this attempt's segments from now on, unless the video has a whole output already. Raises LostLease.

    With `renditions` only once so many of the output have their first segment: several parts write to it. Returns
    whether it is shown, or there is nothing to wait for.
    """
    held = fenced(session, claim)
    if held.video.ready_at is not None or held.video.output_attempt == claim.output:
        return True
    if renditions is not None and _begun(session, claim.video_id, claim.output) < renditions:
        return False
    show_output(session, held.video, output_row(session, held.job))
    session.flush()
    return True


def finish_rendition(
    session: Session,
    claim: Claim,
    rendition_id: UUID,
    *,
    mp4_key: str | None = None,
    mp4_size_bytes: int | None = None,
    bitrate_bps: int | None = None,
    peak_bitrate_bps: int | None = None,
    codecs: str | None = None,
    fingerprint: str | None = None,
) -> None:
    """Say that a rendition is whole, with what only the end tells; its size is that of its segments."""
    fenced(session, claim)
    rendition = session.exec(select(Rendition).where(col(Rendition.id) == rendition_id)).one()
    known = rendition.finished or rendition.name == layout.INSTANT
    rendition.finished, rendition.mp4_key, rendition.mp4_size_bytes = True, mp4_key, mp4_size_bytes
    rendition.bitrate_bps = bitrate_bps or rendition.bitrate_bps
    rendition.peak_bitrate_bps = peak_bitrate_bps or rendition.peak_bitrate_bps
    rendition.codecs = codecs or rendition.codecs
    rendition.fingerprint = fingerprint or rendition.fingerprint
    rendition.size_bytes = _size_of(session, rendition_id)
    session.flush()
    if not known:
        transitions.tell(session, claim.video, EventType.RENDITION, event_payloads.of_rendition(rendition))


def segments_of(session: Session, rendition: Rendition) -> list[Segment]:
    """The segments of a rendition, in order."""
    query = select(Segment).where(col(Segment.rendition_id) == rendition.id).order_by(col(Segment.number))
    return list(session.exec(query).all())


def show_output(session: Session, video: Video, attempt: Attempt) -> None:
    """Switch the video to an attempt's output in one UPDATE; what was shown before is left behind."""
    before = video.output_attempt
    if before == attempt.number:
        return
    video.output_attempt = attempt.number
    video.playable = _begun(session, video.id, attempt.number) > 0  # files alone are not played as a stream
    video.poster_key = attempt.poster_key
    if before is not None:
        drop_output(session, video.id, before)
    if video.playable:
        transitions.tell(session, video, EventType.PLAYABLE, {"playable": True, "attempt": attempt.number})


def _check_init(session: Session, claim: Claim, new: NewRendition) -> None:
    known = select(Rendition.init_key).where(
        col(Rendition.video_id) == claim.video_id,
        col(Rendition.attempt) == claim.output,
        col(Rendition.name) == new.name,
    )
    if session.exec(known).one_or_none() not in (None, new.init_key):
        raise EncodeFailed(f"A chunk of {new.name} does not fit the others")


def _begun(session: Session, video_id: UUID, output: int) -> int:
    """How many renditions of an output have their first segment; text alone is nothing to play."""
    first = select(func.count()).select_from(Segment).join(Rendition).where(col(Segment.number) == 0)
    first = first.where(col(Rendition.kind) != RenditionKind.SUBTITLES)
    mine = (col(Rendition.video_id) == video_id, col(Rendition.attempt) == output)
    return session.exec(first.where(*mine)).one()


def _size_of(session: Session, rendition_id: UUID) -> int:
    size = select(func.coalesce(func.sum(Segment.size_bytes), 0)).where(col(Segment.rendition_id) == rendition_id)
    return int(session.exec(size).one())
