"""Webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from mediaproc.client.models.base import Model

VideoEvent = (
    Literal[
        "video.uploading", "video.queued", "video.processing", "video.playable", "video.completed", "video.failed",
        "video.cancelled", "video.deleted",
    ]
    | str
)  # fmt: skip
WebhookEvent = (
    Literal[
        "video.uploading", "video.queued", "video.processing", "video.playable", "video.completed", "video.failed",
        "video.cancelled", "video.deleted", "webhook.test",
    ]
    | str
)  # fmt: skip
DeliveryState = Literal["queued", "sending", "delivered", "failed"] | str


class Webhook(Model):
    """A webhook: the URL that gets the events. `disabled_reason` says why it is disabled, if it is."""

    id: str
    url: str
    description: str
    events: list[VideoEvent]
    enabled: bool
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    failing_since: datetime | None = None
    created_at: datetime


class NewWebhook(Webhook):
    """A webhook with a new signing secret. Only this response contains the secret."""

    secret: str


class WebhookChanges(TypedDict, total=False):
    """Fields of a webhook to change."""

    url: str | None
    events: list[VideoEvent] | None
    description: str | None
    enabled: bool | None


class Delivery(Model):
    """One event for one webhook, and the last response. A `failed` delivery is not repeated."""

    id: str
    event_id: str
    event: WebhookEvent
    video_id: str | None = None
    status: DeliveryState
    attempt_count: int
    created_at: datetime
    attempted_at: datetime | None = None
    next_attempt_at: datetime | None = None
    request_body: str
    response_status: int | None = None
    response_body: str = ""
    duration_seconds: float | None = None
    error: str | None = None
    """Why there was no response."""
