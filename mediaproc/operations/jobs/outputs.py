"""Outputs of an attempt, recorded as they arrive: media info, poster, renditions, segments. Every write is fenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Detail, EncodeFailed
from mediaproc.domain.states import RenditionKind
from mediaproc.domain.tables import Attempt, Rendition, Segment, Video, new_id, now
from mediaproc.events.messages import EventType
from mediaproc.media import layout
from mediaproc.media.filters import hdr
from mediaproc.media.track_roles import Role
from mediaproc.operations import event_payloads
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, fence, output_row
from mediaproc.operations.jobs.output_cleanup import drop_output


@dataclass(frozen=True)
class NewRendition:
    """A rendition that an attempt begins. `codecs` is RFC 6381 and `language` RFC 5646; audio has `height` 0."""

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
    """A segment that is in S3 already. `number` counts from 0; `span` is how many numbers it takes.

    `keyframe_bytes` of a video's segment reach to the end of its first frame.
    """

    number: int
    object_key: str
    duration_seconds: float
    size_bytes: int
    span: int = 1
    keyframe_bytes: int | None = None


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
    """Record the result of probing: `info` as it is, and the figures that lists show. Raises LostLease."""
    video = fence(session, claim).video
    video.media_info = info
    video.duration_seconds, video.frame_rate = duration_seconds, frame_rate
    video.width, video.height = width, height
    session.flush()


def set_poster(session: Session, claim: Claim, key: str) -> None:
    """Set the attempt's poster; it shows at once unless the video has a complete earlier output. Raises LostLease."""
    locked = fence(session, claim)
    output_row(session, locked.job).poster_key = key
    if locked.video.ready_at is None:
        locked.video.poster_key = key
    session.flush()


def add_rendition(session: Session, claim: Claim, new: NewRendition) -> UUID:
    """Begin a rendition and return its id; the same name gives the same id again. Raises LostLease.

    Raises EncodeFailed when another part of the job has begun it with another init segment.
    """
    fence(session, claim)
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
    """Add segments that are in S3; known ones stay as they are, except for a larger span. Raises LostLease."""
    fence(session, claim)
    rows = [{"rendition_id": rendition_id, **asdict(segment)} for segment in segments]
    if rows:
        row = insert(Segment).values(rows)
        known = row.on_conflict_do_update(
            index_elements=["rendition_id", "number"], set_={"span": func.greatest(Segment.span, row.excluded.span)}
        )  # fmt: skip
        session.exec(known)  # pyright: ignore


def hold_segment(session: Session, claim: Claim, segment: Segment, *, duration_seconds: float, size_bytes: int) -> None:
    """Write down that a segment is stored anew, since its last frame lasts longer. Raises LostLease."""
    fence(session, claim)
    same = (col(Segment.rendition_id) == segment.rendition_id, col(Segment.number) == segment.number)
    row = session.exec(select(Segment).where(*same)).one()
    row.duration_seconds, row.size_bytes = duration_seconds, size_bytes
    session.flush()


def set_duration(session: Session, claim: Claim, seconds: float) -> None:
    """Set the length of the video to that of what was made. Raises LostLease."""
    fence(session, claim).video.duration_seconds = round(seconds, 6)
    session.flush()


def mark_playable(session: Session, claim: Claim, *, renditions: int | None = None) -> bool:
    """Show this attempt's segments from now on, unless the video has a complete output already. Raises LostLease.

    With `renditions`, only once that many of the output have their first segment: several parts write to it. Returns
    False if that is still to come.
    """
    locked = fence(session, claim)
    if locked.video.ready_at is not None or locked.video.output_attempt == claim.output:
        return True
    if renditions is not None and _begun(session, claim.video_id, claim.output) < renditions:
        return False
    show_output(session, locked.video, output_row(session, locked.job))
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
    """Finish a rendition, with the figures known only at its end, and publish it. Raises LostLease.

    `size_bytes` becomes the sum of its segments; `fingerprint` is that of `media.fingerprints`.
    """
    fence(session, claim)
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
        transitions.publish(session, claim.video, EventType.RENDITION, event_payloads.of_rendition(rendition))


def segments_of(session: Session, rendition: Rendition) -> list[Segment]:
    """The segments of a rendition, in order."""
    query = select(Segment).where(col(Segment.rendition_id) == rendition.id).order_by(col(Segment.number))
    return list(session.exec(query).all())


def longest_segment_seconds(session: Session, renditions: Sequence[Rendition]) -> float:
    """The duration of the longest segment of all these renditions; 0 if there is none."""
    longest = select(func.max(col(Segment.duration_seconds)))
    mine = col(Segment.rendition_id).in_([each.id for each in renditions])
    return session.exec(longest.where(mine)).one() or 0.0


def renditions_to_assemble(session: Session, claim: Claim) -> list[Rendition]:
    """The renditions of the claim's output that are assembled to files: rungs by height, then audio by name."""
    mine = (col(Rendition.video_id) == claim.video_id, col(Rendition.attempt) == claim.output)
    results = (col(Rendition.name) != layout.INSTANT, col(Rendition.kind) != RenditionKind.SUBTITLES)
    in_order = (col(Rendition.height).desc(), col(Rendition.name))
    return list(session.exec(select(Rendition).where(*mine, *results).order_by(*in_order)).all())


def show_output(session: Session, video: Video, attempt: Attempt) -> None:
    """Switch the video to an attempt's output in one UPDATE; the output shown before is dropped."""
    before = video.output_attempt
    if before == attempt.number:
        return
    video.output_attempt = attempt.number
    video.playable = _begun(session, video.id, attempt.number) > 0  # files alone are not played as a stream
    video.poster_key = attempt.poster_key
    if before is not None:
        drop_output(session, video.id, before)
    if video.playable:
        transitions.publish(session, video, EventType.PLAYABLE, {"playable": True, "attempt": attempt.number})


def _check_init(session: Session, claim: Claim, new: NewRendition) -> None:
    known = select(Rendition.init_key).where(
        col(Rendition.video_id) == claim.video_id,
        col(Rendition.attempt) == claim.output,
        col(Rendition.name) == new.name,
    )
    if session.exec(known).one_or_none() not in (None, new.init_key):
        raise EncodeFailed(Detail.CHUNK_DOES_NOT_FIT.format(rendition=new.name))


def _begun(session: Session, video_id: UUID, output: int) -> int:
    """The number of renditions of an output that have their first segment, subtitles not counted."""
    first = select(func.count()).select_from(Segment).join(Rendition).where(col(Segment.number) == 0)
    first = first.where(col(Rendition.kind) != RenditionKind.SUBTITLES)
    mine = (col(Rendition.video_id) == video_id, col(Rendition.attempt) == output)
    return session.exec(first.where(*mine)).one()


def _size_of(session: Session, rendition_id: UUID) -> int:
    size = select(func.coalesce(func.sum(Segment.size_bytes), 0)).where(col(Segment.rendition_id) == rendition_id)
    return int(session.exec(size).one())
