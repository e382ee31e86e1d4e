"""Writes down what webhooks are to be told, in the transaction of the change itself: both are committed, or neither."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Video, Webhook, WebhookDelivery, new_id
from mediaproc.domain.webhooks import WebhookEvent
from mediaproc.events.messages import EventType
from mediaproc.operations.webhooks import messages

_IN_VAIN = frozenset({JobState.FAILED.value, JobState.CANCELLED.value})


def notify(session: Session, video: Video, type: EventType, data: dict[str, Any]) -> None:
    """Write a delivery for each webhook of the video's team that chose this event. Most events are none of theirs."""
    event = event_of(type, data)
    if event is None:
        return
    chosen = select(Webhook).where(
        col(Webhook.team_id) == video.team_id, col(Webhook.enabled), col(Webhook.events).contains([event.value])
    )
    webhooks = session.exec(chosen).all()
    if webhooks:
        about = {"video_id": str(video.id), "title": video.title, "filename": video.filename}
        write(session, webhooks, event, {**about, **data}, video_id=video.id)


def event_of(type: EventType, data: dict[str, Any]) -> WebhookEvent | None:
    """Webhook event of a published event, if there is one. It tells how the processing ended, also of a video that
    stays completed because of an earlier output.
    """
    if type is EventType.STATUS:
        ended = data.get("job_status") in _IN_VAIN
        return WebhookEvent(f"video.{data['job_status' if ended else 'status']}")
    return {EventType.PLAYABLE: WebhookEvent.PLAYABLE, EventType.REMOVED: WebhookEvent.DELETED}.get(type)


def write(
    session: Session,
    webhooks: Sequence[Webhook],
    event: WebhookEvent,
    data: dict[str, Any],
    *,
    video_id: UUID | None = None,
) -> list[WebhookDelivery]:
    """Write one event for these webhooks. All know it by the same id, and are sent the same bytes."""
    at = session.exec(select(func.now())).one()
    event_id, body = new_id(), body_of(event, data, at=at)
    rows = [
        WebhookDelivery(
            team_id=webhook.team_id,
            webhook_id=webhook.id,
            video_id=video_id,
            event_id=event_id,
            event=event,
            body=body,
            created_at=at,
        )
        for webhook in webhooks
    ]
    session.add_all(rows)
    for row in rows:
        messages.send(session, row, at=at)
    return rows


def body_of(event: WebhookEvent, data: dict[str, Any], *, at: datetime) -> str:
    """The body as Standard Webhooks has it: `type`, `timestamp`, `data`."""
    said = {"type": event.value, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(said, default=str, ensure_ascii=False)
