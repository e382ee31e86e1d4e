"""OpenAPI's `webhooks` section: the requests that Mediaproc sends to the URL of a webhook. Nothing here is served."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Header
from pydantic import BaseModel, ConfigDict, Field

from mediaproc.domain.webhooks import WebhookEvent

_WHEN = {
    WebhookEvent.UPLOADING: "An upload was created",
    WebhookEvent.QUEUED: "The video waits for a worker, or for another attempt",
    WebhookEvent.PROCESSING: "A worker has started",
    WebhookEvent.PLAYABLE: "The video plays, perhaps only its beginning so far",
    WebhookEvent.COMPLETED: "The video is completed",
    WebhookEvent.FAILED: "Processing failed for good",
    WebhookEvent.CANCELLED: "Processing was cancelled",
    WebhookEvent.DELETED: "The video was deleted",
    WebhookEvent.TEST: "Someone asked for a test",
}

_RESPONSES: dict[int | str, dict[str, Any]] = {
    204: {"description": "Received. Any 2xx status counts; everything else is retried for 24 hours."},
    410: {"description": "No longer wanted: disables the webhook."},
}


class EventData(BaseModel):
    """The event's data: those of the same event in the event stream, with title and file name."""

    model_config = ConfigDict(extra="allow")

    video_id: str | None = None
    title: str | None = None
    filename: str | None = None
    status: str | None = None


class WebhookMessage(BaseModel):
    """Body of a delivery, as Standard Webhooks defines it. Ignore fields that you don't know."""

    type: WebhookEvent
    timestamp: datetime = Field(description="Time of the event.")
    data: EventData


def install(app: FastAPI) -> None:
    """Document one operation for each event."""
    for event, when in _WHEN.items():
        app.webhooks.add_api_route(
            event.value,
            _received,
            methods=["POST"],
            status_code=204,
            operation_id=f"on_{event.value.replace('.', '_')}",
            summary=when,
            description=f"{when}. Signed with the webhook's secret as https://www.standardwebhooks.com describes it.",
            responses=_RESPONSES,
            tags=["webhooks"],
        )


def _received(
    body: WebhookMessage,
    id: Annotated[str, Header(alias="webhook-id", description="The same on every attempt of an event.")],
    timestamp: Annotated[str, Header(alias="webhook-timestamp", description="Time of this attempt, Unix seconds.")],
    signature: Annotated[str, Header(alias="webhook-signature", description="Signatures, separated by spaces.")],
) -> None: ...
