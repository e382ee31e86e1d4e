"""Snapshots: the current state of videos as the events that would have led to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mediaproc.domain.states import VideoStatus
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import event_payloads
from mediaproc.operations.event_snapshots import Present


def events_of(present: Present) -> list[Event]:
    """Status, progress while processing, playability and renditions of a video, as events without cursors."""
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
    status = video.status
    yield EventType.STATUS, event_payloads.of_status(status, present.job) if present.job else {"status": status.value}
    if status is VideoStatus.PROCESSING:
        yield EventType.PROGRESS, present.progress or {"progress": _number(video.progress)}
    if video.playable:
        yield EventType.PLAYABLE, {"playable": True, "attempt": video.output_attempt}
    for rendition in present.renditions:
        yield EventType.RENDITION, event_payloads.of_rendition(rendition)


def _number(percent: float) -> float:
    """45, not 45.0."""
    return int(percent) if percent.is_integer() else round(percent, 1)
