"""The present state of videos as the events that would have led to it; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from mediaproc.domain.states import VideoStatus
from mediaproc.domain.tables import Job, Rendition
from mediaproc.events.messages import Event, EventType
from mediaproc.operations.present import Present


def events_of(present: Present) -> list[Event]:
    """Its status, then its progress while it is processed, whether it plays, and its renditions. Without cursors."""
    return [
        Event(
            type=type,
            team_id=present.video.team_id,
            video_id=present.video.id,
            data={"video_id": str(present.video.id), **data},
        )
        for type, data in _facts(present)
    ]


def _facts(present: Present) -> Iterator[tuple[EventType, dict[str, Any]]]:
    video = present.video
    yield EventType.STATUS, _status(video.status, present.job)
    if video.status is VideoStatus.PROCESSING:
        yield EventType.PROGRESS, present.progress or {"progress": _number(video.progress)}
    if video.playable:
        yield EventType.PLAYABLE, {"playable": True, "attempt": video.output_attempt}
    yield from _renditions(present.renditions)


def _status(status: VideoStatus, job: Job | None) -> dict[str, Any]:
    if job is None:
        return {"status": status.value}
    again_at = job.next_attempt_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if job.next_attempt_at else None
    return {
        "status": status.value,
        "attempt": job.attempt + 1 if job.state.waiting else max(job.attempt, 1),
        "max_attempts": job.max_attempts,
        "next_attempt_at": again_at,
        "error": {"code": job.error_code, "detail": job.error_detail} if job.error_code else None,
    }


def _renditions(renditions: Sequence[Rendition]) -> Iterator[tuple[EventType, dict[str, Any]]]:
    for rendition in renditions:
        yield (
            EventType.RENDITION,
            {
                "attempt": rendition.attempt,
                "id": str(rendition.id),
                "name": rendition.name,
                "height": rendition.height,
                "width": rendition.width,
                "codec": rendition.codec,
                "bitrate_bps": rendition.bitrate_bps,
                "size_bytes": rendition.size_bytes,
            },
        )


def _number(percent: float) -> float:
    """45, not 45.0."""
    return int(percent) if percent.is_integer() else round(percent, 1)
